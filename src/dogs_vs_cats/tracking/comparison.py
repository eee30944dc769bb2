"""The comparison in MLflow: a run of its own, and each method's figures with its run.

The run ``comparison`` is known by the content of what DVC recorded, as the methods' runs are (see
:mod:`dogs_vs_cats.tracking.mirror`), and carries the same tags ``dvc.content`` and
``dvc.tracked``.
"""

import hashlib
import json
import re
from pathlib import Path
from statistics import fmean
from typing import Any

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.evaluation import allowed_name
from dogs_vs_cats.tracking.home import is_lost
from dogs_vs_cats.tracking.lineage import Lock, Recorded
from dogs_vs_cats.tracking.runs import FROM_FILES, create_run, experiment_of
from dogs_vs_cats.tracking.store import COMPLETE, Store
from dogs_vs_cats.tracking.trained import TrainedMethod, csv_rows

RUN_NAME = "comparison"
_STAGES = ("evaluate", "robustness", "visualize")
_OPTIONAL = "compare_bases"
"""Earlier revisions, whose comparisons `audit` still knows, have no such stage."""
_TABLES, _FIGURES = "tables", "figures"
"""Folders of the artifacts."""
_VIEW = "comparison"
"""Key of the view of the run table, in the address that opens it."""
_COLUMNS = (
    "test_accuracy",
    "test_roc_auc",
    "test_log_loss",
    "validation_accuracy",
    "train_accuracy",
    "seconds",
    "trainable_parameters",
)
_PICTURE = re.compile(r"^!\[.*\]\(.*\)\n*", re.MULTILINE)
_PAGES = ("comparison.md", "index.html", "pareto.svg")
"""What the report is made of. It tells times and revisions, so DVC does not record it."""


def mirror_comparison(store: Store, lock: Lock, reports: Path) -> bool:
    """Make sure that the comparison which ``dvc.lock`` records has one run; whether it is new.

    Its artifacts are the tables (``tables/``), the figures that compare (``figures/``) and the
    report; its metrics are the bases' (:func:`base_metrics`); its description is the comparison's
    table. Nothing happens before there is one.

    Raises:
        PipelineError: the figures that ``dvc.lock`` records are not there.
    """
    results = _results(lock)
    if not results:
        return False
    content = {"dvc.content": _key(results)}
    made_by = experiment_of(lock.stages[name] for name in _stages(lock))
    found = store.runs(content)
    whole = (
        run
        for run in found
        if COMPLETE.items() <= run.data.tags.items()
        and not any(is_lost(run.info.artifact_uri, folder) for folder in (_TABLES, _FIGURES))
    )
    kept = next(whole, None)
    for run in found:
        if run is not kept:
            store.delete(run.info.run_id)
    if kept is None:
        _create(store, content | made_by, [out.path for out in results], reports)
    return kept is None


def comparison_key(lock: Lock) -> str | None:
    """What the run of the comparison which a lock records has as ``dvc.content``; None of none."""
    results = _results(lock)
    return _key(results) if results else None


def log_figures(store: Store, run: Any, trained: TrainedMethod) -> bool:
    """Log the figures that are about one method with its run; whether that was needed.

    Raises:
        PipelineError: the figures that ``dvc.lock`` records are not there.
    """
    recorded = trained.figures
    if recorded is None:
        return False
    logged = run.data.tags.get("dvc.figures") == recorded.md5
    if logged and not is_lost(run.info.artifact_uri, _FIGURES):
        return False
    run_id, figures = run.info.run_id, _figures(trained.layout.reports, trained.method)
    for path in figures:
        store.client.log_artifact(run_id, path, _FIGURES)
    store.client.set_tag(run_id, "dvc.figures", recorded.md5)
    return bool(figures) or not logged


def comparison_text(reports: Path) -> str:
    """The comparison's table with its words, in Markdown; empty if there is none.

    Without its pictures: MLflow's descriptions cannot show a run's artifacts.
    """
    page = reports / "comparison.md"
    return _PICTURE.sub("", page.read_text(encoding="utf-8")).rstrip() if page.exists() else ""


