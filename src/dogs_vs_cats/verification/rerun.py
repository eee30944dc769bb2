"""Running stages of a committed revision again, in a clone that shares no result with anybody."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from dogs_vs_cats.audit import clones
from dogs_vs_cats.audit.objects import Objects, dvc
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.places import ORIGIN
from dogs_vs_cats.tracking.lineage import Lock, Recorded, Stage, overlap

# Where the runs of the person at the terminal go, and which of DVC's experiments this is.
_NOT_PASSED_ON = (
    "MLFLOW_TRACKING_URI",
    "MLFLOW_REGISTRY_URI",
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_RUN_ID",
    "DVC_ROOT",
    "DVC_STAGE",
)
# What DVC prints for people: nothing that it offers programs tells when a stage begins.
_BEGINS = re.compile(r"Running stage '(?:.*:)?(.+)':$")


@dataclass(frozen=True)
class Rerun:
    """How running the stages went."""

    seconds: dict[str, float]
    """Of each stage that ended well, in the order in which they ran."""
    failed: str | None = None
    """The stage that did not."""
    output: str = ""
    """What that stage and DVC then wrote."""


def in_order(lock: Lock, names: Collection[str]) -> list[Stage]:
    """These stages, each after those that it depends on; else in the order of ``dvc.lock``."""
    waiting = [stage for name, stage in lock.stages.items() if name in names]
    found: list[Stage] = []
    while waiting:
        ready = next(
            one
            for one in waiting
            if not any(one.depends_on(other) for other in waiting if other is not one)
        )
        waiting.remove(ready)
        found.append(ready)
    return found


def inputs(lock: Lock, stages: Collection[Stage]) -> list[Recorded]:
    """What the stages read of those that are not among them, sorted by path."""
    found = [
        out
        for other in lock.stages.values()
        if other not in stages
        for out in other.outs.values()
        if any(overlap(dep, out.path) for stage in stages for dep in stage.deps)
    ]
    return sorted(found, key=lambda out: out.path)


def bring_inputs(wanted: Iterable[Recorded], folder: Path, objects: Objects) -> list[str]:
    """Bring recorded files and folders into the clone; those that git keeps are there already.

    Args:
        wanted: see :func:`inputs`.
        folder: the clone.
        objects: where this project keeps contents. Those of the cache are held against their MD5;
            those of the remote, DVC checks as it is configured.

    Returns:
        The paths that were brought.

    Raises:
        PipelineError: some are neither in the cache nor in the remote.
    """
    clones.configure(folder, objects, folder / ".dvc" / "cache")
    brought = [recorded for recorded in wanted if not (folder / recorded.path).exists()]
    missing = [r.path for r in brought if not _copy(r, folder / r.path, objects)]
    reason = ""
    if missing and objects.remote is not None:
        try:
            dvc(folder, "pull", "--quiet", "--", *missing)
            missing = []
        except PipelineError as error:
            reason = f"\n{error}"
    if missing:
        raise PipelineError(
            f"{', '.join(missing)}: read by these stages, made by earlier ones, and neither in git,"
            " the cache nor a remote. Verify the earlier stages too, or run `dvc repro` first."
            + reason
        )
    return [recorded.path for recorded in brought]


def run(folder: Path, stages: list[Stage], origin: Path, announce: Callable[[str], None]) -> Rerun:
    """Run stages in a clone, whatever DVC believes, and stop at the first that fails.

    ``dvc repro --force`` looks into no run cache. With ``--single-item`` it runs the stages in the
    order given, and no other. With ``--no-commit`` it hashes what they make, and keeps no copy.

    Args:
        folder: the clone. What git brought of a stage's outputs, DVC deletes as the stage begins.
        stages: in an order in which they can run.
        origin: the project that it is a clone of, for relative paths in ``params.yaml``.
        announce: is told which stage begins.

    Raises:
        PipelineError: DVC cannot even begin.
    """
    names = [stage.name for stage in stages]
    options = ("--force", "--single-item", "--no-commit")
    began: dict[str, float] = {}
    lines: list[str] = []
    with subprocess.Popen(
        (sys.executable, "-m", "dvc", "repro", *options, "--", *names),
        cwd=folder,
        env=_environment(folder, origin),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stdout or ():
                begins = _BEGINS.match(line.rstrip())
                if begins and begins[1] in names and begins[1] not in began:
                    began[begins[1]], lines = time.monotonic(), []
                    announce(f"stage {names.index(begins[1]) + 1} of {len(names)}: {begins[1]}")
                else:
                    lines.append(line)
        except BaseException:
            process.terminate()
            raise
    output = "".join(lines).strip()
    if process.returncode and not began:
        raise PipelineError(f"DVC could not run the stages in a clone:\n{output}")
    ends = (*list(began.values())[1:], time.monotonic())
    seconds = {name: end - began[name] for name, end in zip(began, ends, strict=False)}
    if not process.returncode:
        return Rerun(seconds)
    failed, _ = seconds.popitem()
    return Rerun(seconds, failed, output)


def _environment(folder: Path, origin: Path) -> dict[str, str]:
    environment = {name: v for name, v in os.environ.items() if name not in _NOT_PASSED_ON}
    # The interpreter that runs this is the one that the stages' `python` must be, and the code
    # that it imports is the revision's, not that of the checkout where it is installed.
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    paths = (str(folder / "src"), os.environ.get("PYTHONPATH"))
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    environment[ORIGIN] = str(origin.resolve())
    # DVC hashes a folder of code with all that lies in it, and compiled files hold times.
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return environment


def _copy(recorded: Recorded, path: Path, objects: Objects) -> bool:
    """Copy a file or folder out of the cache; False, and nothing is there, if it is not whole.

    DVC itself would link the two, and delete what is damaged in a cache that is not the clone's.
    """
    listing = objects.listing(recorded) if recorded.md5.endswith(".dir") else {"": recorded.md5}
    sources = {path / name: objects.cached_file(md5) for name, md5 in (listing or {}).items()}
    if listing is None or None in sources.values():
        return False
    if not listing:
        path.mkdir(parents=True)
    for copy, source in sources.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(source), copy)
    return True
