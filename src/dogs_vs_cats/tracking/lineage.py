"""What ``dvc.lock`` says: which data, parameters and code made which file.

The audit reads every version of a long history, so it is parsed by libyaml, seven times as fast as
a parser in Python.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.yaml_text import YAMLError, load_yaml

ALWAYS_RUN = ("report", "track")
"""Stages that say nothing about the results: they run, and are recorded, after everything else."""

_RESTORE = "Restore it with git."


@dataclass(frozen=True)
class Recorded:
    """A file or folder as DVC recorded it."""

    path: str
    """Relative to the project root, with ``/``."""
    md5: str
    """32 hexadecimal digits; of a folder, those of its listing and ``.dir``."""
    bytes: int
    files: int
    """1 for a file."""

    @property
    def is_folder(self) -> bool:
        """Whether :attr:`md5` is that of a folder's listing."""
        return self.md5.endswith(".dir")


@dataclass(frozen=True)
class Stage:
    """A stage as it last ran."""

    name: str
    command: str
    """What ran; several commands, a line each."""
    deps: dict[str, Recorded]
    """By path, sorted."""
    outs: dict[str, Recorded]
    """By path, sorted."""
    params: dict[str, Any]
    """Values by dotted name, sorted."""
    digest: str
    """SHA-256 of the stage's whole entry: command, dependencies, parameters and outputs."""

    def depends_on(self, other: "Stage") -> bool:
        """Whether it reads what another stage makes."""
        return _any_overlap(self.deps, other.outs)


@dataclass(frozen=True)
class Lock:
    """The stages of a ``dvc.lock`` by name."""

    stages: dict[str, Stage]

    def maker(self, path: str) -> Stage | None:
        """The stage that has this path among its outputs."""
        return next((stage for stage in self.stages.values() if path in stage.outs), None)

    def makes(self, path: str) -> bool:
        """Whether a stage makes a path, something in it, or the folder that it lies in."""
        return any(overlap(path, out) for stage in self.stages.values() for out in stage.outs)

    def with_upstream(self, name: str) -> list[Stage]:
        """A stage and all those whose outputs it depends on, directly or not; sorted by name."""
        deps = {key: stage.deps for key, stage in self.stages.items()}
        outs = {key: stage.outs for key, stage in self.stages.items()}
        return [self.stages[key] for key in _with_upstream(name, deps, outs)]

    def ran_with(self, stage: Stage, file: Recorded) -> bool:
        """Whether a stage last ran with this very file, which it names itself or by its folder."""
        if own := stage.deps.get(file.path):
            return own == file
        folder, _, name = file.path.rpartition("/")
        md5s = {
            path.removeprefix(f"{folder}/"): out.md5
            for other in self.stages.values()
            for path, out in other.outs.items()
            if path.startswith(f"{folder}/")
        }
        return (
            folder in stage.deps
            and md5s.get(name) == file.md5
            and stage.deps[folder].md5 == folder_md5(md5s)
        )

    def params(self, name: str) -> dict[str, Any]:
        """Parameters of a stage and of all upstream of it: values by dotted name, sorted."""
        merged = {key: v for stage in self.with_upstream(name) for key, v in stage.params.items()}
        return dict(sorted(merged.items()))


def results_digest(lock: Lock) -> str:
    """SHA-256 over the stages' digests, without those of :data:`ALWAYS_RUN`.

    Equal digests mean equal commands, parameters, code, data and results.
    """
    stages = sorted(
        f"{stage.name} {stage.digest}\n"
        for stage in lock.stages.values()
        if stage.name not in ALWAYS_RUN
    )
    return hashlib.sha256("".join(stages).encode()).hexdigest()


def read_lock(path: Path) -> Lock:
    """Read a ``dvc.lock``.

    Raises:
        PipelineError: it is missing or not a lock file of DVC 2 or 3.
    """
    try:
        return parse_lock(
            path.read_bytes(), str(path), "Restore it with git, or delete it and run `dvc repro`."
        )
    except FileNotFoundError:
        raise PipelineError(f"{path} not found. Run `dvc repro` first.") from None


