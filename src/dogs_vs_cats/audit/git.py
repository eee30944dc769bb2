"""Reading a git repository: its revisions, and many of their files in one process."""

import re
from collections.abc import Iterable
from pathlib import Path

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.git import said

# DVC's own bookkeeping and git's stash: commits that nobody made on purpose. Experiments stay.
_NOT_HISTORY = (
    "refs/stash",
    "refs/exps/exec/*",
    "refs/exps/stash",
    "refs/exps/*/stash",
)


def commits(root: Path) -> dict[str, str]:
    """All commits on branches, tags and in DVC's experiments, newest first.

    Returns:
        The first line of the message by revision (40 hexadecimal digits). None where there is no
        git repository or no commit yet.
    """
    excluded = (f"--exclude={name}" for name in _NOT_HISTORY)
    text = said(root, "log", *excluded, "--all", "--format=%H %s") or b""
    lines = text.decode(errors="replace").split("\n")
    return {line.partition(" ")[0]: line.partition(" ")[2] for line in lines if line}


def head(root: Path) -> str | None:
    """The revision that is checked out, or None where there is none."""
    return _commit(root, "HEAD")


def resolve(root: Path, name: str) -> str:
    """The full revision that a branch, tag, short or relative name stands for.

    Raises:
        PipelineError: git knows no such revision.
    """
    revision = _commit(root, name)
    if revision is None:
        raise PipelineError(
            f"{name} is no revision that git knows. `git log --oneline --all` lists them."
        )
    return revision


def is_ancestor(root: Path, revision: str) -> bool:
    """Whether the revision that is checked out is this one or follows from it."""
    return said(root, "merge-base", "--is-ancestor", revision, "HEAD") is not None


def prefix(root: Path) -> str:
    """The project's folder in its repository, with ``/`` at its end; empty at the top."""
    return (said(root, "rev-parse", "--show-prefix") or b"").decode().strip()


def read_files(root: Path, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """Read files at revisions, each distinct content once.

    Args:
        root: the project root; it may lie below the repository's.
        wanted: pairs of a full revision and a path relative to ``root``.

    Returns:
        The contents of those that are there: none where there is no git repository.
    """
    pairs = list(dict.fromkeys(wanted))
    asked = "".join(f"{revision}:./{path}\n" for revision, path in pairs)
    answers = said(root, "cat-file", "--batch-check", stdin=asked)
    if answers is None:
        return {}
    ids = {
        pair: found[1]
        for pair, answer in zip(pairs, answers.decode().splitlines(), strict=True)
        if (found := re.fullmatch(r"([0-9a-f]+) blob \d+", answer))
    }
    blobs = list(dict.fromkeys(ids.values()))
    output = said(root, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs))
    if output is None:
        return {}
    contents, position = {}, 0
    for blob in blobs:
        # "<id> blob <size>", a line end, the content, a line end
        start = output.index(b"\n", position) + 1
        end = start + int(output[position:start].split()[2])
        contents[blob] = output[start:end]
        position = end + 1
    return {pair: contents[blob] for pair, blob in ids.items()}


def _commit(root: Path, name: str) -> str | None:
    # --end-of-options: a name that begins with a dash is no option.
    options = ("--verify", "--quiet", "--end-of-options")
    found = said(root, "rev-parse", *options, f"{name}^{{commit}}")
    return found.decode().split()[-1] if found else None
