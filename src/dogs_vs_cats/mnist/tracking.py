"""One run in MLflow for each net that ``mnist/dvc.lock`` records, and one for their comparison.

They stand in an experiment of their own. As in the comparison of cats and dogs
(:mod:`dogs_vs_cats.tracking.mirror`) a run is known by the content of what it is of, so it is the
same one however often it is restored from the cache.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dogs_vs_cats.mnist.settings import NAMES
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.lineage import Lock, Recorded, read_lock
from dogs_vs_cats.tracking.runs import FROM_FILES, create_run, run_params
from dogs_vs_cats.tracking.store import COMPLETE, Store, only_one, open_store, project_root
from dogs_vs_cats.tracking.trained import csv_rows, json_object, numbers, recorded_file

EXPERIMENT = "mnist"
_COMPARISON = "comparison"


def track(layout: Layout) -> str:
    """Make sure that the store holds these runs, each once; a line that says what it holds now.

    Raises:
        PipelineError: ``dvc.lock`` or a file that it records is missing or another one, or the
            store cannot be used.
    """
    lock, root = read_lock(layout.lock), project_root()
    with only_one(root):
        store = open_store(root, experiment=EXPERIMENT)
        with store.errors_explained():
            new = sum(_net(store, lock, layout, net) for net in NAMES)
            compared = _comparison(store, lock, layout)
    comparison = ", a new comparison" if compared else ""
    return (
        f"MLflow: {len(NAMES)} runs of experiment {EXPERIMENT} up to date ({new} new{comparison})"
        f" in {store.name}; open with: make ui"
    )


def _net(store: Store, lock: Lock, layout: Layout, net: str) -> bool:
    """Bring a net's run up to date; whether it is new."""
    outs = _outs(lock, f"train@{net}")
    model = outs[layout.model(net).as_posix()]
    kept = _kept(store, net, outs)
    run_id = kept.info.run_id if kept else _create(store, net, outs)
    if kept is None:
        reached = json_object(layout.reports / "training" / f"{net}.json")
        timing = json_object(layout.reports / "timings" / f"{net}.json")
        if timing.pop("model_md5", None) == model.md5:  # of this very training
            reached |= timing
        store.log_params(run_id, run_params(net, lock.params(f"train@{net}")))
        store.log_metrics(run_id, _epochs(layout, net) | {0: numbers(reached)})
        from dogs_vs_cats.tracking.logged_model import log_model  # TensorFlow, only if needed

        log_model(store, run_id, recorded_file(model))
    evaluated = _outs(lock, "evaluate")[(layout.reports / "evaluation.json").as_posix()]
    if kept is None or kept.data.tags.get("dvc.evaluation") != evaluated.md5:
        scores = json_object(recorded_file(evaluated))[net]
        store.log_metrics(run_id, {0: _test_metrics(layout, net, scores)})
        store.client.log_dict(run_id, scores, "evaluation.json")
        store.tag(run_id, {"dvc.evaluation": evaluated.md5})
    if kept is None:
        _finish(store, run_id)
    return kept is None


def _comparison(store: Store, lock: Lock, layout: Layout) -> bool:
    """Make sure that a run holds what compares the nets; whether it is new."""
    outs = _outs(lock, "evaluate") | _outs(lock, "report")
    if _kept(store, _COMPARISON, outs):
        return False
    run_id = _create(store, _COMPARISON, outs)
    for path in map(Path, outs):
        if path.is_dir():
            store.client.log_artifacts(run_id, str(path), path.name)
        else:
            store.client.log_artifact(
                run_id, str(path), None if path.suffix == ".html" else "tables"
            )
    _finish(store, run_id)
    return True


def _outs(lock: Lock, stage: str) -> dict[str, Recorded]:
    if stage not in lock.stages:
        raise PipelineError(
            f"mnist/dvc.lock records no stage {stage}. Run `dvc repro mnist/dvc.yaml`."
        )
    return lock.stages[stage].outs


def _content(name: str, outs: Mapping[str, Recorded]) -> dict[str, str]:
    text = " ".join([name, *sorted(f"{path}:{out.md5}" for path, out in outs.items())])
    return {"dvc.content": hashlib.sha256(text.encode()).hexdigest()}


def _kept(store: Store, name: str, outs: Mapping[str, Recorded]) -> Any | None:
    """The complete run of this content, the others of which are deleted."""
    found = store.runs(_content(name, outs))
    kept = next((run for run in found if COMPLETE.items() <= run.data.tags.items()), None)
    for run in found:
        if run is not kept:
            store.delete(run.info.run_id)
    return kept


def _create(store: Store, name: str, outs: Mapping[str, Recorded]) -> str:
    source = {"mlflow.source.name": "pipeline/mnist_track.py"}
    return create_run(store, name, FROM_FILES | _content(name, outs) | source)


def _finish(store: Store, run_id: str) -> None:
    store.client.set_terminated(run_id, "FINISHED")
    store.tag(run_id, COMPLETE)


def _epochs(layout: Layout, net: str) -> dict[int, dict[str, float]]:
    return {
        int(row.pop("epoch")): {name: float(value) for name, value in row.items()}
        for row in csv_rows(layout.reports / "history" / f"{net}.csv")
    }


def _test_metrics(layout: Layout, net: str, scores: Mapping[str, Any]) -> dict[str, float]:
    cost = json.loads((layout.reports / "cost.json").read_text(encoding="utf-8"))[net]
    return {f"test_{name}": value for name, value in numbers(scores).items()} | numbers(cost)
