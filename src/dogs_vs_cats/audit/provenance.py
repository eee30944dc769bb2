"""``audit run``: from a run or a model file back to all that made it."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dogs_vs_cats.audit import tables
from dogs_vs_cats.audit.history import WORKSPACE, History, Revision, TrainedModel
from dogs_vs_cats.audit.runs import TrackedRun
from dogs_vs_cats.audit.versions import describe, stored, told_of
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.environment import environment_of, lock_line
from dogs_vs_cats.tracking.lineage import Lock, Recorded, Stage, content_md5, file_md5, overlap

Document = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """What is asked about: a model file, the runs that made it, or a run without one."""

    model: TrainedModel | None
    """As a ``dvc.lock`` records it, if one does."""
    md5: str | None
    """Of the model file, if there ever was one."""
    runs: list[TrackedRun]
    """Those that made it, oldest first."""

    @property
    def run(self) -> TrackedRun | None:
        """The one that tells most: of several, the oldest that finished."""
        return next((r for r in self.runs if r.status == "FINISHED"), next(iter(self.runs), None))

    @property
    def revision(self) -> Revision | None:
        """The oldest state that records the model; the working tree only if no other does."""
        states = self.model.revisions if self.model else []
        committed = [state for state in states if state.name != WORKSPACE]
        return next(reversed(committed or states), None)

    @property
    def stages(self) -> list[Stage]:
        """The one that made the model and those before it, as far as a ``dvc.lock`` tells."""
        return self.model.lock.with_upstream(self.model.stage.name) if self.model else []

    @property
    def is_committed(self) -> bool:
        """Whether a commit records the model."""
        return self.revision is not None and self.revision.name != WORKSPACE

    @property
    def restorable(self) -> str | None:
        """The commit to go back to: that of the lock, else that of the run."""
        if self.revision and self.is_committed:
            return self.revision.name
        return self.run.tags.get("git.revision") if self.run else None


def find_subject(history: History, name: str) -> Subject:
    """Find what a user means by a path, a run id or the beginning of one.

    Raises:
        PipelineError: it is neither, or fits several runs, or nobody knows the file.
    """
    path = Path(name)
    if path.is_file():
        md5 = file_md5(path)
        subject = Subject(history.models.get(md5), md5, history.runs_of_model(md5))
        if subject.model or subject.runs:
            return subject
        raise history.error(
            f"No run and no dvc.lock in history made {path} (MD5 {md5}). It came from"
            " elsewhere, or the training was never recorded."
        )
    if run := find_run(history, name):
        return subject_of_run(history, run)
    raise history.error(
        f"{name} is neither a file nor a run in MLflow. `dogs-vs-cats audit versions --json`"
        " lists the ids of all runs."
    )


def subject_of_run(history: History, run: TrackedRun) -> Subject:
    """A run, and the model that it made."""
    md5 = run.model_md5
    return Subject(history.models.get(md5) if md5 else None, md5, [run])


def find_run(history: History, name: str) -> TrackedRun | None:
    """The run with this id, or the only one whose id begins so; None if there is none.

    Raises:
        PipelineError: there are several.
    """
    matching = [run for run in history.runs if name and run.id.startswith(name)]
    if len(matching) > 1:
        raise PipelineError(
            f"{name} is the beginning of {len(matching)} runs: "
            + ", ".join(run.id[:12] for run in matching[:5])
            + ". Give more of it."
        )
    return matching[0] if matching else None


def provenance(history: History, subject: Subject, folder: str = "DIR") -> Document:
    """All that made a model or was made by a run.

    Args:
        history: of the project.
        subject: see :func:`find_subject`.
        folder: where the commands bring the state back to.

    Returns:
        Ready for JSON; what nobody knows is None. ``model``, ``runs``, ``trained_at`` (the code's
        revision, as MLflow knows it), ``revision`` (whose ``dvc.lock`` records the model),
        ``parameters``, ``data``, ``weights``, ``code`` (``digest``, ``files`` and ``differs``:
        files that the revision has otherwise), ``environment``, ``metrics``, ``commands`` and
        ``notes``.
    """
    model, run, revision = subject.model, subject.run, subject.revision
    logged = dict(sorted(run.params.items())) if run else {}
    code = code_files(model.lock, subject.stages) if model else {}
    md5s = "".join(f"{recorded.md5}  {path}\n" for path, recorded in code.items())
    differs = _differing(history, revision, code)
    return {
        "model": {
            "method": model.method if model else run and run.method,
            "path": model and model.file.path,
            "md5": subject.md5,
            "bytes": model and model.file.bytes,
        },
        "runs": [
            {
                "run": each.id,
                "name": each.name,
                "status": each.status,
                "origin": each.tags.get("origin"),
                "experiment": each.tags.get("dvc.experiment"),
            }
            for each in subject.runs
        ],
        "trained_at": _trained_at(run),
        "revision": revision and {"revision": revision.name, "subject": revision.subject},
        "parameters": model.lock.params(model.stage.name) if model else logged,
        "data": _data(history, subject),
        "weights": _weights(subject.stages),
        "code": {
            "digest": hashlib.sha256(md5s.encode()).hexdigest(),
            "files": {path: recorded.md5 for path, recorded in code.items()},
            "differs": differs,
        }
        if model
        else None,
        "environment": environment(history, run, subject.restorable),
        "metrics": dict(sorted(run.metrics.items())) if run else {},
        "commands": _commands(history, subject, folder),
        "notes": [*_remarks(subject, differs), *history.notes],
    }


def code_files(lock: Lock, stages: list[Stage]) -> dict[str, Recorded]:
    """The dependencies that no stage makes: code, by path, sorted."""
    made = [path for stage in lock.stages.values() for path in stage.outs]
    deps = {path: recorded for stage in stages for path, recorded in stage.deps.items()}
    return {
        path: recorded
        for path, recorded in sorted(deps.items())
        if not any(overlap(path, out) for out in made)
    }


def environment(history: History, run: TrackedRun | None, revision: str | None) -> Document:
    """Where a training ran and with which packages, as its run tells.

    Returns:
        See :func:`environment_of`. ``lock``, the digest of the locked packages, is that of the
        revision where no run tells it.
    """
    found: Document = dict(environment_of(run.tags)) if run else {}
    path = Layout().requirements.as_posix()
    if "lock" not in found and revision:
        content = history.read(revision, path)
        if content is not None:
            found["lock"] = lock_line(path, hashlib.sha256(content).hexdigest())
    return dict(sorted(found.items()))


def render(document: Document) -> str:
    """What made the model, in blocks."""
    model, data, code = document["model"], document["data"], document["code"]
    trained, revision = document["trained_at"], document["revision"]
    what = [
        ("method", model["method"]),
        ("model", f"{model['path'] or 'not in any dvc.lock'}  md5 {model['md5']}"),
    ]
    for run in document["runs"]:
        experiment = f"  experiment {run['experiment']}" if run["experiment"] else ""
        what.append(("run", f"{run['run']}  {run['status'].lower()}{experiment}"))
    if trained:
        changed = " with changes that were not committed" if trained["dirty"] else ""
        trained = f"{tables.short(trained['revision'])}{changed}"
    if revision:
        revision = f"{tables.short(revision['revision'])}  {revision['subject']}"
    what += [("trained at", trained), ("recorded in", revision)]
    blocks: dict[str, list[tuple[str, Any]]] = {
        "Data": list(told_of(data).items()) if data else [],
        "Made of": [
            *((f"weights {w['path']}", f"md5 {w['md5']}") for w in document["weights"]),
            *([(f"code ({len(code['files'])} files)", f"sha256 {code['digest']}")] if code else []),
        ],
        "Parameters": list(document["parameters"].items()),
        "Environment": list(document["environment"].items()),
        "Metrics": [
            (name, f"{value:.4f}")
            for name, value in document["metrics"].items()
            if re.fullmatch(r"(test|validation)_(accuracy|loss|roc_auc|log_loss)", name)
        ],
    }
    parts = [tables.pairs(what)]
    parts += [tables.section(title, tables.pairs(rows)) for title, rows in blocks.items() if rows]
    if document["commands"]:
        parts.append(tables.section("To bring this state back", "\n".join(document["commands"])))
    return tables.text(parts, document["notes"])


def _commands(history: History, subject: Subject, folder: str) -> list[str]:
    """Commands that bring the state back, to be run from the project root."""
    revision = subject.restorable
    if revision is None:
        return []
    cache = history.objects.cache
    shown = cache.relative_to(history.root) if cache.is_relative_to(history.root) else cache
    restore = "pull" if history.objects.remote else "checkout"
    return [
        f"git clone --no-checkout . {folder}",
        f"git -C {folder} checkout --detach {revision}",
        f'dvc --cd {folder} cache dir --local "$(realpath {shown})"',
        # A model that no commit records can only be made again.
        f"dvc --cd {folder} {restore if subject.is_committed else 'repro'}",
    ]


def _trained_at(run: TrackedRun | None) -> Document | None:
    if run is None or "git.revision" not in run.tags:
        return None
    return {"revision": run.tags["git.revision"], "dirty": run.tags.get("git.dirty") == "true"}


def _data(history: History, subject: Subject) -> Document | None:
    if subject.model:
        found = history.versions_of_model(subject.model)
    else:
        found = history.versions_of_run(subject.run) if subject.run else []
    if not found:
        return None
    # Of several with the same pictures, the one of the revision itself.
    revision = subject.revision
    own = [v for v in found if revision and any(r.name == revision.name for r in v.revisions)]
    version = (own or found)[0]
    return describe(history, version) | {"bytes": stored(history, [version])[version.id]}


def _weights(stages: list[Stage]) -> list[Document]:
    folder = Layout().weights.parent.as_posix()
    found = {path: dep for stage in stages for path, dep in stage.deps.items()}
    return [
        {"path": path, "md5": dep.md5, "bytes": dep.bytes}
        for path, dep in sorted(found.items())
        if path.startswith(f"{folder}/")
    ]


def _differing(
    history: History, revision: Revision | None, code: dict[str, Recorded]
) -> list[str] | None:
    """Code files that the revision has with other bytes than the training read; not folders."""
    if revision is None:
        return None
    paths = [path for path, recorded in code.items() if not recorded.md5.endswith(".dir")]
    files = history.read_all((revision.name, path) for path in paths)
    return [
        path
        for path in paths
        if content_md5(files.get((revision.name, path), b"")) != code[path].md5
    ]


def _remarks(subject: Subject, differs: list[str] | None) -> list[str]:
    remarks = []
    revision, trained = subject.revision, _trained_at(subject.run)
    if subject.md5 is None:
        remarks.append("The run made no model file, or has not finished.")
    elif subject.model is None:
        remarks.append(
            "No dvc.lock in history records this model, so its data and code are known only as far"
            " as the run tells. It was an experiment that nobody kept, or its commit is gone."
        )
    elif revision and revision.name == WORKSPACE:
        remarks.append(
            "The dvc.lock that records this model is not committed: commit it, or the state can"
            " only be trained again."
        )
    if differs:
        remarks.append(
            f"The revision has other code than the training read: {tables.some(differs, 5)}."
        )
    if trained and trained["dirty"] and subject.model is None:
        remarks.append("The code had changes that were not committed.")
    return remarks
