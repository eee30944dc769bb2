"""The project's own way: its public functions, as the stages call them."""

import time
from pathlib import Path
from typing import Any

from dogs_vs_cats.params import read_settings
from dogs_vs_cats.training.convnets import augmented_convnet, small_convnet
from dogs_vs_cats.training.trained import Trained, augmented_source, list_training_pictures
from dogs_vs_cats.training.transfer import feature_extraction, fine_tuning, frozen_base

from benchmarks.data import Data
from benchmarks.jobs import Measure, duration, rate
from dogs_vs_cats.backbones.vgg16 import halves, load_conv_base
from dogs_vs_cats.compute.backend import dtype_policy, keras, tf
from dogs_vs_cats.compute.device import Device, set_up
from dogs_vs_cats.data.reading.pictures import list_pictures, picture_batches
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.features.frozen_pass import bank_features, bank_views
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.models.head import build_head
from dogs_vs_cats.models.saved import load_whole_model, predict
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.settings import (
    AugmentationSettings,
    BackboneSettings,
    ClassSettings,
    ComputeSettings,
    TrainingSettings,
)
from dogs_vs_cats.training.epochs import banked, training_batches
from dogs_vs_cats.training.loop import OnEpoch


def start(intra_op_threads: int = 0) -> tuple[Device, BackboneSettings, tuple[str, str]]:
    """What each stage begins with."""
    device = set_up(read_settings("compute", ComputeSettings), 0, intra_op_threads)
    return (
        device,
        read_settings("backbone", BackboneSettings),
        read_settings("classes", ClassSettings).names,
    )


def describe() -> Measure:
    """The device and precision that the others run on."""
    device, _, _ = start()
    gpus = tf.config.list_physical_devices("GPU")
    return lambda: {"device": device.name, "precision": device.precision, "gpus": len(gpus)}


def features(data: dict[str, str], split: str, path: str) -> Measure:
    """From JPEG files to features on disk, as ``pipeline/features.py``."""
    device, backbone, classes = start(intra_op_threads=1)
    with dtype_policy(device.precision):
        conv_base = load_conv_base(Data.read(data).weights, backbone.image_size)
    pictures = list_pictures(Path(split), classes)
    count = len(pictures.paths)
    return rate(lambda: bank_features(conv_base, backbone, pictures, Path(path)), count)


def views(data: dict[str, str], split: str, path: str, views: int) -> Measure:
    """From JPEG files to augmented views through blocks 1 to 4, as ``pipeline/views.py``."""
    device, backbone, classes = start(intra_op_threads=1)
    augmentation = augmentation_settings(views)
    with dtype_policy(device.precision):
        blocks1to4, _ = halves(load_conv_base(Data.read(data).weights, backbone.image_size))
    pictures = list_pictures(Path(split), classes)
    return rate(
        lambda: bank_views(blocks1to4, backbone, augmentation, pictures, Path(path)),
        views * len(pictures.paths),
    )


def augmented_input(split: str, batch_size: int) -> Measure:
    """An epoch of augmented batches, as ``train_augmented_convnet`` reads them.

    The pictures are decoded once, before the first epoch; ``decoding_seconds`` says how long that
    took.
    """
    _, backbone, classes = start()
    started = time.perf_counter()
    source = augmented_source(
        list_pictures(Path(split), classes), backbone, augmentation_settings(0)
    )
    decoding = time.perf_counter() - started

    def epoch() -> None:
        for inputs, _labels in training_batches(source, 1, batch_size, seed=0):
            inputs.numpy()

    epoch()
    measure = rate(epoch, len(source.labels))
    return lambda: {**measure(), "decoding_seconds": decoding}


def epoch(method: Method, data: dict[str, str], scratch: str) -> Measure:
    """Two epochs of a method's training with its validation; the second counts.

    ``setup_seconds`` is what the method does around its epochs: decoding the pictures, passing the
    bank through block 5, building models and graphs.
    """
    paths = Data.read(data)
    start()
    settings = read_settings(method, TrainingSettings).model_copy(update={"epochs": 2})

    def measure() -> dict[str, Any]:
        ends: list[float] = []
        started = time.perf_counter()
        train(method, paths, settings, Path(scratch), lambda *_: ends.append(time.perf_counter()))
        seconds = ends[1] - ends[0]
        return {
            "seconds": seconds,
            "setup_seconds": max(0.0, time.perf_counter() - started - 2 * seconds),
        }

    return measure


