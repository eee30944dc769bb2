"""The project over time: revisions, data versions, trained models and the runs that made them."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dogs_vs_cats.audit import git
from dogs_vs_cats.audit.objects import Objects
from dogs_vs_cats.audit.runs import TrackedRun, read_runs
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.git import is_shallow, refusal
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.comparison import comparison_key
from dogs_vs_cats.tracking.lineage import Lock, Recorded, Stage, overlap, parse_lock, stage_names

WORKSPACE = "workspace"
"""What DVC calls the working tree where it stands beside revisions."""

# As git and dvc.lock name them: relative to the project, with slashes.
_LOCK = Layout().lock.as_posix()
_ARCHIVE = Layout().archive.as_posix()
_SOURCE = Layout().source.as_posix()
_MANIFEST = Layout().manifest.as_posix()
_CLASSES = Layout().classes.as_posix()
_SPLITS = Layout().splits.as_posix()
_MODELS = Layout().models.as_posix()
_SHALLOW = (
    "git holds only the last commits here, so all of before is unknown. `git fetch --unshallow`"
    " brings it."
)


@dataclass(frozen=True)
class Revision:
    """A state of the project that has a ``dvc.lock``."""

    name: str
    """40 hexadecimal digits, or ``workspace``."""
    subject: str
    """First line of the commit's message."""
    lock: Lock


@dataclass(frozen=True)
class DataVersion:
    """The pictures that a training had before it, and where they came from."""

    archive: Recorded
    source: Recorded | None
    """The archive's description, if the download that made it is known."""
    manifest: Recorded
    classes: Recorded | None
    """The names of the classes; None in a state of before they were written."""
    splits: dict[str, Recorded]
    """By name of the split."""
    settings: dict[str, Any]
    """Sections ``data``, ``classes`` and ``split`` of ``params.yaml``, by dotted name."""
    revisions: list[Revision] = field(default_factory=list)
    """Those that record it, newest first."""

    @cached_property
    def split_md5s(self) -> dict[str, str]:
        """By name of the split."""
        return {name: recorded.md5 for name, recorded in self.splits.items()}

    def has(self, splits: Mapping[str, str]) -> bool:
        """Whether these are its very splits, or some of them: MD5 by name; none are not."""
        return bool(splits) and splits.items() <= self.split_md5s.items()

    @cached_property
    def id(self) -> str:
        """12 hexadecimal digits: equal contents and settings, equal id."""
        contents = (
            *(self.archive, self.source, self.manifest, self.classes),
            *self.splits.values(),
        )
        parts = [[c.path, c.md5] for c in contents if c]
        text = json.dumps([parts, sorted(self.settings.items())])
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class TrainedModel:
    """A model file that some ``dvc.lock`` records."""

    method: str
    file: Recorded
    stage: Stage
    lock: Lock
    """The oldest that records it."""
    splits: dict[str, str]
    """MD5 of each split that it follows from, by name of the split."""
    revisions: list[Revision] = field(default_factory=list)
    """Those that record it, newest first."""


def split_of(path: str) -> str | None:
    """Name of the split whose folder this is, or None."""
    folder, _, name = path.rpartition("/")
    return name if folder == _SPLITS else None


def models_of(lock: Lock) -> Iterator[tuple[str, Stage, Recorded]]:
    """Method, stage and file of each model that a lock records."""
    for stage in lock.stages.values():
        for file in stage.outs.values():
            folder, _, name = file.path.rpartition("/")
            if folder == _MODELS:
                yield name.removesuffix(".keras"), stage, file


