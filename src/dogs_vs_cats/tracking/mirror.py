"""``track``: exactly one run in MLflow for each trained method that ``dvc.lock`` records.

A run is known by the content of its model and history, so it is the same one wherever and however
often they are restored from the cache. What has been logged is remembered in the run's tags:

``dvc.content``     key of the content; written first
``dvc.evaluation``  MD5 of the evaluation whose test metrics the run shows
``dvc.figures``     MD5 of the figures that were logged with the run
``dvc.tracked``     ``complete``; written last
"""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.comparison import (
    comparison_text,
    describe_experiment,
    log_figures,
    mirror_comparison,
)
from dogs_vs_cats.tracking.environment import workspace_id
from dogs_vs_cats.tracking.lineage import Lock, Recorded, Stage, file_md5, read_lock
from dogs_vs_cats.tracking.registry import Candidate, register
from dogs_vs_cats.tracking.runs import run_params, run_tags
from dogs_vs_cats.tracking.store import OvertakenError, Store, only_one, open_store, project_root
from dogs_vs_cats.tracking.timings import training_time

_ORIGIN = "dvc.lock"
_FROM_FILES = (
    "Made by `track` from the files that `dvc.lock` records. The environment is that of"
    " the machine that did so; the training may have run elsewhere."
)
_COMPLETE = "tags.`dvc.tracked` = 'complete'"


@dataclass(frozen=True)
class _Trained:
    """A trained method as ``dvc.lock`` records it."""

    method: Method
    stage: Stage
    model: Recorded
    history: Recorded

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.model.md5} {self.history.md5}".encode()).hexdigest()


def track(layout: Layout) -> str:
    """Make sure that MLflow holds one complete run for each trained method.

    Beside them stand one run for the comparison, and the registered model. What is there already
    is left as it is. Runs of trainings in this workspace that never ended, and repetitions of the
    same content, are deleted (MLflow can restore them).

    Returns:
        A line that says what the store holds now.

    Raises:
        PipelineError: ``dvc.lock`` or a file that it records is missing or another one, or the
            store cannot be used.
    """
    lock = read_lock(layout.lock)
    trained = [result for method in METHODS if (result := _trained(lock, method, layout))]
    root = project_root()
    with only_one(root):
        store = open_store(root)
        with store.errors_explained():
            changes, compared = store.repeated(
                lambda: _bring_up_to_date(store, lock, trained, layout)
            )
    runs = f"{len(trained)} run{'' if len(trained) == 1 else 's'}"
    updated = f", {changes['updated']} updated" if changes["updated"] else ""
    comparison = ", a new comparison" if compared else ""
    look = "open it with a browser" if store.name.startswith("http") else "open with: make ui"
    news = f"{changes['new']} new{updated}{comparison}"
    return f"MLflow: {runs} up to date ({news}) in {store.name}; {look}"


def _bring_up_to_date(
    store: Store, lock: Lock, trained: list[_Trained], layout: Layout
) -> tuple[Counter[str], bool]:
    """What :func:`track` does in the store: changes of runs, and whether a comparison is new."""
    changes: Counter[str] = Counter()
    candidates = []
    for result in trained:
        change, run_id = _mirror(store, lock, result, layout)
        changes[change] += 1
        candidate = _candidate(store, result, run_id)
        candidates.append(candidate)
        if change != "same":
            store.client.set_tag(run_id, "mlflow.note.content", _note(store, candidate))
    comparison = comparison_text(layout.reports)
    register(store, candidates, comparison)
    describe_experiment(store, comparison)
    compared = mirror_comparison(store, lock, layout.reports)
    _tidy(store, trained)
    return changes, compared


def _trained(lock: Lock, method: Method, layout: Layout) -> _Trained | None:
    stage = lock.stages.get(f"train_{method}")
    if stage is None:
        return None
    model_path, history_path = layout.model(method), _history(layout, method)
    try:
        model, history = stage.outs[model_path.as_posix()], stage.outs[history_path.as_posix()]
    except KeyError as error:
        raise PipelineError(
            f"{layout.lock} records no {error.args[0]} of stage {stage.name}. Run `dvc repro`."
        ) from None
    return _Trained(method, stage, model, history)


def _mirror(store: Store, lock: Lock, result: _Trained, layout: Layout) -> tuple[str, str]:
    """Bring one method's run up to date: ``new``, ``updated`` or ``same``, and the run's id."""
    with_key = f"tags.`dvc.content` = '{result.key}'"
    complete = store.runs(f"{with_key} AND {_COMPLETE}")
    change = "same"
    if not complete:
        for recorded in (result.history, result.model):
            _recorded_file(recorded)  # before a run is made that could not be completed
        run_id = _unfinished(store, result) or _create(store, lock, result, layout)
        _fill(store, run_id, lock, result, layout)
        change = "new"
        complete = store.runs(f"{with_key} AND {_COMPLETE}")
    if not complete:
        raise OvertakenError
    # Whoever tracks the same content elsewhere at this moment keeps the same one.
    kept, *others = sorted(complete, key=lambda run: (run.info.start_time, run.info.run_id))
    for other in others:
        store.delete(other.info.run_id)
    updated = [
        _log_evaluation(store, kept, lock, result, layout),
        log_figures(store, kept, lock, result.model, layout.reports),
    ]
    return "updated" if change == "same" and any(updated) else change, kept.info.run_id


