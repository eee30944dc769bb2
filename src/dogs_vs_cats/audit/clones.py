"""A revision in a folder of its own, which knows where this project keeps its data."""

import subprocess
import sys
from pathlib import Path

from dogs_vs_cats.audit.objects import Objects
from dogs_vs_cats.project.errors import PipelineError


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
    if prefix := _run("git", "-C", str(root), "rev-parse", "--show-prefix").strip():
        raise PipelineError(
            f"The project is the folder {prefix} of its git repository. Only one at the root of its"
            " repository can be checked out elsewhere."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PipelineError(f"{folder} is there already. Name a folder that is not, or empty it.")
    options = ("--quiet", "--no-checkout", *(("--shared",) if shared else ()))
    _run("git", "clone", *options, str(root), str(folder))
    _run("git", "-C", str(folder), "checkout", "--quiet", "--detach", revision)


def configure(folder: Path, objects: Objects, cache: Path) -> None:
    """Let DVC in a clone use a cache, and the remotes of the project it came from.

    Those of ``.dvc/config.local`` too, which git does not clone.

    Raises:
        PipelineError: the revision's configuration of DVC is damaged.
    """
    from dvc.config import Config, ConfigError

    try:
        config = Config(str(folder / ".dvc"))
    except ConfigError as error:
        raise PipelineError(f"DVC's configuration cannot be used: {error}") from None
    with config.edit("local") as local:
        # Named, as the user's own configuration may name one that all projects share.
        local["cache"] = {"dir": str(cache.resolve())}
        # DVC has made their paths absolute: relative ones would lead elsewhere from the clone.
        local["remote"] = dict(objects.config["remote"])
        if objects.remote is not None:
            local["core"] = {"remote": objects.remote}
    (folder / ".dvc" / "config.local").chmod(0o600)  # it may hold a password


def dvc(folder: Path, *arguments: str) -> None:
    """Run DVC in a clone.

    Raises:
        PipelineError: with what DVC says.
    """
    _run(sys.executable, "-m", "dvc", "--cd", str(folder), *arguments)


def _run(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except subprocess.CalledProcessError as error:
        raise PipelineError(error.stderr.strip() or f"{command[0]} failed") from None