def whole_training(method: Method, data: dict[str, str], scratch: str) -> Measure:
    """A method's training over all epochs of ``params.yaml``, with what it reached."""
    paths = Data.read(data)
    start()
    settings = read_settings(method, TrainingSettings)

    def measure() -> dict[str, Any]:
        started = time.perf_counter()
        history = train(method, paths, settings, Path(scratch), lambda *_: None).training.history
        return {
            "seconds": time.perf_counter() - started,
            "validation_accuracy": max(epoch["val_accuracy"] for epoch in history),
        }

    return measure


def train(
    method: Method, data: Data, settings: TrainingSettings, scratch: Path, on_epoch: OnEpoch
) -> Trained:
    """A method's public function with what its stage gives it."""
    backbone = read_settings("backbone", BackboneSettings)
    classes = read_settings("classes", ClassSettings).names
    augmentation = read_settings("augmentation", AugmentationSettings)
    pictures = list_training_pictures(data.splits, classes)
    # frozen_base writes a scratch folder beside its views: not into the project that is read.
    views = scratch / "views"
    if not views.exists():
        views.symlink_to(data.views.resolve())
    match method:
        case "small_convnet":
            return small_convnet(pictures, backbone, settings, on_epoch)
        case "augmented_convnet":
            return augmented_convnet(pictures, backbone, augmentation, settings, on_epoch)
        case "feature_extraction":
            return feature_extraction(data.features, data.weights, backbone, settings, on_epoch)
        case "frozen_base":
            return frozen_base(
                pictures, views, data.weights, backbone, augmentation, settings, on_epoch
            )
        case "fine_tuning":
            trained = data.models / "frozen_base.keras"
            return fine_tuning(pictures, views, trained, backbone, augmentation, settings, on_epoch)


def evaluation(data: dict[str, str]) -> Measure:
    """All saved models on the test pictures, as ``pipeline/evaluate.py`` judges them."""
    paths = Data.read(data)
    set_up(ComputeSettings(precision="float32"), seed=0)
    size = read_settings("backbone", BackboneSettings).image_size
    classes = read_settings("classes", ClassSettings).names
    pictures = list_pictures(paths.splits / "test", classes)

    def judge() -> None:
        for method in METHODS:
            model = load_whole_model(paths.models / f"{method}.keras")
            predict(model, picture_batches(pictures.paths, size, 32))

    return duration(judge)


def waiting(method: Method, data: dict[str, str], scratch: str) -> Measure:
    """The share of an epoch in which training waits for its input.

    ``waiting_share`` is the time in ``next(batches)`` over all of the epoch, with input and steps
    at work side by side as in the loop. ``slowdown`` is the epoch's time over that of as many steps
    on one batch in memory; above 1 it also holds what preparing the input takes of the cores.
    """
    paths = Data.read(data)
    _, backbone, classes = start()
    settings = read_settings(method, TrainingSettings)
    if method == "augmented_convnet":
        model = build_small_convnet(backbone.image_size, settings.dropout)
        pictures = list_pictures(paths.splits / "train", classes)
        source = augmented_source(pictures, backbone, augmentation_settings(0))
    elif method == "feature_extraction":
        source = banked(*open_bank(paths.features / "train.npy"))
        conv_base = load_conv_base(paths.weights, backbone.image_size)
        shape = conv_base.output.shape[1:]
        model = build_head(shape, settings.dropout, backbone.preprocessing)
    elif method == "fine_tuning":
        source = banked(*open_bank(paths.views / "train.npy"))
        _, block5 = halves(load_conv_base(paths.weights, backbone.image_size))
        block5.trainable = True
        shape = block5.output.shape[1:]
        head = build_head(shape, settings.dropout, backbone.preprocessing)
        model = keras.Model(block5.input, head(block5.output))
    else:
        raise ValueError(f"{method}: not measured")
    model.compile(
        optimizer=keras.optimizers.Adam(1e-5),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
    )
    first, *_ = training_batches(source, 1, settings.batch_size, seed=0)
    model.train_on_batch(*first)

    def measure() -> dict[str, Any]:
        waited, steps = 0.0, 0
        started = time.perf_counter()
        batches = iter(training_batches(source, 1, settings.batch_size, seed=0))
        while True:
            asked = time.perf_counter()
            batch = next(batches, None)
            waited += time.perf_counter() - asked
            if batch is None:
                break
            model.train_on_batch(*batch)
            steps += 1
        seconds = time.perf_counter() - started
        started = time.perf_counter()
        for _ in range(steps):
            model.train_on_batch(*first)
        in_memory = time.perf_counter() - started
        return {"waiting_share": waited / seconds, "slowdown": seconds / in_memory}

    measure()
    return measure


def augmentation_settings(views: int) -> AugmentationSettings:
    """Those of ``params.yaml`` with another number of views; 0 augments anew in every epoch."""
    settings = read_settings("augmentation", AugmentationSettings)
    return settings.model_copy(update={"views": views})
