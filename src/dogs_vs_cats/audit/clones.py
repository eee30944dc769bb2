"""A revision in a folder of its own, which knows where this project keeps its data."""

import subprocess
from pathlib import Path

from dogs_vs_cats.audit import git
from dogs_vs_cats.audit.history import History
from dogs_vs_cats.audit.objects import Objects, configuration, dvc
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.lineage import parse_lock


def restore(history: History, revision: str, folder: Path) -> str:
    """Clone the project at a revision and bring its data back from this project's cache.

    The clone shares the cache and knows this project's remotes, those of ``.dvc/config.local``
    too. The clone stays also if some data are lost: ``dvc repro`` there makes what can be made.

    Args:
        history: of the project.
        revision: a commit.
        folder: must not exist, or be empty.

    Returns:
        A line that says what was done.

    Raises:
        PipelineError: the folder is taken, git does not have the revision, or some data are
            neither in the cache nor in the remote.
    """
    git.resolve(history.root, revision)
    clone(history.root, revision, folder)
    configure(folder, history.objects, history.objects.cache)
    # All that the revision records. What dvc.yaml declares beyond that never was, and DVC would
    # call it an error; what git has is there already.
    path = Layout(folder).lock
    stages = parse_lock(path.read_bytes(), str(path)).stages.values() if path.exists() else ()
    recorded = [out for stage in stages for out in stage.outs if not (folder / out).exists()]
    state = f"{folder} holds revision {revision[:8]}"
    if not recorded:
        return f"{state}, which records no data."
    for command in ("checkout", "pull") if history.objects.remote else ("checkout",):
        try:
            dvc(folder, command, "--", *recorded)
        except PipelineError as error:
            reason = error
        else:
            return f"{state} and its data."
    raise PipelineError(
        f"{state}, but not all of its data: they are neither in the cache nor in a remote."
        f" `dvc repro` there makes what can be made.\n{reason}"
    )


def clone(root: Path, revision: str, folder: Path, *, shared: bool = False) -> None:
    """Check a revision out in a folder.

    Args:
        root: the project, a git repository.
        revision: a commit.
        folder: must not exist, or be empty.
        shared: use the project's git objects instead of copying them. This reaches also a commit
            that is on no branch, and does not outlive the project.

    Raises:
        PipelineError: the folder is taken, git does not have the revision, or the project is not
            the root of its repository.
    """
    if prefix := _git("-C", str(root), "rev-parse", "--show-prefix").strip():
        raise PipelineError(
            f"The project is the folder {prefix} of its git repository. Only one at the root of its"
            " repository can be checked out elsewhere."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PipelineError(f"{folder} is there already. Name a folder that is not, or empty it.")
    options = ("--quiet", "--no-checkout", *(("--shared",) if shared else ()))
    _git("clone", *options, str(root), str(folder))
    _git("-C", str(folder), "checkout", "--quiet", "--detach", revision)


def configure(folder: Path, objects: Objects, cache: Path) -> None:
    """Let DVC in a clone use a cache, and the remotes of the project it came from.

    Those of ``.dvc/config.local`` too, which git does not clone.

    Raises:
        PipelineError: the revision's configuration of DVC is damaged.
    """
    sections = {
        # Named, as the user's own configuration may name one that all projects share.
        "cache": {"dir": str(cache.resolve())},
        "core": {"remote": objects.remote} if objects.remote is not None else {},
        # Their paths are absolute: relative ones would lead elsewhere from the clone.
        **{f"'remote \"{name}\"'": options for name, options in objects.remotes.items()},
    }
    # Written here, as `dvc config` would show a password to whoever lists processes.
    path = folder / ".dvc" / "config.local"
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8") as file:
        for section, options in sections.items():
            file.write(f"[{section}]\n")
            file.writelines(f"{name} = {_quoted(value)}\n" for name, value in options.items())
    configuration(folder)


def _quoted(value: str) -> str:
    """In quotes that are not in the value; DVC would read a comma outside of any as a list."""
    quotes = ('"', "'", '"""', "'''")
    quote = next((q for q in quotes if q not in value and not value.endswith(q[0])), '"')
    return f"{quote}{value}{quote}"


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(
            ("git", *arguments), capture_output=True, text=True, check=True
        ).stdout
    except subprocess.CalledProcessError as error:
        raise PipelineError(error.stderr.strip() or "git failed") from None
