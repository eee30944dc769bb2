"""``audit diff``: what changed between two revisions or runs."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from dogs_vs_cats.audit import tables
from dogs_vs_cats.audit.history import DataVersion, History, Revision, TrainedModel
from dogs_vs_cats.audit.pictures import Changes, compare, from_listings, from_manifest
from dogs_vs_cats.audit.provenance import (
    AmbiguousRunError,
    Subject,
    code_files,
    environment,
    find_run,
    parameters,
    restorable,
)
from dogs_vs_cats.audit.runs import TrackedRun
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.lineage import Lock, Stage
from dogs_vs_cats.tracking.runs import run_params

Document = dict[str, Any]

KINDS = ("added", "removed", "moved", "relabelled", "renamed", "changed")
"""What can become of a picture (:class:`dogs_vs_cats.audit.pictures.Changes`)."""
_SHOWN = 10


@dataclass(frozen=True)
class Side:
    """One of the two that are compared."""

    name: str
    """As the user gave it."""
    revision: Revision | None
    run: TrackedRun | None
    model: TrainedModel | None
    """The run's, if a ``dvc.lock`` records it."""
    version: DataVersion | None

    @property
    def lock(self) -> Lock | None:
        if self.run:
            return self.model.lock if self.model else None
        return self.revision.lock if self.revision else None

    @property
    def stages(self) -> list[Stage]:
        """The run's and those before it, or all of a revision."""
        if self.model:
            return self.model.lock.with_upstream(self.model.stage.name)
        return list(self.lock.stages.values()) if self.lock else []


def find_side(history: History, name: str) -> Side:
    """A revision by any name that git knows, ``workspace``, or a run by (the start of) its id.

    Raises:
        PipelineError: it is neither, or the beginning of several ids.
    """
    try:
        revision = history.revision(name)
    except PipelineError as not_a_revision:
        try:
            return _of_run(history, name, find_run(history, name))
        except AmbiguousRunError:
            raise
        except PipelineError:
            notes = "".join(f"\n{note}" for note in history.notes)
            raise PipelineError(f"{not_a_revision} Nor is it a run in MLflow.{notes}") from None
    return Side(name, revision, None, None, history.version_of_lock(revision.lock))


def difference(history: History, before: Side, after: Side) -> Document:
    """What changed from one to the other.

    Returns:
        Ready for JSON: ``before`` and ``after`` (what each is), ``pictures`` (a list a kind of
        :data:`KINDS`, or None if it cannot be told), ``parameters``, ``code``, ``environment``
        (each a list of ``name``, ``before``, ``after``), ``accuracy`` (a list of ``method``,
        ``test`` and ``validation``, both with ``before`` and ``after``) and ``notes``.
    """
    notes: list[str] = []
    pictures = _pictures(history, before, after, notes)
    scores = _scores(history, before), _scores(history, after)
    runs = before.run is not None and after.run is not None
    return {
        "before": _what(before),
        "after": _what(after),
        "pictures": pictures and asdict(pictures),
        "parameters": _changed(
            *(_parameters(side, by_method=not runs) for side in (before, after))
        ),
        "code": _changed(*(_code(side) for side in (before, after))),
        "environment": _changed(
            *(environment(history, side.run, _commit(side)) for side in (before, after))
        ),
        "accuracy": [
            {
                "method": method,
                **{
                    kind: {
                        "before": scores[0].get(method, {}).get(kind),
                        "after": scores[1].get(method, {}).get(kind),
                    }
                    for kind in ("test", "validation")
                },
            }
            for method in _ordered({*scores[0], *scores[1]})
        ],
        "notes": [*notes, *history.notes],
    }


def render(document: Document) -> str:
    """The differences, in blocks; at most ten pictures of each kind."""
    before, after = document["before"], document["after"]
    heads = [("before", _head(before)), ("after", _head(after))]
    parts = [tables.pairs(heads)]
    pictures = document["pictures"]
    if pictures is not None:
        lines = []
        for kind in KINDS:
            if found := pictures[kind]:
                lines.append(f"{kind}: {len(found)}")
                lines += [
                    f"  {item if isinstance(item, str) else ' -> '.join(dict.fromkeys(item))}"
                    for item in found[:_SHOWN]
                ]
                if len(found) > _SHOWN:
                    lines.append(f"  and {len(found) - _SHOWN} more (--json lists all)")
        parts.append(tables.section("Pictures", "\n".join(lines) or "the same"))
    for title, key in (("Parameters", "parameters"), ("Environment", "environment")):
        rows = [(row["name"], row["before"], row["after"]) for row in document[key]]
        body = tables.table(("name", "before", "after"), rows) if rows else "the same"
        parts.append(tables.section(title, body))
    code = [
        (
            row["name"],
            "added" if row["before"] is None else "removed" if row["after"] is None else "changed",
        )
        for row in document["code"]
    ]
    parts.append(tables.section("Code", tables.pairs(code) if code else "the same"))
    if document["accuracy"]:
        parts.append(
            tables.section(
                "Accuracy",
                tables.table(
                    ("method", "test before", "after", "change", "validation before", "after"),
                    [
                        (
                            row["method"],
                            *_percents(row["test"]),
                            _points(row["test"]),
                            *_percents(row["validation"]),
                        )
                        for row in document["accuracy"]
                    ],
                ),
            )
        )
    return "\n".join([*parts, *tables.notes(document["notes"])])


