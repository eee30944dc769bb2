"""What `evaluate` chose for a model's answers, beside the model in MLflow and on its version."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dogs_vs_cats.evaluation.deciding import Decision
from dogs_vs_cats.project.files import temporary_directory, write_json
from dogs_vs_cats.tracking.office import MODEL_FILE
from dogs_vs_cats.tracking.store import Store
from dogs_vs_cats.tracking.trained import TrainedMethod, json_object, recorded_file

DECISION = "decision"
"""Tag of a logged model and of its version: :func:`decision_told` as JSON."""
_FILE = "decision.json"
"""The same beside the model's file, where the model itself looks."""
_SHOWN = ("temperature", "costs", "confidence", "wanted_accuracy", "threshold")


def decision_told(trained: TrainedMethod) -> dict[str, Any] | None:
    """What was chosen for this very model, without what came of it; None if nothing was.

    Raises:
        PipelineError: the evaluation that ``dvc.lock`` records is missing or another one.
    """
    if trained.evaluation is None:
        return None
    scores = json_object(recorded_file(trained.evaluation)).get(trained.method, {})
    told = scores.get("decision")
    return {name: told[name] for name in _SHOWN} if told else None


def decision_in(tags: Mapping[str, str]) -> Decision | None:
    """What the tags of a version tell."""
    return Decision.of(json.loads(tags[DECISION])) if DECISION in tags else None


def log_decision(store: Store, run_id: str, trained: TrainedMethod) -> bool:
    """Put what was chosen beside the run's model; whether that was needed.

    Raises:
        PipelineError: see :func:`decision_told`.
    """
    told = decision_told(trained)
    model = next(iter(store.models(run_id)), None)
    if told is None or model is None:
        return False
    text = json.dumps(told, ensure_ascii=False)
    if model.tags.get(DECISION) == text:
        return False
    with temporary_directory() as folder:
        write_json(folder / _FILE, told)
        store.client.log_model_artifact(
            model.model_id, str(folder / _FILE), Path(MODEL_FILE).parent.name
        )
    # Last: as long as it differs, a tracking that was cut off is repeated.
    store.client.set_logged_model_tags(model.model_id, {DECISION: text})
    return True
