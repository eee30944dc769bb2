"""``audit diff``: what changed between two revisions or runs."""

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from dogs_vs_cats.audit import tables
from dogs_vs_cats.audit.history import DataVersion, History, Revision, models_of, version_of_lock
from dogs_vs_cats.audit.pictures import Changes, compare, from_listings, from_manifest
from dogs_vs_cats.audit.provenance import (
    code_files,
    data_of,
    environment,
    find_run,
    subject_of_run,
)
from dogs_vs_cats.audit.runs import TrackedRun
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.lineage import Lock, Stage
from dogs_vs_cats.tracking.runs import run_params, shown

Document = dict[str, Any]

KINDS = tuple(field.name for field in fields(Changes))
"""What can become of a picture."""
_SHOWN = 10


@dataclass(frozen=True)
class Side:
    """One of the two that are compared."""

    name: str
    """As the user gave it."""
    revision: Revision | None
    run: TrackedRun | None
    version: DataVersion | None
    doubt: list[str]
    """Why the data version is not sure, in sentences."""
    lock: Lock | None
    """The revision's, or that which records the run's model."""
    stages: list[Stage]
    """The run's and those before it, or all of a revision."""
    commit: str | None
    """Where the state is to be found."""


def find_side(history: History, name: str) -> Side:
    """A revision by any name that git knows, ``workspace``, or a run by (the start of) its id.

    Raises:
        PipelineError: it is neither, or the beginning of several ids.
    """
    try:
        revision = history.revision(name)
    except PipelineError as error:
        if run := find_run(history, name):
            subject = subject_of_run(history, run)
            version, doubt = data_of(history, subject)
            stages, commit = subject.stages, subject.restorable
            return Side(name, subject.revision, run, version, doubt, subject.lock, stages, commit)
        raise history.error(f"{error} Nor is it a run in MLflow.") from None
    lock = revision.lock
    stages = list(lock.stages.values())
    return Side(name, revision, None, version_of_lock(lock), [], lock, stages, revision.name)


def difference(history: History, before: Side, after: Side) -> Document:
    """What changed from one to the other.

    Returns:
        Ready for JSON: ``before`` and ``after`` (what each is), ``pictures`` (a list a kind of
        :data:`KINDS`, or None if it cannot be told), ``parameters``, ``code``, ``environment``
        (each a list of ``name``, ``before``, ``after``), ``accuracy`` (a list of ``method``,
        ``test`` and ``validation``, both with ``before`` and ``after``) and ``notes``.
    """
    notes = [f"{side.name}: {sentence}" for side in (before, after) for sentence in side.doubt]
    pictures = _pictures(history, before, after, notes)
    sides = (before, after)
    scores = [_scores(history, side) for side in sides]
    by_method = not all(side.run for side in sides)
    return {
        "before": _what(before),
        "after": _what(after),
        "pictures": pictures and asdict(pictures),
        "parameters": _changed(*(_parameters(side, by_method=by_method) for side in sides)),
        "code": _changed(*(_code(side) for side in sides)),
        "environment": _changed(*(environment(history, side.run, side.commit) for side in sides)),
        "accuracy": [
            {
                "method": method,
                **{
                    kind: {
                        when: found.get(method, {}).get(kind)
                        for when, found in zip(("before", "after"), scores, strict=True)
                    }
                    for kind in ("test", "validation")
                },
            }
            for method in tables.in_order({*scores[0], *scores[1]}, METHODS)
        ],
        "notes": [*notes, *history.notes],
    }


def render(document: Document) -> str:
    """The differences, in blocks; at most ten pictures of each kind."""
    parts = [tables.pairs((when, _head(document[when])) for when in ("before", "after"))]
    pictures = document["pictures"]
    if pictures is not None:
        lines = []
        for kind in filter(pictures.get, KINDS):
            found = pictures[kind]
            lines.append(f"{kind}: {len(found)}")
            lines += [
                f"  {item if isinstance(item, str) else ' -> '.join(dict.fromkeys(item))}"
                for item in found[:_SHOWN]
            ]
            if len(found) > _SHOWN:
                lines.append(f"  and {len(found) - _SHOWN} more (--json lists all)")
        parts.append(tables.section("Pictures", "\n".join(lines) or "the same"))
    for title, key in (("Parameters", "parameters"), ("Environment", "environment")):
        rows = [
            (row["name"], *(value and shown(value) for value in (row["before"], row["after"])))
            for row in document[key]
        ]
        body = tables.table(("name", "before", "after"), rows) if rows else "the same"
        parts.append(tables.section(title, body))
    code = tables.pairs((row["name"], _became(row)) for row in document["code"])
    parts.append(tables.section("Code", code or "the same"))
    accuracy = [
        (
            row["method"],
            *_percents(row["test"]),
            _points(row["test"]),
            *_percents(row["validation"]),
        )
        for row in document["accuracy"]
    ]
    if accuracy:
        headers = ("method", "test before", "after", "change", "validation before", "after")
        parts.append(tables.section("Accuracy", tables.table(headers, accuracy)))
    return tables.text(parts, document["notes"])


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
        notes.append(f"The pictures cannot be compared: those of {unknown} are not known for sure.")
        return None
    if before.version.id == after.version.id:
        return Changes()
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
    if side.run and side.lock is None:
        return dict(side.run.params)
    merged = {key: value for stage in side.stages for key, value in stage.params.items()}
    if side.run and side.run.method in METHODS and not by_method:
        return dict(run_params(side.run.method, merged))
    return dict(sorted(merged.items()))


def _code(side: Side) -> dict[str, str]:
    """MD5 of each file, and the commands that ran them."""
    if side.lock is None:
        return {}
    files = {path: recorded.md5 for path, recorded in code_files(side.lock, side.stages).items()}
    return files | {f"command of {stage.name}": stage.command for stage in side.stages}


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
    if side.run and not side.run.is_comparison:
        names = {"test": "test_accuracy", "validation": "validation_accuracy"}
        metrics = side.run.metrics
        return {side.run.method: {k: metrics[n] for k, n in names.items() if n in metrics}}
    if side.revision is None or side.lock is None:
        return {}
    reports, revision = Layout().reports, side.revision.name
    evaluated = (reports / "evaluation.json").as_posix()
    models = {method: model for method, _, model in models_of(side.lock)}
    trained = {method: (reports / f"training/{method}.json").as_posix() for method in models}
    files = history.read_all((revision, path) for path in (evaluated, *trained.values()))

    def read(path: str) -> Document:
        found: Document = json.loads(files.get((revision, path), b"{}"))
        return found

    evaluate, evaluation = side.lock.maker(evaluated), read(evaluated)
    scores: dict[str, dict[str, float]] = {}
    for method, model in models.items():
        is_of_model = evaluate and side.lock.ran_with(evaluate, model)
        found = {
            "test": evaluation.get(method, {}).get("accuracy") if is_of_model else None,
            "validation": read(trained[method]).get("validation_accuracy"),
        }
        scores[method] = {kind: value for kind, value in found.items() if value is not None}
    return scores


def _became(row: Document) -> str:
    if row["before"] is None:
        return "added"
    return "removed" if row["after"] is None else "changed"


def _percents(pair: Document) -> list[str | None]:
    return [None if value is None else f"{value:.1%}" for value in pair.values()]


def _points(pair: Document) -> str | None:
    if None in pair.values():
        return None
    return f"{100 * (pair['after'] - pair['before']):+.1f} points"