def _candidate(store: Store, result: _Trained, run_id: str) -> Candidate:
    models = store.models(run_id)
    if not models:
        raise OvertakenError
    run = store.client.get_run(run_id)
    reached = run.data.metrics
    evidence = (
        f"{result.method}: validation accuracy {reached['validation_accuracy']:.1%} at the best"
        f" epoch, {reached['best_epoch']:.0f}."
    )
    if "test_accuracy" in reached:
        evidence += (
            f" Test accuracy {reached['test_accuracy']:.1%}"
            f" ({reached['test_accuracy_low']:.1%} to {reached['test_accuracy_high']:.1%} with 95 %"
            f" confidence, {reached['test_pictures']:.0f} pictures)."
        )
    return Candidate(
        method=result.method,
        content=result.key,
        run_id=run_id,
        model_id=models[0].model_id,
        validation_accuracy=reached["validation_accuracy"],
        validation_loss=reached["validation_loss"],
        evidence=f"{evidence} Model {result.model.md5}, stage {result.stage.digest} in dvc.lock.",
    )


def _note(store: Store, candidate: Candidate) -> str:
    """The description of a method's run."""
    origin = store.client.get_run(candidate.run_id).data.tags.get("origin")
    return f"{candidate.evidence}\n\n{_FROM_FILES}" if origin == _ORIGIN else candidate.evidence


def _unfinished(store: Store, result: _Trained) -> str | None:
    """The run that this content should go into, if there is one: its training's, best our own."""
    workspace = workspace_id(Path.cwd())
    candidates = store.runs(
        f"tags.`dvc.content` = '{result.key}' AND tags.`dvc.workspace` = '{workspace}'"
    ) or [
        run
        for run in store.runs(
            f"tags.`dvc.model_md5` = '{result.model.md5}' AND tags.method = '{result.method}'"
            " AND attributes.status = 'FINISHED'"
        )
        if "dvc.content" not in run.data.tags
    ]
    candidates.sort(key=lambda run: run.data.tags.get("dvc.workspace") != workspace)
    return str(candidates[0].info.run_id) if candidates else None


def _create(store: Store, lock: Lock, result: _Trained, layout: Layout) -> str:
    """A run made from files: of a training on another machine, in another workspace or time."""
    tags = {
        "origin": _ORIGIN,
        "dvc.content": result.key,
    }
    precision = lock.params(result.stage.name).get("compute.precision", "auto")
    known = {} if precision == "auto" else {"precision": precision}  # auto: as the machine was
    known |= _timings(layout, lock, result.method)
    tags |= {key: str(known[key]) for key in ("device", "precision") if key in known}
    run = store.client.create_run(
        store.experiment_id, run_name=result.method, tags=run_tags(result.method) | tags
    )
    return str(run.info.run_id)


def _fill(store: Store, run_id: str, lock: Lock, result: _Trained, layout: Layout) -> None:
    """Log all that a run lacks. Safe to repeat after it was cut off anywhere."""
    client = store.client
    client.set_tag(run_id, "dvc.content", result.key)
    run = client.get_run(run_id)
    params = run_params(result.method, lock.params(result.stage.name))
    store.log_params(run_id, {k: v for k, v in params.items() if k not in run.data.params})

    last = _last_step(store, run)
    history = Path(result.history.path)
    store.log_metrics(run_id, {step: v for step, v in _epochs(history).items() if step > last})
    reached = _numbers(_json(layout.reports / "training" / f"{result.method}.json"))
    reached |= _numbers(_timings(layout, lock, result.method))
    store.log_metrics(
        run_id, {0: {name: v for name, v in reached.items() if name not in run.data.metrics}}
    )
    client.log_artifact(run_id, str(history), "history")
    _log_training_split(store, run_id, lock, layout)
    _log_model(store, run_id, result)

    for name, value in {
        "dvc.model_md5": result.model.md5,
        "dvc.stage": result.stage.name,
        "dvc.stage_digest": result.stage.digest,
    }.items():
        client.set_tag(run_id, name, value)
    if run.info.status != "FINISHED":
        client.set_terminated(run_id, "FINISHED")
    client.set_tag(run_id, "dvc.tracked", "complete")


def _log_model(store: Store, run_id: str, result: _Trained) -> None:
    models = store.models(run_id)
    whole = [model for model in models if str(model.status) == "READY"]
    for model in models:
        if model not in whole:
            store.client.delete_logged_model(model.model_id)
    if not whole:
        from dogs_vs_cats.tracking.logged_model import log_model  # TensorFlow, only if needed

        log_model(store, run_id, Path(result.model.path))