def _of_run(history: History, name: str, run: TrackedRun) -> Side:
    model = history.models.get(run.model_md5) if run.model_md5 else None
    subject = Subject(model, run.model_md5, [run])
    versions = history.versions_of_run(run)
    return Side(name, subject.revision, run, model, versions[0] if versions else None)


def _what(side: Side) -> Document:
    return {
        "name": side.name,
        "revision": side.revision and side.revision.name,
        "subject": side.revision and side.revision.subject,
        "run": side.run and side.run.id,
        "method": side.run and side.run.method,
        "version": side.version and side.version.id,
    }


def _head(what: Document) -> str:
    run = f"run {tables.short(what['run'])} ({what['method']}), " if what["run"] else ""
    revision = f"revision {tables.short(what['revision'])}, " if what["revision"] else ""
    return f"{run}{revision}data {what['version'] or 'unknown'}"


def _pictures(history: History, before: Side, after: Side, notes: list[str]) -> Changes | None:
    if before.version is None or after.version is None:
        unknown = before.name if before.version is None else after.name
        notes.append(f"The pictures cannot be compared: nobody knows those of {unknown}.")
        return None
    if before.version.id == after.version.id:
        return Changes([], [], [], [], [], [])
    for read in (from_manifest, from_listings):
        old, new = read(history.objects, before.version), read(history.objects, after.version)
        if old is not None and new is not None:
            return compare(old, new)
    notes.append(
        "The pictures cannot be compared: manifest and listings of one of the data versions are"
        " lost."
    )
    return None


def _parameters(side: Side, *, by_method: bool) -> Document:
    """By dotted name; a run's own without the method's name, unless ``by_method``."""
    if side.run and side.model is None:
        return dict(side.run.params)
    if side.run and not by_method and side.run.method in METHODS:
        method: Method = side.run.method
        return dict(run_params(method, parameters(Subject(side.model, None, []))))
    merged = {key: value for stage in side.stages for key, value in stage.params.items()}
    return dict(sorted(merged.items()))


def _code(side: Side) -> dict[str, str]:
    """MD5 of each file, and the commands that ran them."""
    if side.lock is None:
        return {}
    files = {path: recorded.md5 for path, recorded in code_files(side.lock, side.stages).items()}
    return files | {f"command of {stage.name}": stage.command for stage in side.stages}


def _commit(side: Side) -> str | None:
    if side.run:
        return restorable(Subject(side.model, side.run.model_md5, [side.run]))
    return side.revision.name if side.revision else None


def _changed(before: Document, after: Document) -> list[Document]:
    return [
        {"name": name, "before": before.get(name), "after": after.get(name)}
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _scores(history: History, side: Side) -> dict[str, dict[str, float]]:
    """Accuracies by method: of a run, those it logged; of a revision, those in its reports.

    A test accuracy counts only for the model that was evaluated: a training that no evaluation
    followed leaves the one before in place.
    """
    if side.run:
        names = {"test": "test_accuracy", "validation": "validation_accuracy"}
        metrics = side.run.metrics
        return {side.run.method: {k: metrics[n] for k, n in names.items() if n in metrics}}
    if side.revision is None or side.lock is None:
        return {}
    layout = history.layout
    models = {
        method: model
        for stage in side.lock.stages.values()
        for path, model in stage.outs.items()
        if (method := layout.method_of(path))
    }
    paths = {method: f"{layout.training}/{method}.json" for method in models}
    evaluate = side.lock.maker(layout.evaluation)
    evaluated = evaluate.deps if evaluate else {}
    files = history.read((side.revision.name, p) for p in (layout.evaluation, *paths.values()))
    evaluation = json.loads(files.get((side.revision.name, layout.evaluation), b"{}"))
    scores: dict[str, dict[str, float]] = {}
    for method, path in paths.items():
        training = json.loads(files.get((side.revision.name, path), b"{}"))
        is_of_model = evaluated.get(models[method].path) == models[method]
        found = {
            "test": evaluation.get(method, {}).get("accuracy") if is_of_model else None,
            "validation": training.get("validation_accuracy"),
        }
        scores[method] = {kind: value for kind, value in found.items() if value is not None}
    return scores


def _ordered(methods: set[str]) -> list[str]:
    known = [method for method in METHODS if method in methods]
    return known + sorted(methods.difference(known))


def _percents(pair: Document) -> list[str | None]:
    return [None if value is None else f"{value:.1%}" for value in pair.values()]


def _points(pair: Document) -> str | None:
    if None in pair.values():
        return None
    return f"{100 * (pair['after'] - pair['before']):+.1f} points"
