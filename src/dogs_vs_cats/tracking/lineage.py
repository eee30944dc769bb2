"""What ``dvc.lock`` says: which data, parameters and code made which file.

The audit reads every version of a long history, so it is parsed by libyaml, seven times as fast as
a parser in Python.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.yaml_text import YAMLError, load_yaml

_RESTORE = "Restore it with git."
_UNKNOWN = (YAMLError, KeyError, TypeError, AttributeError, ValueError)


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


@dataclass(frozen=True)
class Lock:
    """The stages of a ``dvc.lock`` by name."""

    stages: dict[str, Stage]

    def maker(self, path: str) -> Stage | None:
        """The stage that has this path among its outputs."""
        return next((stage for stage in self.stages.values() if path in stage.outs), None)

    def with_upstream(self, name: str) -> list[Stage]:
        """A stage and all those whose outputs it depends on, directly or not; sorted by name."""
        found: dict[str, Stage] = {}
        waiting = [self.stages[name]]
        while waiting:
            stage = waiting.pop()
            if stage.name not in found:
                found[stage.name] = stage
                waiting += [
                    other
                    for other in self.stages.values()
                    if any(overlap(dep, out) for dep in stage.deps for out in other.outs)
                ]
        return [found[key] for key in sorted(found)]

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
    try:
        stages = load_yaml(content)["stages"]
        return Lock({stage: _stage(stage, entry) for stage, entry in stages.items()})
    except _UNKNOWN as error:
        raise _unknown(name, error, mend) from None


def stage_names(content: bytes, name: str) -> frozenset[str]:
    """The stages that a ``dvc.yaml`` declares.

    Args:
        content: of the file.
        name: what to call it in an error.

    Raises:
        PipelineError: it is not a ``dvc.yaml``.
    """
    try:
        return frozenset(load_yaml(content)["stages"].keys())
    except _UNKNOWN as error:
        raise _unknown(name, error, _RESTORE) from None


def _unknown(name: str, error: Exception, mend: str) -> PipelineError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return PipelineError(f"{name} is not as DVC writes it: {reason}. {mend}")


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
    found: dict[str, list[str]] = {}
    waiting = [stage]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = stages[name].get("params", [])
            waiting += [
                other
                for other in stages
                if any(
                    overlap(dep, out)
                    for dep in stages[name].get("deps", [])
                    for out in _declared_outs(stages[other])
                )
            ]
    wanted = [key for keys in found.values() for key in keys]
    values = dict(flatten(params))
    return {
        k: v
        for k, v in sorted(values.items())
        if any(f"{k}.".startswith(f"{key}.") for key in wanted)
    }


def _declared_outs(stage: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("outs", "metrics", "plots"):
        for out in stage.get(kind, []):
            yield from [out] if isinstance(out, str) else out


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


def folder_md5(md5s: Mapping[str, str]) -> str:
    """What DVC 3 records of a folder: the MD5 of its listing, and ``.dir``.

    Args:
        md5s: of each file, by its path in the folder, with ``/``.
    """
    listing = [{"md5": md5, "relpath": name} for name, md5 in sorted(md5s.items())]
    text = json.dumps(listing, sort_keys=True).encode()
    return f"{hashlib.md5(text, usedforsecurity=False).hexdigest()}.dir"


def _stage(name: str, entry: Mapping[str, Any]) -> Stage:
    # A mapping a params file, and in it sections or dotted names.
    params = {
        key: value
        for values in entry.get("params", {}).values()
        for key, value in flatten(values or {})
    }
    canonical = json.dumps(entry, sort_keys=True, default=str)
    command = entry["cmd"]
    return Stage(
        name=name,
        command=command if isinstance(command, str) else "\n".join(command),
        deps=_recorded(entry.get("deps", [])),
        outs=_recorded(entry.get("outs", [])),
        params=dict(sorted(params.items())),
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
    )


def _recorded(entries: list[Mapping[str, Any]]) -> dict[str, Recorded]:
    found = (
        Recorded(entry["path"], entry["md5"], int(entry["size"]), int(entry.get("nfiles", 1)))
        for entry in entries
        if "md5" in entry  # a dependency outside this machine may have another kind of hash
    )
    return {recorded.path: recorded for recorded in sorted(found, key=lambda r: r.path)}


def overlap(one: str, other: str) -> bool:
    """Whether one path is the other or lies in it."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
