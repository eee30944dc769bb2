"""Git, asked in a way that no setting of the user's changes the answer."""

import os
import shutil
import subprocess
from pathlib import Path

# For people to look at; in an answer to a program, colours and signatures are noise.
_PLAIN = ("color.ui=false", "log.showSignature=false", "core.fsmonitor=false")
COMMAND = ("git", *(word for setting in _PLAIN for word in ("-c", setting)))
"""What each call begins with."""
# A hook that runs this has them set, and git would work on the repository that they name.
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")


def environment() -> dict[str, str]:
    """The variables that each call is given."""
    return {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}


def said(folder: Path, *arguments: str, stdin: str = "") -> bytes | None:
    """What git answers in a folder; None if it fails or is not there."""
    command = (*COMMAND, "-C", str(folder), *arguments)
    try:
        return subprocess.run(
            command, input=stdin.encode(), capture_output=True, check=True, env=environment()
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def refusal(folder: Path) -> str | None:
    """Why git does not work on the repository that a folder lies in, and what mends it.

    Git refuses one that another user owns, one of a newer format, or all where its configuration
    is damaged. Its own words are given whole, as they name the command that helps.

    Returns:
        None if it works, or where there is no repository.
    """
    if not shutil.which("git"):
        places = (folder.resolve(), *folder.resolve().parents)
        if any((place / ".git").exists() for place in places):
            return "git is not installed, and this folder has a history. Install it."
        return None
    ended = subprocess.run(
        (*COMMAND, "-C", str(folder), "rev-parse", "--git-dir"),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={**environment(), "LC_ALL": "C"},
    )
    if not ended.returncode or "not a git repository" in ended.stderr:
        return None
    return f"git does not work here: {ended.stderr.strip()}"


def is_shallow(folder: Path) -> bool:
    """Whether the repository holds its last commits alone, as after ``git clone --depth 1``."""
    return (said(folder, "rev-parse", "--is-shallow-repository") or b"").strip() == b"true"
