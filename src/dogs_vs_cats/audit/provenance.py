"""``audit run``: from a run or a model file back to all that made it."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from dogs_vs_cats.audit import git, tables
from dogs_vs_cats.audit.history import WORKSPACE, DataVersion, History, Revision, TrainedModel
from dogs_vs_cats.audit.runs import TrackedRun
from dogs_vs_cats.audit.versions import describe, stored, told_of
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.environment import environment_of, lock_line
from dogs_vs_cats.tracking.lineage import Lock, Recorded, Stage, content_md5, file_md5, overlap
from dogs_vs_cats.tracking.runs import shown

Document = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """What is asked about: a model file, the runs that made it, or a run without one."""

    name: str
    """By which it is found again: the id of a run, else the file's path."""
    model: TrainedModel | None
    """As a ``dvc.lock`` records it, if one does."""
    md5: str | None
    """Of the model file, if there ever was one."""
    runs: list[TrackedRun]
    """Those that made it, oldest first."""
    states: list[Revision]
    """Those that record the model, or the comparison that the run is; newest first."""

    @property
    def run(self) -> TrackedRun | None:
        """The one that tells most: one that finished, and not of files; of several, the oldest."""
        order = sorted(self.runs, key=lambda run: (run.status != "FINISHED", run.is_from_files))
        return next(iter(order), None)

    @property
    def revision(self) -> Revision | None:
        """The oldest of the states; the working tree only if there is no other."""
        committed = [state for state in self.states if state.name != WORKSPACE]
        return next(reversed(committed or self.states), None)

    @property
    def lock(self) -> Lock | None:
        """The oldest that records it."""
        return self.states[-1].lock if self.states else None

    @property
    def stage(self) -> str:
        """The name, in :attr:`lock`, of the stage that made it."""
        return self.model.stage.name if self.model else "evaluate"

    @property
    def stages(self) -> list[Stage]:
        """The one that made it and those before it, as far as a ``dvc.lock`` tells."""
        return self.lock.with_upstream(self.stage) if self.lock else []

    @property
    def is_committed(self) -> bool:
        """Whether a commit records it."""
        return self.revision is not None and self.revision.name != WORKSPACE

    @property
    def restorable(self) -> str | None:
        """The commit to go back to: that of the lock; else that of the run, if it is all in it."""
        if self.revision and self.is_committed:
            return self.revision.name
        return None if self.run is None or self.run.dirty else self.run.trained_at

    @property
    def why_not_restorable(self) -> str:
        """A sentence for when :attr:`restorable` is None."""
        if self.run and self.run.dirty and self.run.trained_at:
            return "Its code, parameters or data had changes that no commit has."
        return "No commit is known that has this state."


