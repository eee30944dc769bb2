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

import yaml
from ruamel.yaml.resolver import implicit_resolvers

from dogs_vs_cats.errors import PipelineError

_RESTORE = "Restore it with git."
_UNKNOWN = (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError)


class _Loader(yaml.CSafeLoader):
    """libyaml's parser with the rules of YAML 1.2, which DVC writes.

    By PyYAML's own, those of YAML 1.1, the plain scalar ``2e-05`` is text and ``off`` is false.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's name and type)


for _versions, _tag, _pattern, _first in implicit_resolvers:
    if (1, 2) in _versions:
        _Loader.add_implicit_resolver(_tag, _pattern, _first)


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
        stages = yaml.load(content, _Loader)["stages"]
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
        return frozenset(yaml.load(content, _Loader)["stages"].keys())
    except _UNKNOWN as error:
        raise _unknown(name, error, _RESTORE) from None


def _unknown(name: str, error: Exception, mend: str) -> PipelineError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return PipelineError(f"{name} is not as DVC writes it: {reason}. {mend}")


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
