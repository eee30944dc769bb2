"""Why a stage may have given something else than it did when it was recorded."""

import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from dogs_vs_cats.audit import tables
from dogs_vs_cats.audit.runs import TrackedRun
from dogs_vs_cats.tracking.lineage import Lock, Stage

Environment = Mapping[str, str]
"""Such as ``cpu``, ``tensorflow``, ``device`` and ``precision``, as the tags of runs name them."""

NOTHING_RECORDED_DIFFERS = (
    "Nothing that is recorded differs: the stage does not give the same bytes twice, or it reads"
    " something that dvc.yaml does not name, such as an environment variable."
)
# Has no part in any result.
_WITHOUT_INFLUENCE = frozenset({"memory_gib"})
_NAMES = {
    "cpu": "processor",
    "cpu_cores": "processor cores",
    "cpu_features": "processor features",
    "gpu": "GPU",
    "keras": "Keras",
    "lock": "locked packages",
    "os": "operating system",
    "python": "Python",
    "tensorflow": "TensorFlow",
    "tensorflow_build": "build of TensorFlow",
}
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True)
class Surroundings:
    """What a run had around it, then and now."""

    recorded: Environment | None
    """None if no run tells."""
    now: Environment
    packages: list[str]
    """Those that are installed in another version than the revision's lock file names."""

    @property
    def differing(self) -> dict[str, tuple[str, str]]:
        """Then and now, by name, of what both know and is not the same."""
        return {
            name: (before, self.now[name])
            for name, before in sorted((self.recorded or {}).items())
            if name in self.now and self.now[name] != before and name not in _WITHOUT_INFLUENCE
        }


def run_behind(
    lock: Lock, stage: str, revision: str, runs: Iterable[TrackedRun]
) -> TrackedRun | None:
    """The run that tells most about where a stage ran.

    The one that made its model; else one that made another model of the same ``dvc.lock``; else
    one of the same revision. Of several, the oldest that finished.
    """
    known = sorted(runs, key=lambda run: run.status != "FINISHED")
    own = {out.md5 for out in lock.stages[stage].outs.values()}
    all_outs = {out.md5 for other in lock.stages.values() for out in other.outs.values()}
    conditions = (
        lambda run: run.model_md5 in own,
        lambda run: run.model_md5 in all_outs,
        lambda run: run.tags.get("git.revision") == revision,
    )
    return next((run for condition in conditions for run in known if condition(run)), None)


def other_packages(requirements: str) -> list[str]:
    """Packages that are installed in another version than a lock file names, sorted.

    Args:
        requirements: lines such as ``numpy==2.3.1 ; python_version >= "3.11" \\``. What is not
            installed is left out: it may be for another system.
    """
    pinned: dict[str, set[str]] = {}
    for name, number in _PIN.findall(requirements):
        pinned.setdefault(name, set()).add(number)
    found = []
    for name, numbers in sorted(pinned.items()):
        with contextlib.suppress(PackageNotFoundError):
            if (installed := version(name)) not in numbers:
                found.append(f"{name} {installed} (locked {' or '.join(sorted(numbers))})")
    return found


def causes(recorded: Stage, made: Stage | None, lock: Lock, around: Surroundings) -> list[str]:
    """The likely reasons why a stage's outputs are not as recorded, the likeliest first.

    Args:
        recorded: the stage as it was recorded.
        made: the stage as DVC recorded it now; None if it failed.
        lock: in which ``recorded`` stands.
        around: see :class:`Surroundings`.
    """
    found: list[str] = []
    if made is not None:
        if params := _differing(recorded.params, made.params):
            told = [
                f"{name}: {recorded.params.get(name, '-')} -> {made.params.get(name, '-')}"
                for name in params
            ]
            found.append(f"other parameters: {tables.some(told)}")
        if made.command != recorded.command:
            found.append(f"other command in dvc.yaml: {recorded.command} -> {made.command}")
        changed = _differing(recorded.deps, made.deps)
        upstream = [path for path in changed if lock.makes(path)]
        if code := [path for path in changed if path not in upstream]:
            found.append(
                f"other code: {tables.some(code)} of this revision is not what dvc.lock was"
                " recorded with"
            )
        if upstream:
            found.append(f"other inputs: {tables.some(upstream)} of an earlier stage")
    found += [
        f"other {_NAMES.get(name, name)}: {_told(name, before, now)}"
        for name, (before, now) in around.differing.items()
    ]
    if around.packages:
        found.append(f"other library versions than locked: {tables.some(around.packages)}")
    if not any(lock.makes(dep) for dep in recorded.deps):
        found.append(
            "it reads nothing that another stage makes: what it takes from outside, such as the"
            " archive, may be another"
        )
    found = found or [NOTHING_RECORDED_DIFFERS]
    if around.recorded is None:
        found.append(
            "On which machine and with which versions it was recorded is unknown: MLflow has no"
            " run of it."
        )
    return found


def _told(name: str, before: str, now: str) -> str:
    """Then and now; of the processor's many features only those that differ."""
    if name != "cpu_features":
        return f"recorded {before}, here {now}"
    then, here = set(before.split()), set(now.split())
    lists = ("not here", sorted(then - here)), ("only here", sorted(here - then))
    return "; ".join(f"{', '.join(names)} {where}" for where, names in lists if names)


def _differing(then: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """The names, sorted, of what only one of them has or has otherwise than the other."""
    missing = object()
    names = sorted(then.keys() | now.keys())
    return [name for name in names if then.get(name, missing) != now.get(name, missing)]