def find_subject(history: History, name: str) -> Subject:
    """Find what a user means by a path, a run id or the beginning of one.

    Raises:
        PipelineError: it is neither, or fits several runs, or nobody knows the file.
    """
    path = Path(name)
    if path.is_file():
        md5 = file_md5(path)
        model, runs = history.models.get(md5), history.runs_of_model(md5)
        if model or runs:
            known_by = runs[0].id if runs else name
            return Subject(known_by, model, md5, runs, model.revisions if model else [])
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
    """A run, and the model that it made or the states whose models it compares."""
    model = history.models.get(run.model_md5 or "")
    compared = history.comparisons.get(run.tags.get("dvc.content", ""), [])
    return Subject(run.id, model, run.model_md5, [run], model.revisions if model else compared)


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
        Ready for JSON; what nobody knows for sure is None, and ``notes`` say why. ``model``,
        ``runs``, ``trained_at`` (the code's revision, as MLflow knows it), ``revision`` (whose
        ``dvc.lock`` records the model), ``parameters``, ``data``, ``weights``, ``code``
        (``digest``, ``files`` and ``differs``: files that the revision has otherwise),
        ``environment``, ``metrics``, ``commands`` and ``notes``.
    """
    model, run, revision, lock = subject.model, subject.run, subject.revision, subject.lock
    logged = dict(sorted(run.params.items())) if run else {}
    code = code_files(lock, subject.stages) if lock else {}
    md5s = "".join(f"{recorded.md5}  {path}\n" for path, recorded in code.items())
    differs = _differing(history, revision, code)
    version, doubt = data_of(history, subject)
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
        "parameters": lock.params(subject.stage) if lock else logged,
        "data": version and _told_of(history, version),
        "weights": _weights(subject.stages),
        "code": {
            "digest": hashlib.sha256(md5s.encode()).hexdigest(),
            "files": {path: recorded.md5 for path, recorded in code.items()},
            "differs": differs,
        }
        if lock
        else None,
        "environment": environment(history, run, subject.restorable),
        "metrics": dict(sorted(run.metrics.items())) if run else {},
        "commands": _commands(history, subject, folder),
        "notes": [*_remarks(subject, differs), *doubt, *history.notes],
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


def data_of(history: History, subject: Subject) -> tuple[DataVersion | None, list[str]]:
    """The data that a model or run had; None if it cannot be told for sure, and what to say then.

    Goes by what the run recorded itself, see :meth:`History.versions_of_run`.
    """
    run, model, revision = subject.run, subject.model, subject.revision
    if model:
        found = history.versions_with(model.splits)
    else:
        found = history.versions_of_run(run) if run else []
    # Of several with the same pictures, the one of the revision itself.
    names = [version.id for version in found]
    own = [v for v in found if revision and any(r.name == revision.name for r in v.revisions)]
    if own or len(found) == 1:
        return (own or found)[0], []
    if found:
        return found[0], [
            f"Data versions {', '.join(names)} have the pictures that it recorded, and which of"
            " them it had cannot be told; the newest is shown."
        ]
    return None, [f"Which data it had cannot be told for sure.{_guess(history, run)}"]


def render(document: Document) -> str:
    """What made the model, in blocks."""
    model, data, code = document["model"], document["data"], document["code"]
    trained, revision = document["trained_at"], document["revision"]
    what = [
        ("method", model["method"]),
    ]
    if model["md5"]:
        what.append(("model", f"{model['path'] or 'not in any dvc.lock'}  md5 {model['md5']}"))
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
        "Parameters": [(name, shown(value)) for name, value in document["parameters"].items()],
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
    if subject.restorable is None:
        return []
    restore = f"dogs-vs-cats audit run {quote(subject.name)} --checkout {quote(folder)}"
    # A model that no commit records can only be made again.
    again = f"dvc --cd {quote(str(Path(folder) / git.prefix(history.root)))} repro"
    return [restore] if subject.is_committed else [restore, again]


def _trained_at(run: TrackedRun | None) -> Document | None:
    return {"revision": run.trained_at, "dirty": run.dirty} if run and run.trained_at else None


def _guess(history: History, run: TrackedRun | None) -> str:
    """What the commit of a run's code says about its data, which need not be what it had."""
    if run is None or run.trained_at is None:
        return ""
    at = f"revision {tables.short(run.trained_at)}"
    if run.dirty:
        return f" It recorded no digest of them, and what it had was not all committed in {at}."
    for version in history.versions.values():
        if any(state.name == run.trained_at for state in version.revisions):
            logged = {k: v for k, v in run.params.items() if k in version.settings}
            other = [k for k, v in logged.items() if v != shown(version.settings[k])]
            agree = f"is not it: {tables.some(other)} differ" if other else "may be it"
            return f" The dvc.lock of {at} has data version {version.id}, which {agree}."
    return ""


def _told_of(history: History, version: DataVersion) -> Document:
    return describe(history, version) | {"bytes": stored(history, [version])[version.id]}


def _weights(stages: list[Stage]) -> list[Document]:
    folder = Layout().weights.parent.as_posix()
    found = {path: dep for stage in stages for path, dep in stage.deps.items()}
    return [
        {"path": path, "md5": dep.md5, "bytes": dep.bytes}
        for path, dep in sorted(found.items())
        if Path(path).is_relative_to(folder)
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
    revision, run = subject.revision, subject.run
    if run and run.is_comparison:
        if revision is None:
            remarks.append("No dvc.lock in history records this comparison.")
    elif subject.md5 is None:
        remarks.append("The run made no model file, or has not finished.")
    elif subject.model is None:
        remarks.append(
            "No dvc.lock in history records this model, so its data and code are known only as far"
            " as the run tells. It was an experiment that nobody kept, or its commit is gone."
        )
    if revision and revision.name == WORKSPACE:
        remarks.append(
            "The dvc.lock that records this is not committed: commit it, or the state can only be"
            " made again."
        )
    if differs:
        remarks.append(
            f"The revision has other code than the training read: {tables.some(differs, 5)}."
        )
    if subject.restorable is None:
        remarks.append(f"It cannot be brought back: {subject.why_not_restorable}")
    if run and run.is_from_files and not run.is_comparison:
        remarks.append(
            "`track` made the run from files: the environment is that of the tracking, and where"
            " the training ran is unknown."
        )
    return remarks