def parse_lock(content: bytes, name: str, mend: str = _RESTORE) -> Lock:
    """Parse a ``dvc.lock``.

    Args:
        content: of the file.
        name: what to call it in an error.
        mend: what the error says to do.

    Raises:
        PipelineError: it is not a lock file of DVC 2 or 3.
    """
    with _refused(name, mend):
        stages = load_yaml(content)["stages"]
        return Lock({stage: _stage(stage, entry) for stage, entry in stages.items()})


def stage_names(content: bytes, name: str) -> frozenset[str]:
    """The stages that a ``dvc.yaml`` declares.

    Args:
        content: of the file.
        name: what to call it in an error.

    Raises:
        PipelineError: it is not a ``dvc.yaml``.
    """
    with _refused(name, _RESTORE):
        return frozenset(load_yaml(content)["stages"].keys())


@contextmanager
def _refused(name: str, mend: str) -> Iterator[None]:
    try:
        yield
    except (YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PipelineError(f"{name} is not as DVC writes it: {reason}. {mend}") from None


def declared_params(pipeline: bytes, stage: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What ``Lock.params`` will say of a stage after it has run with these parameters.

    Args:
        pipeline: content of ``dvc.yaml``.
        stage: name of the stage.
        params: all sections of ``params.yaml``.

    Returns:
        Values by dotted name, sorted.
    """
    stages = load_yaml(pipeline)["stages"]
    deps = {name: entry.get("deps", []) for name, entry in stages.items()}
    outs = {
        name: [
            path
            for kind in ("outs", "metrics", "plots")
            for out in entry.get(kind, [])
            for path in ([out] if isinstance(out, str) else out)  # alone, or with its options
        ]
        for name, entry in stages.items()
    }
    upstream = _with_upstream(stage, deps, outs)
    wanted = tuple(f"{key}." for name in upstream for key in stages[name].get("params", []))
    return {k: v for k, v in sorted(flatten(params)) if f"{k}.".startswith(wanted)}


def _with_upstream(
    name: str, deps: Mapping[str, Iterable[str]], outs: Mapping[str, Iterable[str]]
) -> list[str]:
    """See :meth:`Lock.with_upstream`; of each stage, the paths that it reads and makes."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        stage = waiting.pop()
        if stage not in found:
            found.add(stage)
            waiting += [other for other in outs if _any_overlap(deps[stage], outs[other])]
    return sorted(found)


def flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves of nested mappings, with their keys joined by dots."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def file_md5(path: Path) -> str:
    """MD5 of a file, as ``dvc.lock`` records it."""
    with path.open("rb") as file:
        # DVC's choice of hash, not a matter of security.
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def content_md5(content: bytes) -> str:
    """MD5 of a content, as DVC records that of a file."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def folder_md5(md5s: Mapping[str, str]) -> str:
    """What DVC 3 records of a folder: the MD5 of its listing, and ``.dir``.

    Args:
        md5s: of each file, by its path in the folder, with ``/``.
    """
    listing = [{"md5": md5, "relpath": name} for name, md5 in sorted(md5s.items())]
    return f"{content_md5(json.dumps(listing, sort_keys=True).encode())}.dir"


def _stage(name: str, entry: Mapping[str, Any]) -> Stage:
    # A mapping a params file, and in it sections or dotted names.
    params = [leaf for values in entry.get("params", {}).values() for leaf in flatten(values or {})]
    canonical = json.dumps(entry, sort_keys=True, default=str)
    command = entry["cmd"]
    return Stage(
        name=name,
        command=command if isinstance(command, str) else "\n".join(command),
        deps=_recorded(entry.get("deps", [])),
        outs=_recorded(entry.get("outs", [])),
        params=dict(sorted(params, key=lambda leaf: leaf[0])),
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
    )


def _recorded(entries: list[Mapping[str, Any]]) -> dict[str, Recorded]:
    return {
        entry["path"]: Recorded(
            entry["path"], entry["md5"], int(entry["size"]), int(entry.get("nfiles", 1))
        )
        for entry in sorted(entries, key=lambda entry: entry["path"])
        if "md5" in entry  # a dependency outside this machine may have another kind of hash
    }


def overlap(one: str, other: str) -> bool:
    """Whether one path is the other or lies in it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _any_overlap(deps: Iterable[str], outs: Iterable[str]) -> bool:
    return any(overlap(dep, out) for dep in deps for out in outs)
