"""Where a training ran: software, hardware, revision, workspace. All as tags of a run."""

import hashlib
import os
import platform
import subprocess
import uuid
from importlib.metadata import version
from pathlib import Path

from dogs_vs_cats.cpu import cpu_cores, cpu_name
from dogs_vs_cats.files import whole_file

# What the pipeline itself writes: it changes with every run and is no change of the code.
_OWN_WRITING = (":(exclude)dvc.lock", ":(exclude)reports")


def environment() -> dict[str, str]:
    """Versions, processor, its cores for this process, and memory in GiB.

    Imports none of what it gives the version of.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "environment.python": platform.python_version(),
        "environment.tensorflow": version("tensorflow"),
        "environment.keras": version("keras"),
        "environment.os": f"{platform.system()} {platform.machine()}",
        "environment.cpu": cpu_name(),
        "environment.cpu_cores": str(cpu_cores()),
        "environment.memory_gib": f"{memory / 2**30:.1f}",
    }


def git_state(project: Path) -> dict[str, str]:
    """The commit that is checked out, and whether tracked files differ from it.

    Returns:
        ``git.revision`` (40 hexadecimal digits) and ``git.dirty`` (``true`` or ``false``);
        nothing where there is no git or no commit. ``dvc.lock`` and ``reports`` do not count.
    """
    try:
        revision = _git(project, "rev-parse", "--verify", "HEAD")
        changes = _git(
            project, "status", "--porcelain", "--untracked-files=no", "--", ".", *_OWN_WRITING
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    return {
        "git.revision": revision,
        "git.dirty": "true" if changes else "false",
        # Where MLflow's pages look for it.
        "mlflow.source.git.commit": revision,
    }


def workspace_id(workspace: Path) -> str:
    """16 hexadecimal digits for a project folder, without telling its name.

    A random id in the folder that DVC keeps for the machine stands behind it, not the machine's
    name: a container's changes whenever it starts. A copy of the folder is another workspace.
    """
    workspace = workspace.resolve()
    own = workspace / ".dvc" / "tmp" / "workspace-id"
    if not own.exists():
        with whole_file(own) as path:
            path.write_text(uuid.uuid4().hex, encoding="utf-8")
    identity = f"{own.read_text(encoding='utf-8')}:{workspace}"
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def _git(project: Path, *arguments: str) -> str:
    return subprocess.run(
        ("git", "-C", project, *arguments), capture_output=True, text=True, check=True, timeout=10
    ).stdout.strip()