class History:
    """All that git, ``dvc.lock`` and MLflow say together.

    What cannot be read (a damaged ``dvc.lock`` of long ago, a store that does not answer) is left
    out and named in :attr:`notes`.
    """

    def __init__(self, root: Path) -> None:
        """Read the project at ``root``.

        Raises:
            PipelineError: there is no DVC project, or git refuses to work on it.
        """
        self.root = root
        self.objects = Objects(root)
        if reason := refusal(root):
            raise PipelineError(reason)
        self._notes = [_SHALLOW] if is_shallow(root) else []

    @property
    def notes(self) -> list[str]:
        """What could not be read, in sentences."""
        failure = self.objects.remote_failure
        return self._notes + ([failure] if failure else [])

    def error(self, text: str) -> PipelineError:
        """An error whose reason may be what could not be read."""
        return PipelineError("\n".join([text, *self.notes]))

    @cached_property
    def revisions(self) -> list[Revision]:
        """Newest first; the working tree leads if its ``dvc.lock`` is not the one checked out."""
        subjects = git.commits(self.root)
        committed = git.read_files(self.root, ((name, _LOCK) for name in subjects))
        # Most commits leave dvc.lock as it was: each content is parsed once.
        holders: dict[bytes, list[str]] = {}
        for (name, _), content in committed.items():
            holders.setdefault(content, []).append(name)
        locks: dict[str, Lock] = {}
        for content, names in holders.items():
            try:
                locks |= dict.fromkeys(names, parse_lock(content, _LOCK))
            except PipelineError as error:
                self._notes.append(f"{', '.join(name[:7] for name in names)}: {error}")
        found = [Revision(n, subject, locks[n]) for n, subject in subjects.items() if n in locks]
        path = self.root / _LOCK
        current = committed.get((git.head(self.root) or "", _LOCK))
        if path.exists() and path.read_bytes() != current:
            found.insert(0, self.workspace)
        return found

    @cached_property
    def workspace(self) -> Revision:
        """The working tree.

        Raises:
            PipelineError: its ``dvc.lock`` is missing or damaged.
        """
        path = self.root / _LOCK
        if not path.exists():
            raise PipelineError(f"{_LOCK} not found. Run `dvc repro` first.")
        return Revision(WORKSPACE, "not committed", parse_lock(path.read_bytes(), _LOCK))

    def revision(self, name: str) -> Revision:
        """A revision by any name that git knows, or ``workspace``.

        Raises:
            PipelineError: git does not know it, or it has no usable ``dvc.lock``.
        """
        if name == WORKSPACE:
            return self.workspace
        full = git.resolve(self.root, name)
        if known := next((r for r in self.revisions if r.name == full), None):
            return known
        content = self.read(full, _LOCK)
        if content is None:
            raise PipelineError(
                f"Revision {name} has no {_LOCK}. Take one after the first `dvc repro`."
            )
        return Revision(full, "", parse_lock(content, f"{_LOCK} of {name}"))

    def read(self, revision: str, path: str) -> bytes | None:
        """A file that git keeps, at a revision or in the working tree; None if it is not there."""
        return self.read_all([(revision, path)]).get((revision, path))

    def read_all(self, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
        """As :meth:`read`, of many: content by (name of the revision, path)."""
        wanted = list(pairs)
        found = git.read_files(self.root, (pair for pair in wanted if pair[0] != WORKSPACE))
        for name, path in wanted:
            if name == WORKSPACE and (self.root / path).is_file():
                found[name, path] = (self.root / path).read_bytes()
        return found

    @cached_property
    def runs(self) -> list[TrackedRun]:
        """Oldest first; none if the store cannot be used, which :attr:`notes` then tells."""
        try:
            return read_runs(self.root)
        except PipelineError as error:
            self._notes.append(str(error))
            return []

    @cached_property
    def versions(self) -> dict[str, DataVersion]:
        """Each data version by its id, those of newer revisions first."""
        found: dict[str, DataVersion] = {}
        for revision in self.revisions:
            version = version_of_lock(revision.lock)
            if version is not None:
                found.setdefault(version.id, version).revisions.append(revision)
        return found

    @cached_property
    def models(self) -> dict[str, TrainedModel]:
        """Every model file that a revision records, by MD5; those of newer revisions first."""
        found: dict[str, TrainedModel] = {}
        for revision in self.revisions:
            for method, stage, file in models_of(revision.lock):
                earlier = found[file.md5].revisions if file.md5 in found else []
                found[file.md5] = TrainedModel(
                    method=method,
                    file=file,
                    stage=stage,
                    lock=revision.lock,
                    splits=self._splits_behind(stage),
                    revisions=[*earlier, revision],
                )
        return found

    @cached_property
    def comparisons(self) -> dict[str, list[Revision]]:
        """The revisions that record a comparison, newest first, by what its run is known by."""
        found: dict[str, list[Revision]] = {}
        for revision in self.revisions:
            if key := comparison_key(revision.lock):
                found.setdefault(key, []).append(revision)
        return found

    def versions_with(self, splits: Mapping[str, str]) -> list[DataVersion]:
        """The data versions that have these very splits, MD5 by name, newest first."""
        return [version for version in self.versions.values() if version.has(splits)]

    def versions_of_run(self, run: TrackedRun) -> list[DataVersion]:
        """The data versions with what a run recorded of its pictures, newest first.

        By its stage, model or comparison; else by the training split that it names. Not by its
        commit, which says nothing of what was not committed, nor of what was made since: of a run
        that recorded nothing else there is none.
        """
        if stage := self._stage_of_run(run):
            return self.versions_with(self._splits_behind(stage))
        return self.versions_with({"train": run.training_data} if run.training_data else {})

    def runs_of_model(self, md5: str) -> list[TrackedRun]:
        """The runs that made a model file, oldest first."""
        return [run for run in self.runs if run.model_md5 == md5]

    def _stage_of_run(self, run: TrackedRun) -> Stage | None:
        """The stage that made what a run recorded, if a ``dvc.lock`` has it."""
        if stage := self._stages.get(run.tags.get("dvc.stage_digest", "")):
            return stage
        if run.model_md5 in self.models:
            return self.models[run.model_md5].stage
        compared = self.comparisons.get(run.tags.get("dvc.content", ""))
        return compared[-1].lock.stages["evaluate"] if compared else None

    @cached_property
    def _stages(self) -> dict[str, Stage]:
        """By digest, over all history."""
        return {s.digest: s for r in self.revisions for s in r.lock.stages.values()}

    @cached_property
    def _makers(self) -> dict[tuple[str, str], list[Stage]]:
        """The stages that made a content, by path and MD5, over all history.

        One a file or folder; of a folder that several stages fill, all of them.
        """
        found: dict[tuple[str, str], list[Stage]] = {}
        for revision in self.revisions:
            lock = revision.lock
            made = [(stage, out) for stage in lock.stages.values() for out in stage.outs.values()]
            found |= {(out.path, out.md5): [stage] for stage, out in made}
            for stage in lock.stages.values():
                for dep in stage.deps.values():
                    if dep.md5.endswith(".dir") and (dep.path, dep.md5) not in found:
                        inside = [(m, out) for m, out in made if overlap(out.path, dep.path)]
                        if any(lock.ran_with(stage, out) for _, out in inside):
                            found[dep.path, dep.md5] = [maker for maker, _ in inside]
        return found

    def _splits_behind(self, stage: Stage) -> dict[str, str]:
        """MD5 of the splits that a stage's outputs follow from.

        Goes by contents and not by names: after a new split without a new training, the same
        ``dvc.lock`` still records the model of the old pictures.
        """
        found: dict[str, str] = {}
        for dep in self._upstream_deps(stage):
            name = split_of(dep.path)
            if name:
                found.setdefault(name, dep.md5)
        return dict(sorted(found.items()))

    def _upstream_deps(self, stage: Stage) -> Iterator[Recorded]:
        waiting, seen = [stage], {stage.digest}
        while waiting:
            for dep in waiting.pop().deps.values():
                yield dep
                for maker in self._makers.get((dep.path, dep.md5), ()):
                    if maker.digest not in seen:
                        seen.add(maker.digest)
                        waiting.append(maker)


def current_stages(lock: Lock, pipeline: Path) -> list[Stage]:
    """Those of a lock that ``dvc.yaml``, if there is one, still has: DVC keeps those of others."""
    if not pipeline.exists():
        return list(lock.stages.values())
    names = stage_names(pipeline.read_bytes(), pipeline.name)
    # The members of a foreach or matrix stage have its name, @ and their own.
    return [stage for name, stage in lock.stages.items() if name.partition("@")[0] in names]


def version_of_lock(lock: Lock) -> DataVersion | None:
    """The data version that a lock records; None if the splits were never made."""
    split = lock.maker(_MANIFEST)
    if split is None or _ARCHIVE not in split.deps:
        return None
    archive = split.deps[_ARCHIVE]
    download = lock.maker(_ARCHIVE)
    # A lock may be half way: downloaded anew, not split yet.
    if download and download.outs[_ARCHIVE].md5 != archive.md5:
        download = None
    params = (download.params if download else {}) | split.params
    return DataVersion(
        archive=archive,
        source=download.outs.get(_SOURCE) if download else None,
        manifest=split.outs[_MANIFEST],
        classes=split.outs.get(_CLASSES),
        splits={name: out for path, out in split.outs.items() if (name := split_of(path))},
        settings={
            key: value
            for key, value in sorted(params.items())
            if key.partition(".")[0] in ("data", "classes", "split")
        },
    )
