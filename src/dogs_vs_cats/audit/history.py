"""The project over time: revisions, data versions, trained models and the runs that made them."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dogs_vs_cats.audit import git
from dogs_vs_cats.audit.layout import Layout
from dogs_vs_cats.audit.objects import Objects
from dogs_vs_cats.audit.runs import TrackedRun, read_runs
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.lineage import Lock, Recorded, Stage, parse_lock

WORKSPACE = "workspace"
"""What DVC calls the working tree where it stands beside revisions."""


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
    splits: dict[str, Recorded]
    """By name of the split."""
    settings: dict[str, Any]
    """Sections ``data``, ``classes`` and ``split`` of ``params.yaml``, by dotted name."""
    revisions: list["Revision"] = field(default_factory=list)
    """Those that record it, newest first."""

    @cached_property
    def id(self) -> str:
        """12 hexadecimal digits: equal contents and settings, equal id."""
        contents = (self.archive, self.source, self.manifest, *self.splits.values())
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


class History:
    """All that git, ``dvc.lock`` and MLflow say together.

    What cannot be read (a damaged ``dvc.lock`` of long ago, a store that does not answer) is left
    out and named in :attr:`notes`.
    """

    def __init__(self, root: Path, layout: Layout) -> None:
        """Read the project at ``root``.

        Raises:
            PipelineError: there is no DVC project.
        """
        self.root = root
        self.layout = layout
        self.objects = Objects(root)
        self._notes: list[str] = []

    @property
    def notes(self) -> list[str]:
        """What could not be read, in sentences."""
        failure = self.objects.remote_failure
        return self._notes + ([failure] if failure else [])

    @cached_property
    def revisions(self) -> list[Revision]:
        """Newest first; the working tree leads if its ``dvc.lock`` is not the one checked out."""
        commits = git.commits(self.root)
        files = git.read_files(self.root, ((c.revision, self.layout.lock) for c in commits))
        locks: dict[str, Lock] = {}
        for blob, content in files.contents.items():
            try:
                locks[blob] = parse_lock(content, self.layout.lock)
            except PipelineError as error:
                short = [r[:7] for (r, _), found in files.ids.items() if found == blob]
                self._notes.append(f"{', '.join(short)}: {error}")
        found = [
            Revision(commit.revision, commit.subject, locks[blob])
            for commit in commits
            if (blob := files.ids.get((commit.revision, self.layout.lock), "")) in locks
        ]
        current = git.head(self.root)
        committed = files.get(current, self.layout.lock) if current else None
        path = self.root / self.layout.lock
        if path.exists() and path.read_bytes() != committed:
            found.insert(0, self.workspace)
        return found

    @cached_property
    def workspace(self) -> Revision:
        """The working tree.

        Raises:
            PipelineError: its ``dvc.lock`` is missing or damaged.
        """
        path = self.root / self.layout.lock
        if not path.exists():
            raise PipelineError(f"{self.layout.lock} not found. Run `dvc repro` first.")
        return Revision(WORKSPACE, "not committed", parse_lock(path.read_bytes(), self.layout.lock))

    def revision(self, name: str) -> Revision:
        """A revision by any name that git knows, or ``workspace``.

        Raises:
            PipelineError: git does not know it, or it has no usable ``dvc.lock``.
        """
        if name == WORKSPACE:
            return self.workspace
        full = git.resolve(self.root, name)
        if known := self._by_name.get(full):
            return known
        content = git.read_files(self.root, [(full, self.layout.lock)]).get(full, self.layout.lock)
        if content is None:
            raise PipelineError(
                f"Revision {name} has no {self.layout.lock}. Take one after the first `dvc repro`."
            )
        return Revision(full, "", parse_lock(content, f"{self.layout.lock} of {name}"))

    def read(self, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
        """Files that git keeps, at revisions: content by (name of the revision, path)."""
        wanted = list(pairs)
        files = git.read_files(self.root, (pair for pair in wanted if pair[0] != WORKSPACE))
        found = {pair: files.contents[blob] for pair, blob in files.ids.items()}
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
            version = self.version_of_lock(revision.lock)
            if version is not None:
                found.setdefault(version.id, version).revisions.append(revision)
        return found

    def version_of_lock(self, lock: Lock) -> DataVersion | None:
        """The data version that a lock records; None if the splits were never made."""
        split = lock.maker(self.layout.manifest)
        if split is None or self.layout.archive not in split.deps:
            return None
        archive = split.deps[self.layout.archive]
        download = lock.maker(self.layout.archive)
        # A lock may be half way: downloaded anew, not split yet.
        known = download is not None and download.outs[self.layout.archive].md5 == archive.md5
        params = (download.params if download and known else {}) | split.params
        return DataVersion(
            archive=archive,
            source=download.outs.get(self.layout.source) if download and known else None,
            manifest=split.outs[self.layout.manifest],
            splits={
                name: recorded
                for path, recorded in split.outs.items()
                if (name := self.layout.split_of(path))
            },
            settings={
                key: value
                for key, value in sorted(params.items())
                if key.partition(".")[0] in ("data", "classes", "split")
            },
        )

    @cached_property
    def models(self) -> dict[str, TrainedModel]:
        """Every model file that a revision records, by MD5; those of newer revisions first."""
        found: dict[str, TrainedModel] = {}
        for revision in self.revisions:
            for stage in revision.lock.stages.values():
                for path, file in stage.outs.items():
                    if method := self.layout.method_of(path):
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
    def models_by_version(self) -> dict[str, list[TrainedModel]]:
        """The models that followed from each data version's pictures, by the version's id."""
        found: dict[str, list[TrainedModel]] = {key: [] for key in self.versions}
        for model in self.models.values():
            for version in self.versions_of_model(model):
                found[version.id].append(model)
        return found

    def versions_of_model(self, model: TrainedModel) -> list[DataVersion]:
        """The data versions with the very pictures that a model follows from, newest first."""
        return [
            version
            for version in self.versions.values()
            if model.splits
            and all(
                name in version.splits and version.splits[name].md5 == md5
                for name, md5 in model.splits.items()
            )
        ]

    def versions_of_run(self, run: TrackedRun) -> list[DataVersion]:
        """The data versions that a run used, as far as it can be told, newest first.

        By its model file; else by the training split that the run names; else by its revision.
        """
        if run.model_md5 in self.models:
            return self.versions_of_model(self.models[run.model_md5])
        if run.training_data:
            return [
                version
                for version in self.versions.values()
                if "train" in version.splits and version.splits["train"].md5 == run.training_data
            ]
        revision = run.tags.get("git.revision")
        return [
            version
            for version in self.versions.values()
            if any(r.name == revision for r in version.revisions)
        ]

    def runs_of_model(self, md5: str) -> list[TrackedRun]:
        """The runs that made a model file, oldest first."""
        return [run for run in self.runs if run.model_md5 == md5]

    @cached_property
    def _by_name(self) -> dict[str, Revision]:
        return {revision.name: revision for revision in self.revisions}

    @cached_property
    def _makers(self) -> dict[tuple[str, str], Stage]:
        """The stage that made a content, by path and MD5, over all history."""
        return {
            (path, out.md5): stage
            for revision in self.revisions
            for stage in revision.lock.stages.values()
            for path, out in stage.outs.items()
        }

    def _splits_behind(self, stage: Stage) -> dict[str, str]:
        """MD5 of the splits that a stage's outputs follow from.

        Goes by contents and not by names: after a new split without a new training, the same
        ``dvc.lock`` still records the model of the old pictures.
        """
        found: dict[str, str] = {}
        for dep in self._upstream_deps(stage):
            name = self.layout.split_of(dep.path)
            if name:
                found.setdefault(name, dep.md5)
        return dict(sorted(found.items()))

    def _upstream_deps(self, stage: Stage) -> Iterator[Recorded]:
        waiting, seen = [stage], {stage.digest}
        while waiting:
            for dep in waiting.pop().deps.values():
                yield dep
                maker = self._makers.get((dep.path, dep.md5))
                if maker and maker.digest not in seen:
                    seen.add(maker.digest)
                    waiting.append(maker)
