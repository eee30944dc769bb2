"""The comparison in MLflow: a run of its own, and each method's figures with its run.

The run ``comparison`` is known by the content of what DVC recorded, as the methods' runs are (see
:mod:`dogs_vs_cats.tracking.mirror`), and carries the same tags ``dvc.content`` and
``dvc.tracked``.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.lineage import Lock, Recorded
from dogs_vs_cats.tracking.runs import run_tags
from dogs_vs_cats.tracking.store import Store

RUN_NAME = "comparison"
_STAGES = ("evaluate", "robustness", "visualize")
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
_PAGES = ("comparison.md", "index.html", "convolution.html", "pareto.svg")
"""What the report is made of. It tells times and revisions, so DVC does not record it."""


def mirror_comparison(store: Store, lock: Lock, reports: Path) -> bool:
    """Make sure that the comparison which ``dvc.lock`` records has one run; whether it is new.

    Its artifacts are the tables (``tables/``), the figures that compare (``figures/``) and the
    report; its description is the comparison's table. Nothing happens before there is one.

    Raises:
        PipelineError: the figures that ``dvc.lock`` records are not there.
    """
    results = _results(lock)
    if results is None:
        return False
    content = " ".join(f"{out.path}:{out.md5}" for out in results)
    key = hashlib.sha256(content.encode()).hexdigest()
    with_key = f"tags.`dvc.content` = '{key}'"
    found = store.runs(with_key)
    complete = [run for run in found if run.data.tags.get("dvc.tracked") == "complete"]
    kept = complete[:1]
    for run in found:
        if run not in kept:
            store.delete(run.info.run_id)
    if kept:
        return False
    _create(store, key, results, reports)
    return True


def log_figures(store: Store, run: Any, lock: Lock, model: Recorded, reports: Path) -> bool:
    """Log the figures that are about one method with its run; whether that was needed.

    Args:
        store: where.
        run: the method's run.
        lock: says which models the figures were drawn from.
        model: the run's model.
        reports: the folder with ``figures``.
    """
    figures = (reports / "figures").as_posix()
    visualize = lock.maker(figures)
    # Whoever trains without drawing leaves the figures of an older model.
    if visualize is None or visualize.deps.get(model.path) != model:
        return False
    recorded = visualize.outs[figures]
    if run.data.tags.get("dvc.figures") == recorded.md5:
        return False
    run_id = run.info.run_id
    for file, method in _listing(reports).items():
        if method == run.data.tags.get("method"):
            store.client.log_artifact(run_id, str(reports / "figures" / file), "figures")
    store.client.set_tag(run_id, "dvc.figures", recorded.md5)
    return True


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


def _results(lock: Lock) -> list[Recorded] | None:
    """What the stages of the comparison made, sorted; nothing if one of them never ran."""
    if any(name not in lock.stages for name in _STAGES):
        return None
    outs = [out for name in _STAGES for out in lock.stages[name].outs.values()]
    return sorted(outs, key=lambda out: out.path)


def _create(store: Store, key: str, results: list[Recorded], reports: Path) -> None:
    figures = _listing(reports)
    tags = {
        "origin": "dvc.lock",
        "dvc.content": key,
        "mlflow.note.content": comparison_text(reports),
    }
    run = store.client.create_run(
        store.experiment_id, run_name=RUN_NAME, tags=run_tags(RUN_NAME) | tags
    )
    run_id = run.info.run_id
    for out in results:
        if Path(out.path).is_file():
            store.client.log_artifact(run_id, out.path, "tables")
    for file, method in figures.items():
        if method is None:
            store.client.log_artifact(run_id, str(reports / "figures" / file), "figures")
    for name in _PAGES:
        if (reports / name).exists():
            store.client.log_artifact(run_id, str(reports / name))
    store.client.set_terminated(run_id, "FINISHED")
    store.client.set_tag(run_id, "dvc.tracked", "complete")


def _listing(reports: Path) -> dict[str, str | None]:
    """File of each figure and the method that it is about, if it is about one."""
    path = reports / "figures" / "drawings.json"
    try:
        return {
            drawing["file"]: drawing["method"]
            for drawing in json.loads(path.read_text(encoding="utf-8"))
        }
    except FileNotFoundError:
        raise PipelineError(
            f"{path} is missing. Run `dvc checkout`, or `dvc pull` if that fails."
        ) from None
