"""The evaluation in a method's run: test metrics, and what they say for its model."""

import re
from collections.abc import Mapping
from typing import Any

from dogs_vs_cats.evaluation.confusion import Confusion, class_accuracy
from dogs_vs_cats.tracking.home import is_lost
from dogs_vs_cats.tracking.pictures import MOST_NAMED
from dogs_vs_cats.tracking.store import Store
from dogs_vs_cats.tracking.trained import TrainedMethod, json_object, numbers, recorded_file

_FILE = "evaluation.json"
_NOT_ALLOWED = re.compile(r"[^\w.\- ]")
"""What the name of a metric cannot hold in MLflow, or would make a path of it."""
_LONGEST_NAME = 200
"""Characters of a class that stand in a metric's name, which MLflow limits to 250."""


def log_evaluation(store: Store, run: Any, trained: TrainedMethod) -> bool:
    """Show the test metrics that ``dvc.lock`` records for this model; whether that was needed.

    Raises:
        PipelineError: the evaluation that ``dvc.lock`` records is missing or another one.
    """
    recorded = trained.evaluation
    if recorded is None:
        return False
    lost = "test_accuracy" in run.data.metrics and is_lost(run.info.artifact_uri, _FILE)
    if run.data.tags.get("dvc.evaluation") == recorded.md5 and not lost:
        return False
    scores = json_object(recorded_file(recorded)).get(trained.method, {})
    metrics = {f"test_{name}": value for name, value in numbers(scores).items()}
    metrics |= _class_accuracies(scores.get("confusion", {}))
    changed = {name: v for name, v in metrics.items() if run.data.metrics.get(name) != v}
    run_id = run.info.run_id
    if changed or lost:
        # Metrics last: as long as they differ, a tracking that was cut off is repeated.
        store.client.log_dict(run_id, scores, _FILE)
        predictions = trained.layout.reports / "predictions" / f"{trained.method}.csv"
        if predictions.exists():
            store.client.log_artifact(run_id, str(predictions), "predictions")
        card = trained.layout.reports / "cards" / f"{trained.method}.md"
        if card.exists():
            store.client.log_artifact(run_id, str(card), "card")
        model = next((m.model_id for m in store.models(run_id)), None)
        store.log_metrics(run_id, {0: changed}, model)
    store.client.set_tag(run_id, "dvc.evaluation", recorded.md5)
    return bool(changed) or lost


def _class_accuracies(confusion: Confusion) -> dict[str, float]:
    """``test_class_accuracy/CLASS`` of each class: the share of its pictures that is taken for it.

    Nothing where there are more than ``MOST_NAMED``. What MLflow allows in no name becomes ``_``;
    where that makes two names one, the class's number tells them apart.
    """
    if len(confusion) > MOST_NAMED:
        return {}
    accuracies: dict[str, float] = {}
    for number, name in enumerate(confusion):
        key = f"test_class_accuracy/{allowed_name(name)}"
        if key in accuracies:
            key = f"{key} {number}"
        accuracies[key] = class_accuracy(confusion, name)
    return accuracies


def allowed_name(name: str) -> str:
    """A name as a part of a metric's, without what MLflow allows in none."""
    return _NOT_ALLOWED.sub("_", name)[:_LONGEST_NAME]


def evidence(trained: TrainedMethod, reached: Mapping[str, float]) -> str:
    """What the metrics of a method's run say for its model, in Markdown."""
    text = (
        f"{trained.method}: validation accuracy {reached['validation_accuracy']:.1%} at the best"
        f" epoch, {reached['best_epoch']:.0f}."
    )
    if "test_accuracy" in reached:
        text += (
            f" Test accuracy {reached['test_accuracy']:.1%}"
            f" ({reached['test_accuracy_low']:.1%} to {reached['test_accuracy_high']:.1%} with 95 %"
            f" confidence, {reached['test_pictures']:.0f} pictures)."
        )
    return f"{text} Model {trained.model.md5}, stage {trained.stage.digest} in dvc.lock."
