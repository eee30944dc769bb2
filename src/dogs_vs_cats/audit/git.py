"""Reading a git repository: its revisions, and many of their files in one process."""

import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dogs_vs_cats.project.errors import PipelineError

# DVC's own bookkeeping and git's stash: commits that nobody made on purpose. Experiments stay.
_NOT_HISTORY = (
    "refs/stash",
    "refs/exps/exec/*",
    "refs/exps/stash",
    "refs/exps/*/stash",
)
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Commit:
    """A commit."""

    revision: str
    """40 hexadecimal digits."""
    subject: str
    """First line of the message."""


@dataclass(frozen=True)
class Files:
    """Files of several revisions. Those that a revision lacks are not there."""

    ids: Mapping[tuple[str, str], str]
    """Git's id of the content by (revision, path)."""
    contents: Mapping[str, bytes]
    """Content by git's id."""

    def get(self, revision: str, path: str) -> bytes | None:
        """A file's content, or None if the revision has no such file."""
        found = self.ids.get((revision, path))
        return None if found is None else self.contents[found]


def commits(root: Path) -> list[Commit]:
    """All commits on branches, tags and in DVC's experiments, newest first.

    None where there is no git repository or no commit yet.
    """
    pattern = _SEPARATOR.join(("%H", "%s"))
    excluded = (f"--exclude={name}" for name in _NOT_HISTORY)
    try:
        text = _git(root, "log", *excluded, "--all", f"--format={pattern}").decode(errors="replace")
    except (OSError, subprocess.CalledProcessError):
        return []
    return [Commit(*line.split(_SEPARATOR, 1)) for line in text.split("\n") if line]


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


def read_files(root: Path, wanted: Iterable[tuple[str, str]]) -> Files:
    """Read files at revisions, each distinct content once.

    Args:
        root: the project root; it may lie below the repository's.
        wanted: pairs of a full revision and a path relative to ``root``.

    Returns:
        Those that are there: none where there is no git repository.
    """
    pairs = list(dict.fromkeys(wanted))
    if not pairs:
        return Files({}, {})
    asked = "".join(f"{revision}:./{path}\n" for revision, path in pairs).encode()
    try:
        answers = _git(root, "cat-file", "--batch-check", stdin=asked).decode().splitlines()
        ids = {
            pair: found[1]
            for pair, answer in zip(pairs, answers, strict=True)
            if (found := re.fullmatch(r"([0-9a-f]+) blob \d+", answer))
        }
        return Files(ids, _contents(root, list(dict.fromkeys(ids.values()))))
    except (OSError, subprocess.CalledProcessError):
        return Files({}, {})


def _contents(root: Path, ids: list[str]) -> dict[str, bytes]:
    output = _git(root, "cat-file", "--batch", stdin="".join(f"{i}\n" for i in ids).encode())
    contents, position = {}, 0
    for blob in ids:
        # "<id> blob <size>", a line end, the content, a line end
        start = output.index(b"\n", position) + 1
        end = start + int(output[position:start].split()[2])
        contents[blob] = output[start:end]
        position = end + 1
    return contents


def _commit(root: Path, name: str) -> str | None:
    try:
        # --end-of-options: a name that begins with a dash is no option.
        found = _git(
            root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.decode().split()[-1]


def _git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(
        ("git", "-C", root, *arguments), input=stdin, capture_output=True, check=True
    ).stdout
