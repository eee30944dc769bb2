"""One training on one device, on several replicas and in several processes: one result."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import jpeg

from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.compute.strategy import strategy_of, worker_number
from dogs_vs_cats.data.reading.classes import write_classes
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.yaml_text import dump_yaml, load_yaml
from dogs_vs_cats.settings import ComputeSettings, TrainingSettings
from dogs_vs_cats.training.epochs import banked
from dogs_vs_cats.training.loop import Training, train

ROOT = Path(__file__).parents[2]
SECONDS = 600
WORKERS = 2


def trained(strategy: Any, batch_size: int = 17) -> tuple[Training, list[Any]]:
    """A training with weight decay, moving average and an uneven last batch, and its weights."""
    rng = np.random.default_rng(0)

    def source(count: int) -> Any:
        points = rng.normal(size=(2, count, 8)).astype(np.float16)
        return banked(points, (points[0, :, 0] > 0).astype(np.int32))

    settings = TrainingSettings(
        epochs=3,
        batch_size=batch_size,
        optimizer="adam",
        learning_rate=0.01,
        schedule="cosine",
        weight_decay=0.01,
        label_smoothing=0.1,
        dropout=0.0,
        ema_momentum=0.9,
        class_weight="balanced",
        seed=0,
    )
    keras.utils.set_random_seed(0)
    with strategy.scope():
        inputs = keras.Input((8,))
        hidden = keras.layers.Dense(16, activation="relu")(inputs)
        model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
        return train(model, source(103), source(35), settings), model.get_weights()


def test_one_mirrored_device_trains_what_a_single_one_does() -> None:
    single, weights = trained(strategy_of(ComputeSettings(precision="float32", strategy="single")))
    mirrored, same_weights = trained(tf.distribute.MirroredStrategy(["CPU:0"]))
    # But for rounding: one device's updates are compiled.
    for one, other in zip(single.history, mirrored.history, strict=True):
        assert one == pytest.approx(other, rel=1e-5)
    for one, other in zip(weights, same_weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


# Devices cannot be made after TensorFlow has started, so this runs in a process of its own. Of
# batches of 17 pictures, and a last one of 1, three replicas get unequal shares or none.
REPLICAS = """
import sys
import numpy as np
from dogs_vs_cats.compute.backend import tf

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 3)
from test_replicas import trained

single, weights = trained(tf.distribute.get_strategy())
replicas, same_weights = trained(tf.distribute.MirroredStrategy([f"CPU:{n}" for n in range(3)]))
assert single.best_epoch == replicas.best_epoch
for one, other in zip(weights, same_weights, strict=True):
    np.testing.assert_allclose(one, other, atol=1e-5)
for one, other in zip(single.history, replicas.history, strict=True):
    for name in ("accuracy", "val_accuracy", "val_loss"):
        np.testing.assert_allclose(one[name], other[name], atol=1e-5)
    np.testing.assert_allclose(one["loss"], other["loss"], rtol=0.05)  # weighted by share
"""


def test_replicas_with_unequal_shares_train_what_a_single_device_does() -> None:
    places = [str(Path(__file__).parent), str(ROOT / "tests")]
    process = subprocess.run(
        [sys.executable, "-c", REPLICAS],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places), "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert process.returncode == 0, process.stderr


def test_several_workers_need_a_tf_config(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(PipelineError, match=r"multi_worker, and .*TF_CONFIG is not set"):
        strategy_of(ComputeSettings(precision="float32", strategy="multi_worker"))


def test_without_a_cluster_this_process_writes_the_results() -> None:
    assert worker_number() == 0
    assert worker_number(tf.distribute.MirroredStrategy(["CPU:0"])) == 0


def project(folder: Path, strategy: str) -> Path:
    """What the stage ``train_small_convnet`` reads: 18 and 10 pictures, and parameters."""
    for split, per_class in (("train", 9), ("validation", 5)):
        for index, label in enumerate(("cat", "dog")):
            pictures = folder / "data/splits" / split / label
            pictures.mkdir(parents=True)
            for number in range(per_class):
                picture = jpeg(2 * number + index + 100 * (split == "train"))
                (pictures / f"{label}.{number}.jpg").write_bytes(picture)
    write_classes(folder / "data/classes.json", ("cat", "dog"))
    params = load_yaml((ROOT / "params.yaml").read_bytes())
    params["backbone"]["image_size"] = 48
    params["compute"].update(precision="float32", strategy=strategy)
    params["small_convnet"].update(epochs=3, batch_size=4, learning_rate=0.01)
    (folder / "params.yaml").write_text(dump_yaml(params))
    shutil.copy(ROOT / "dvc.yaml", folder)
    return folder


def start(folder: Path, tf_config: str = "") -> "subprocess.Popen[str]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "DVC_", "TF_"))}
    store = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.Popen(
        [sys.executable, ROOT / "pipeline/train.py", "small_convnet"],
        cwd=folder,
        env={**kept, **store, **({"TF_CONFIG": tf_config} if tf_config else {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ends(processes: list["subprocess.Popen[str]"]) -> list[str]:
    """What each wrote on standard output. None outlives this."""
    try:
        outputs = [process.communicate(timeout=SECONDS) for process in processes]
    finally:
        for process in processes:
            process.kill()
    for process, (_, errors) in zip(processes, outputs, strict=True):
        assert process.returncode == 0, errors
    return [output for output, _ in outputs]


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def tf_configs() -> list[str]:
    """``TF_CONFIG`` of each worker."""
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(WORKERS)]}
    return [
        json.dumps({"cluster": cluster, "task": {"type": "worker", "index": number}})
        for number in range(WORKERS)
    ]


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_two_workers_train_what_one_process_does_and_worker_0_alone_writes(tmp_path: Path) -> None:
    alone = project(tmp_path / "alone", "single")
    places = [project(tmp_path / f"worker{n}", "multi_worker") for n in range(WORKERS)]
    given = files(places[1])
    configs = tf_configs()
    ends([start(alone)])
    _, helper = ends([start(place, c) for place, c in zip(places, configs, strict=True)])

    history = "reports/history/small_convnet.csv"
    np.testing.assert_allclose(
        pd.read_csv(places[0] / history), pd.read_csv(alone / history), atol=1e-5
    )
    one, other = (
        keras.models.load_model(place / "data/models/small_convnet.keras", compile=False)
        for place in (alone, places[0])
    )
    for expected, weights in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(weights, expected, atol=1e-4)
    assert files(places[1]) == given
    assert "Worker 1 has trained its share" in helper
    with sqlite3.connect(places[0] / "mlflow.db") as store:
        assert store.execute("select count(*), min(status) from runs").fetchone() == (1, "FINISHED")


def test_a_worker_says_whom_it_waits_for_and_ctrl_c_ends_the_wait(tmp_path: Path) -> None:
    place = project(tmp_path, "multi_worker")
    given = files(place)
    config, other = tf_configs()
    missing = json.loads(other)["cluster"]["worker"][1]
    worker = start(place, config)
    assert worker.stderr
    try:
        line = next(line for line in worker.stderr if "waits for" in line)
        assert missing in line
        worker.send_signal(signal.SIGINT)
        assert worker.wait(timeout=30) == -signal.SIGINT
    finally:
        worker.kill()
    assert files(place) == given
