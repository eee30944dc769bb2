"""Where a training ran: software, hardware, revision, workspace. All as tags of a run."""

import hashlib
import os
import platform
import re
import subprocess
import sys
import uuid
from collections.abc import Mapping
from importlib.metadata import distribution, version
from pathlib import Path

from dogs_vs_cats.compute.cpu import cpu_cores, cpu_flags, cpu_name
from dogs_vs_cats.project.files import sha256, whole_file
from dogs_vs_cats.project.git import COMMAND, refusal

PREFIX = "environment."
"""What the names of this module's tags about software and hardware begin with."""

# What the pipeline itself writes: it changes with every run and is no change of the code.
_OWN_WRITING = tuple(
    f":(exclude){folder}{name}" for folder in ("", "mnist/") for name in ("dvc.lock", "reports")
)
# By these, kernels choose how they add and multiply.
_ARITHMETIC = re.compile("amx|avx|f16c|fma")


def environment(project: Path = Path()) -> dict[str, str]:
    """Versions, locked packages, processor, its cores for this process, GPUs, memory in GiB.

    Imports none of what it gives the version of. What this machine or the project does not have
    is left out: ``environment.gpu``, ``environment.lock``, ``environment.cpu_features``,
    ``environment.tensorflow_build``.

    Args:
        project: root of the project, or of a clone of it.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    lock = _installed_lock(project)
    values = {
        "python": platform.python_version(),
        "tensorflow": version("tensorflow"),
        "tensorflow_build": _tensorflow_build(),
        "keras": version("keras"),
        "lock": lock_line(lock.name, sha256(lock)) if lock else "",
        "os": f"{platform.system()} {platform.machine()}",
        "cpu": cpu_name(),
        "cpu_cores": str(cpu_cores()),
        "cpu_features": " ".join(sorted(filter(_ARITHMETIC.match, cpu_flags()))),
        "gpu": _gpus(),
        "memory_gib": f"{memory / 2**30:.1f}",
    }
    return {f"{PREFIX}{name}": value for name, value in values.items() if value}


def environment_of(tags: Mapping[str, str]) -> dict[str, str]:
    """What a run's tags say about where it ran, sorted by name.

    Returns:
        The tags of :func:`environment` without their prefix, ``device`` and ``precision``.
    """
    return {
        name.removeprefix(PREFIX): value
        for name, value in sorted(tags.items())
        if name.startswith(PREFIX) or name in ("device", "precision")
    }


def lock_line(name: str, digest: str) -> str:
    """The tag's value for a lock file with this SHA-256."""
    return f"{name} sha256:{digest}"


def git_state(project: Path) -> dict[str, str]:
    """The commit that is checked out, and whether tracked files differ from it.

    Returns:
        ``git.revision`` (40 hexadecimal digits) and ``git.dirty`` (``true`` or ``false``);
        nothing where there is no git or no commit, and where git refuses, which is said on
        standard error. ``dvc.lock`` and ``reports`` do not count, neither here nor in ``mnist``.
    """
    git = (*COMMAND, "-C", str(project))
    revision = _said(*git, "rev-parse", "--verify", "HEAD")
    status = ("status", "--porcelain", "--untracked-files=no", "--", ".", *_OWN_WRITING)
    changes = _said(*git, *status)
    if not revision or changes is None:
        if reason := refusal(project):
            print(f"warning: no revision is recorded, as {reason}", file=sys.stderr)
        return {}
    return {
        "git.revision": revision,
        "git.dirty": "true" if changes else "false",
        # Where MLflow's pages look for it.
        "mlflow.source.git.commit": revision,
    }


def committed(path: Path) -> str | None:
    """A text file, relative to the working directory, as HEAD has it; None if it has none."""
    return _said(*COMMAND, "show", f"HEAD:./{path.as_posix()}")


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


def _installed_lock(project: Path) -> Path | None:
    """The project's lock file that this environment was last installed from, as it is now.

    ``make setup`` leaves ``installed-NAME`` in the environment. Without that, it is taken to be
    ``requirements.lock``.
    """
    stamps = Path(sys.prefix).glob("installed-*.lock")
    newest_first = sorted(stamps, key=lambda stamp: stamp.stat().st_mtime, reverse=True)
    names = [stamp.name.removeprefix("installed-") for stamp in newest_first]
    paths = (project / name for name in (*names, "requirements.lock"))
    return next((path for path in paths if path.is_file()), None)


def _tensorflow_build() -> str:
    """Platform of the installed TensorFlow, and 16 digits of a SHA-256 over its libraries.

    The wheel's own list has the digests of all that it installed; two builds of one version, such
    as a distributor's, differ in them.
    """
    installed = distribution("tensorflow")
    wheel, record = installed.read_text("WHEEL") or "", installed.read_text("RECORD") or ""
    files = re.findall(r"^.+\.so(?:\.\d+)*,sha256=.+$", record, re.MULTILINE)
    digest = hashlib.sha256("\n".join(sorted(files)).encode()).hexdigest()
    platforms = re.findall(r"^Tag: (.+)$", wheel, re.MULTILINE)
    return " ".join((*platforms, digest[:16])) if files else ""


def _gpus() -> str:
    """NVIDIA's GPUs in this machine with their driver, such as ``NVIDIA H100, 550.54``.

    Whether TensorFlow uses one, the tag ``device`` tells.
    """
    query = ("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
    return "; ".join((_said(*query) or "").splitlines())


def _said(*command: str) -> str | None:
    """What a command writes; None if it fails or is not there."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return ended.stdout.strip()
