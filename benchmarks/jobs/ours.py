"""The project's own way: its public functions, as the stages call them."""

import importlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.data import CLASSES
from benchmarks.jobs import Measure, Result, timed
from dogs_vs_cats.backbones.networks import build, halves, load_conv_base, release
from dogs_vs_cats.backbones.weights import fill
from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.compute.device import Device, set_up
from dogs_vs_cats.data.reading.pictures import LabelledPictures, list_pictures
from dogs_vs_cats.evaluation.joint_prediction import predict_jointly, predict_split
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.features.frozen_pass import bank_features, bank_views
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.models.head import build_head
from dogs_vs_cats.models.saved import load_whole_model
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import ComputeSettings, Params, base_settings, read_params
from dogs_vs_cats.training.epochs import Source, banked, training_batches
from dogs_vs_cats.training.inputs import augmented_pictures
from dogs_vs_cats.training.loop import OnEpoch
from dogs_vs_cats.training.result import Trained


def start(intra_op_threads: int = 0) -> tuple[Device, Params]:
    """What each stage begins with."""
    params = read_params()
    return set_up(params.compute, 0, intra_op_threads), params


def describe() -> Result:
    """The device and precision that the others run on."""
    device, _ = start()
    gpus = tf.config.list_physical_devices("GPU")
    return {"device": device.name, "precision": device.precision, "gpus": len(gpus)}


def features(root: str, split: str, path: str) -> Measure:
    """From JPEG files to features on disk, as ``pipeline/features.py``."""
    conv_base, params = _frozen(root)
    pictures = list_pictures(Path(split), CLASSES)
    return timed(
        lambda: bank_features(conv_base, params.backbone, pictures, Path(path)),
        len(pictures.paths),
    )


def views(root: str, split: str, path: str, views: int) -> Measure:
    """From JPEG files to augmented views at the base's cut, as ``pipeline/views.py``."""
    conv_base, params = _frozen(root)
    lower, _ = halves(conv_base)
    pictures = list_pictures(Path(split), CLASSES)
    augmentation = params.augmentation.model_copy(update={"views": views})
    return timed(
        lambda: bank_views(lower, params.backbone, augmentation, pictures, Path(path)),
        views * len(pictures.paths),
    )


def _frozen(root: str) -> tuple[Any, Params]:
    _, params = start(intra_op_threads=1)
    return load_conv_base(Layout(Path(root)).weights, params.backbone), params


def base(name: str, split: str, path: str, views: int) -> Measure:
    """Features of pictures through a base such as ``vgg16-150``, or ``views`` of each to its cut.

    The network is made before the first round, as a stage makes it once: ``start_seconds``.
    """
    _, params = start(intra_op_threads=1)
    backbone, pictures = base_settings(name), list_pictures(Path(split), CLASSES)
    network = build(backbone.name, backbone.image_size)
    fill(network)
    if views:
        augmentation = params.augmentation.model_copy(update={"views": views})
        lower, _ = halves(network)

        def run(pictures: LabelledPictures) -> None:
            bank_views(lower, backbone, augmentation, pictures, Path(path))
    else:

        def run(pictures: LabelledPictures) -> None:
            bank_features(network, backbone, pictures, Path(path))

    started = time.perf_counter()
    run(LabelledPictures(pictures.paths[:1], pictures.labels[:1]))
    made = time.perf_counter() - started
    measure = timed(lambda: run(pictures), max(1, views) * len(pictures.paths))

    def in_cpu_time() -> Result:
        used = time.process_time()
        return {**measure(), "cpu_seconds": time.process_time() - used, "start_seconds": made}

    return in_cpu_time


def augmented_input(split: str, batch_size: int) -> Measure:
    """An epoch of augmented batches, as ``augmented_convnet`` reads them.

    The pictures are decoded once, before the first epoch; ``decoding_seconds`` says how long that
    took.
    """
    _, params = start()
    started = time.perf_counter()
    source = _augmented(Path(split), params)
    decoding = time.perf_counter() - started

    def epoch() -> None:
        for inputs, _labels in _epoch_of(source, batch_size):
            inputs.numpy()

    epoch()
    measure = timed(epoch, len(source.labels))
    return lambda: {**measure(), "decoding_seconds": decoding}


