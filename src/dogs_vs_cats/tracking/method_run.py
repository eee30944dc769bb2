"""A trained method's run in MLflow: adopted from its training or made from files, and complete."""

import json
from pathlib import Path
from typing import Any, Literal

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.comparison import log_figures
from dogs_vs_cats.tracking.decision import log_decision
from dogs_vs_cats.tracking.environment import workspace_id
from dogs_vs_cats.tracking.evaluation import log_evaluation
from dogs_vs_cats.tracking.home import is_lost
from dogs_vs_cats.tracking.lineage import Lock
from dogs_vs_cats.tracking.office import MODEL_FILE
from dogs_vs_cats.tracking.pictures import MOST_NAMED, counts, picture_params
from dogs_vs_cats.tracking.runs import FROM_FILES, create_run, run_params
from dogs_vs_cats.tracking.store import COMPLETE, OvertakenError, Store
from dogs_vs_cats.tracking.trained import (
    TrainedMethod,
    json_object,
    numbers,
    recorded_file,
)

Change = Literal["new", "updated", "same"]


def mirror_method(store: Store, lock: Lock, trained: TrainedMethod) -> tuple[Change, str]:
    """Bring one method's run up to date: what that took, and the run's id.

    Raises:
        PipelineError: a file that ``dvc.lock`` records is missing or another one.
    """
    content = {"dvc.content": trained.content}
    found = store.runs(content | COMPLETE)
    is_new = not found
    if is_new:
        for recorded in (trained.history, trained.model):
            recorded_file(recorded)  # before a run is made that could not be completed
        _fill(store, _unfinished(store, trained) or _create(store, trained), lock, trained)
        found = store.runs(content | COMPLETE)
    if not found:
        raise OvertakenError(store.name)
    # Whoever tracks the same content elsewhere at this moment keeps the same one.
    kept, *others = found
    for other in others:
        store.delete(other.info.run_id)
    updated = [
        _bring_files_back(store, kept, lock, trained),
        log_evaluation(store, kept, trained),
        log_decision(store, kept.info.run_id, trained),
        log_figures(store, kept, trained),
    ]
    return "new" if is_new else "updated" if any(updated) else "same", kept.info.run_id


def _bring_files_back(store: Store, run: Any, lock: Lock, trained: TrainedMethod) -> bool:
    """Log again what a complete run has lost of its files; whether that was needed."""
    models = store.models(run.info.run_id)
    lost = is_lost(run.info.artifact_uri, "history") or not any(map(_is_whole, models))
    if lost:
        for recorded in (trained.history, trained.model):
            recorded_file(recorded)
        _fill(store, run.info.run_id, lock, trained)
    return lost


def _is_whole(model: Any) -> bool:
    """Whether a logged model was finished and its file is still there."""
    return str(model.status) == "READY" and not is_lost(model.artifact_location, MODEL_FILE)


def _unfinished(store: Store, trained: TrainedMethod) -> str | None:
    """The run that this content should go into, if there is one: its training's, best our own."""
    workspace = {"dvc.workspace": workspace_id(Path.cwd())}
    same_model = {"dvc.model_md5": trained.model.md5, "method": trained.method}
    found = store.runs({"dvc.content": trained.content} | workspace) or [
        run
        for run in store.runs(same_model, "attributes.status = 'FINISHED'")
        if "dvc.content" not in run.data.tags
    ]
    found.sort(key=lambda run: not workspace.items() <= run.data.tags.items())
    return str(found[0].info.run_id) if found else None


def _create(store: Store, trained: TrainedMethod) -> str:
    """A run made from files: of a training on another machine, in another workspace or time."""
    known: dict[str, Any] = {
        "precision": trained.params.get("compute.precision", "auto")
    } | trained.timings
    if known["precision"] == "auto":  # as the machine was
        del known["precision"]
    # Of no experiment: files do not tell whether the one that runs now trained them.
    tags = FROM_FILES | {"dvc.content": trained.content}
    tags |= {str(k): str(v) for k, v in known.items() if k in ("device", "precision")}
    return create_run(store, trained.method, tags)


def _fill(store: Store, run_id: str, lock: Lock, trained: TrainedMethod) -> None:
    """Log all that a run lacks. Safe to repeat after it was cut off anywhere."""
    client = store.client
    client.set_tag(run_id, "dvc.content", trained.content)
    run = client.get_run(run_id)
    params = run_params(trained.method, trained.params)
    params |= picture_params(trained.layout.manifest)
    store.log_params(run_id, {k: v for k, v in params.items() if k not in run.data.params})

    logged = client.get_metric_history(run_id, "loss") if "loss" in run.data.metrics else []
    last = max((metric.step for metric in logged), default=0)
    store.log_metrics(run_id, {step: v for step, v in trained.epochs.items() if step > last})
    reached = json_object(trained.layout.reports / "training" / f"{trained.method}.json")
    reached = numbers(reached | trained.timings)
    store.log_metrics(run_id, {0: {k: v for k, v in reached.items() if k not in run.data.metrics}})
    client.log_artifact(run_id, trained.history.path, "history")
    _log_training_split(store, run_id, lock, trained)
    _log_model(store, run_id, Path(trained.model.path))

    if run.info.status != "FINISHED":
        client.set_terminated(run_id, "FINISHED")
    store.tag(
        run_id,
        {
            "dvc.model_md5": trained.model.md5,
            "dvc.stage": trained.stage.name,
            "dvc.stage_digest": trained.stage.digest,
            **_weights_origin(trained),
            **COMPLETE,
        },
    )


def _weights_origin(trained: TrainedMethod) -> dict[str, str]:
    """Where the weights of the method's base came from, and their digest; of no base nothing."""
    origin = json_object(trained.layout.weights_origin)
    if not origin or origin["name"] != trained.params.get("backbone.name"):
        return {}
    return {"weights.origin": origin["origin"], "weights.digest": origin["digest"]}


def _log_model(store: Store, run_id: str, path: Path) -> None:
    models = store.models(run_id)
    cut_off = [model for model in models if not _is_whole(model)]
    for model in cut_off:
        store.client.delete_logged_model(model.model_id)
    if models == cut_off:
        from dogs_vs_cats.tracking.logged_model import log_model  # TensorFlow, only if needed

        log_model(store, run_id, path)


def _log_training_split(store: Store, run_id: str, lock: Lock, trained: TrainedMethod) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    layout = trained.layout
    path = (layout.splits / "train").as_posix()
    maker = lock.maker(path)
    if maker is None:
        raise PipelineError(f"{layout.lock} records no {path}. Run `dvc repro`.")
    split = maker.outs[path]
    classes = counts(layout.manifest)["train"]
    profile = {
        "pictures": split.files,
        "bytes": split.bytes,
        "classes": classes if len(classes) <= MOST_NAMED else len(classes),
    }
    columns = [{"type": "binary", "name": "picture"}, {"type": "string", "name": "class"}]
    dataset = Dataset(
        name=path,
        digest=split.md5,
        source_type="dvc",
        source=json.dumps({"path": path, "md5": split.md5}),
        schema=json.dumps({"mlflow_colspec": columns}),
        profile=json.dumps(profile),
    )
    tag = InputTag("mlflow.data.context", "training")
    store.client.log_inputs(run_id, [DatasetInput(dataset, [tag])])