def _log_training_split(store: Store, run_id: str, lock: Lock, layout: Layout) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    path = (layout.splits / "train").as_posix()
    maker = lock.maker(path)
    if maker is None:
        raise PipelineError(f"{layout.lock} records no {path}. Run `dvc repro`.")
    split = maker.outs[path]
    columns = [{"type": "binary", "name": "picture"}, {"type": "string", "name": "class"}]
    dataset = Dataset(
        name=split.path,
        digest=split.md5,
        source_type="dvc",
        source=json.dumps({"path": split.path, "md5": split.md5}),
        schema=json.dumps({"mlflow_colspec": columns}),
        profile=json.dumps(
            {"pictures": split.files, "bytes": split.bytes, **_class_counts(layout, split)}
        ),
    )
    store.client.log_inputs(
        run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])]
    )


def _log_evaluation(store: Store, run: Any, lock: Lock, result: _Trained, layout: Layout) -> bool:
    """Show the test metrics that ``dvc.lock`` records for this model; whether that was needed."""
    path = (layout.reports / "evaluation.json").as_posix()
    evaluate = lock.maker(path)
    # Whoever trains without evaluating leaves the scores of an older model.
    if evaluate is None or not lock.ran_with(evaluate, result.model):
        return False
    recorded = evaluate.outs[path]
    if run.data.tags.get("dvc.evaluation") == recorded.md5:
        return False
    scores = _json(_recorded_file(recorded)).get(result.method, {})
    metrics = {f"test_{name}": value for name, value in _numbers(scores).items()}
    changed = {name: v for name, v in metrics.items() if run.data.metrics.get(name) != v}
    run_id = run.info.run_id
    if changed:
        # Metrics last: as long as they differ, a tracking that was cut off is repeated.
        store.client.log_dict(run_id, scores, "evaluation.json")
        predictions = layout.reports / "predictions" / f"{result.method}.csv"
        if predictions.exists():
            store.client.log_artifact(run_id, str(predictions), "predictions")
        model = next((m.model_id for m in store.models(run_id)), None)
        store.log_metrics(run_id, {0: changed}, model)
    store.client.set_tag(run_id, "dvc.evaluation", recorded.md5)
    return bool(changed)


def _tidy(store: Store, trained: list[_Trained]) -> None:
    """Delete what was left behind by this workspace's trainings and trackings that were cut off.

    Nothing else of this workspace trains now: DVC lets no stage write what a running one reads.
    """
    ours = f"tags.`dvc.workspace` = '{workspace_id(Path.cwd())}'"
    left = store.runs(f"{ours} AND attributes.status != 'FINISHED'")
    for result in trained:
        same_model = f"tags.`dvc.model_md5` = '{result.model.md5}'"
        left += store.runs(f"{ours} AND {same_model} AND tags.method = '{result.method}'")
    for run in {run.info.run_id: run for run in left}.values():
        if run.data.tags.get("dvc.tracked") != "complete":
            store.delete(run.info.run_id)


def _recorded_file(recorded: Recorded) -> Path:
    """A file, after a check that it is the one in ``dvc.lock``."""
    path = Path(recorded.path)
    if not path.is_file():
        raise PipelineError(f"{path} is missing. Run `dvc checkout`, or `dvc pull` if that fails.")
    if file_md5(path) != recorded.md5:
        raise PipelineError(
            f"{path} is not the file that dvc.lock records. Run `dvc repro` to record it,"
            " or `dvc checkout` or git to restore it."
        )
    return path


def _history(layout: Layout, method: Method) -> Path:
    return layout.reports / "history" / f"{method}.csv"


def _epochs(history: Path) -> dict[int, dict[str, float]]:
    with history.open(newline="", encoding="utf-8") as file:
        return {
            int(row.pop("epoch")): {name: float(value) for name, value in row.items()}
            for row in csv.DictReader(file)
        }


def _last_step(store: Store, run: Any) -> int:
    if "loss" not in run.data.metrics:
        return 0
    return max(metric.step for metric in store.client.get_metric_history(run.info.run_id, "loss"))


def _timings(layout: Layout, lock: Lock, method: Method) -> dict[str, Any]:
    """What is known of how long this very training took, and on what."""
    time = training_time(layout, lock, method)
    if time is None:
        return {}
    known = {
        "device": time.devices[0],
        "precision": time.precision,
        "seconds": time.seconds,
        "seconds_to_model": time.whole,
        "pictures_per_second": time.pictures_per_second,
    }
    return {name: value for name, value in known.items() if value is not None}


def _json(path: Path) -> dict[str, Any]:
    """An object in a file; nothing if there is no file."""
    if not path.exists():
        return {}
    value = json.loads(path.read_text(encoding="utf-8"))
    return value if isinstance(value, dict) else {}


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _class_counts(layout: Layout, split: Recorded) -> dict[str, int]:
    """Pictures of each class, sorted by class; nothing if the manifest is not there."""
    if not layout.manifest.exists():
        return {}
    with layout.manifest.open(newline="", encoding="utf-8") as file:
        counts = Counter(
            row["class"] for row in csv.DictReader(file) if row["split"] == Path(split.path).name
        )
    return dict(sorted(counts.items()))