def _augmented(split: Path, params: Params) -> Source:
    return augmented_pictures(split, CLASSES, params.backbone.image_size, params.augmentation)


def _epoch_of(source: Source, batch_size: int) -> Any:
    return training_batches(source, 1, batch_size, seed=0).stream(source)


def epoch(method: Method, root: str) -> Measure:
    """Two epochs of a method's training with its validation; the second counts.

    ``setup_seconds`` is what the method does around its epochs: decoding the pictures, passing the
    bank through block 5, building models and graphs.
    """
    _, params = start()
    settings = params.method(method).model_copy(update={"epochs": 2})
    learn = _learner(method, root, params.model_copy(update={method: settings}))

    def measure() -> Result:
        ends: list[float] = []
        started = time.perf_counter()
        learn(lambda *_: ends.append(time.perf_counter()))
        seconds = ends[1] - ends[0]
        return {
            "seconds": seconds,
            "setup_seconds": max(0.0, time.perf_counter() - started - 2 * seconds),
        }

    return measure


def whole_training(method: Method, root: str) -> Measure:
    """A method's training over all epochs of ``params.yaml``, with what it reached."""
    _, params = start()
    learn = _learner(method, root, params)

    def train() -> Result:
        history = learn(lambda *_: None).training.history
        return {"validation_accuracy": max(epoch["val_accuracy"] for epoch in history)}

    return timed(train)


def _learner(method: Method, root: str, params: Params) -> Callable[[OnEpoch], Trained]:
    module = importlib.import_module(f"dogs_vs_cats.methods.{method}")
    return lambda on_epoch: module.learn(Layout(Path(root)), params, on_epoch)


def evaluation(root: str) -> Measure:
    """All saved models on the test pictures, as ``pipeline/evaluate.py`` judges them."""
    layout, params = Layout(Path(root)), read_params()
    set_up(ComputeSettings(precision="float32"), seed=0)

    def judge() -> None:
        models = {method: load_whole_model(layout.model(method)) for method in METHODS}
        predict, size = predict_jointly(models), params.backbone.image_size
        predict_split(predict, layout.splits, "test", CLASSES, size)

    return timed(judge)


def waiting(method: Method, root: str) -> Measure:
    """The share of an epoch in which training waits for its input.

    ``waiting_share`` is the time in ``next(batches)`` over all of the epoch, with input and steps
    at work side by side as in the loop. ``slowdown`` is the epoch's time over that of as many steps
    on one batch in memory; above 1 it also holds what preparing the input takes of the cores.
    """
    layout = Layout(Path(root))
    _, params = start()
    settings, backbone = params.method(method), params.backbone
    if method == "augmented_convnet":
        source = _augmented(layout.splits / "train", params)
        model = build_small_convnet(backbone.image_size, len(CLASSES), settings.dropout)
    elif method in ("feature_extraction", "fine_tuning"):
        banks = layout.features if method == "feature_extraction" else layout.views
        source = banked(*open_bank(banks / "train.npy"))
        conv_base = load_conv_base(layout.weights, backbone)
        model = build_head(conv_base, len(CLASSES), settings.dropout, backbone, params.head)
        if method == "fine_tuning":
            release(conv_base)
            _, upper = halves(conv_base)
            maps = keras.Input(upper.input.shape[1:])
            model = keras.Model(maps, model(upper(maps, training=False)))
    else:
        raise ValueError(f"{method}: not measured")
    model.compile(
        optimizer=keras.optimizers.Adam(1e-5),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
    )
    first, *_ = _epoch_of(source, settings.batch_size)
    model.train_on_batch(*first)

    def measure() -> Result:
        waited, steps = 0.0, 0
        started = time.perf_counter()
        batches = iter(_epoch_of(source, settings.batch_size))
        asked = time.perf_counter()
        for batch in batches:
            waited += time.perf_counter() - asked
            model.train_on_batch(*batch)
            steps += 1
            asked = time.perf_counter()
        ended = time.perf_counter()
        for _ in range(steps):
            model.train_on_batch(*first)
        in_memory = time.perf_counter() - ended
        seconds = ended - started
        return {
            "waiting_share": (waited + ended - asked) / seconds,
            "slowdown": seconds / in_memory,
        }

    measure()
    return measure