def describe_experiment(store: Store, comparison: str) -> None:
    """Put the comparison above MLflow's run table, with links to the table with its results.

    Args:
        store: where.
        comparison: its text, in Markdown; nothing happens without one.
    """
    if not comparison:
        return
    # A view that was shared in MLflow's pages is such a tag: a part of their state, in JSON.
    view = {"selectedColumns": [f"metrics.`{name}`" for name in _COLUMNS]}
    page = (
        f"#/experiments/{store.experiment_id}/runs"
        f"?viewStateShareKey={_VIEW}&workflowType=machine_learning"
    )
    # Folded, the description shows its first line.
    links = f"[Runs with their results]({page}), [as charts]({page}&compareRunsMode=CHART)"
    tags = {
        f"mlflow.sharedViewState.{_VIEW}": json.dumps(view),
        "mlflow.note.content": f"{links}; unfold for the comparison.\n\n{comparison}",
    }
    present = store.client.get_experiment(store.experiment_id).tags
    for name, value in tags.items():
        if present.get(name) != value:
            store.client.set_experiment_tag(store.experiment_id, name, value)


def _results(lock: Lock) -> list[Recorded]:
    """What the stages of the comparison made, sorted; nothing if one of them never ran."""
    outs = [out for name in _stages(lock) for out in lock.stages[name].outs.values()]
    return sorted(outs, key=lambda out: out.path)


def _stages(lock: Lock) -> tuple[str, ...]:
    """Those that make the comparison; nothing if one of them never ran."""
    if any(name not in lock.stages for name in _STAGES):
        return ()
    return (*_STAGES, _OPTIONAL) if _OPTIONAL in lock.stages else _STAGES


def _key(results: list[Recorded]) -> str:
    text = " ".join(f"{out.path}:{out.md5}" for out in results)
    return hashlib.sha256(text.encode()).hexdigest()


def _create(store: Store, tags: dict[str, str], results: list[str], reports: Path) -> None:
    artifacts = [
        *((path, _TABLES) for path in results if Path(path).is_file()),
        *((path, _FIGURES) for path in _figures(reports, None)),
        *((str(reports / name), None) for name in _PAGES if (reports / name).exists()),
    ]
    note = {"mlflow.note.content": comparison_text(reports)}
    run_id = create_run(store, RUN_NAME, FROM_FILES | tags | note)
    for path, folder in artifacts:
        store.client.log_artifact(run_id, path, folder)
    store.log_metrics(run_id, base_metrics(reports))
    store.client.set_terminated(run_id, "FINISHED")
    store.tag(run_id, COMPLETE)


def base_metrics(reports: Path) -> dict[int, dict[str, float]]:
    """What a linear probe makes of each base, as metrics by step.

    Returns:
        At step 0 a base's ``probe_test_accuracy/BASE``, ``probe_validation_accuracy/BASE``,
        ``multiply_adds/BASE`` and ``parameters/BASE``; ``learning_curve/BASE``, the mean test
        accuracy of the draws, at the number of training pictures of each class.
    """
    steps: dict[int, dict[str, float]] = {0: {}}
    for row in _rows(reports / "backbones.csv"):
        base = allowed_name(row["base"])
        steps[0] |= {
            f"probe_test_accuracy/{base}": float(row["accuracy"]),
            f"probe_validation_accuracy/{base}": float(row["validation_accuracy"]),
            f"multiply_adds/{base}": float(row["multiply_adds"]),
            f"parameters/{base}": float(row["parameters"]),
        }
    curves: dict[tuple[str, int], list[float]] = {}
    for row in _rows(reports / "learning_curve.csv"):
        place = allowed_name(row["base"]), int(row["pictures_per_class"])
        curves.setdefault(place, []).append(float(row["accuracy"]))
    for (base, count), accuracies in curves.items():
        steps.setdefault(count, {})[f"learning_curve/{base}"] = fmean(accuracies)
    return steps


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        raise PipelineError(f"{path} is missing. Run `dvc checkout`, or `dvc repro compare_bases`.")
    return csv_rows(path)


def _figures(reports: Path, method: str | None) -> list[str]:
    """The figures that are about a method; those about none of them, if it is None."""
    listing = reports / "figures" / "drawings.json"
    try:
        drawings = json.loads(listing.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(
            f"{listing} is missing. Run `dvc checkout`, or `dvc pull` if that fails."
        ) from None
    found = {drawing["file"]: drawing["method"] for drawing in drawings}
    return [str(listing.with_name(file)) for file, about in found.items() if about == method]
