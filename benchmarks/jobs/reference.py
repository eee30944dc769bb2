"""The usual way, written out plainly: Keras' own generators and ``predict``, batch by batch.

Pictures are decoded anew in every epoch by ``ImageDataGenerator.flow_from_directory``, every epoch
passes the whole network, everything is float32 and nothing is deterministic. Settings are the
lecture's, but for VGG16's own preprocessing, so that both ways reach for the same accuracy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.jobs import Measure, Result, timed
from dogs_vs_cats.backbones.networks import load_conv_base
from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.features.bank import labels_path
from dogs_vs_cats.methods import Method
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import BackboneSettings

ImageDataGenerator = tf.keras.preprocessing.image.ImageDataGenerator

SIZE = 150
VGG16 = BackboneSettings(name="vgg16", weights="", preprocessing="imagenet", image_size=SIZE)
FEATURES = (4, 4, 512)
BATCH_SIZE = 20
LEARNING_RATE: dict[Method, float] = {
    "small_convnet": 1e-4,
    "augmented_convnet": 1e-4,
    "feature_extraction": 2e-5,
    "frozen_base": 2e-5,
    "fine_tuning": 1e-5,
}
AUGMENTATION: dict[str, Any] = {
    "rotation_range": 40,
    "width_shift_range": 0.2,
    "height_shift_range": 0.2,
    "shear_range": 0.2,
    "zoom_range": 0.2,
    "horizontal_flip": True,
    "fill_mode": "nearest",
}
TO_UNIT: dict[str, Any] = {"rescale": 1 / 255}
TO_VGG16: dict[str, Any] = {"preprocessing_function": keras.applications.vgg16.preprocess_input}
"""What RGB of 0 to 255 becomes for the convnets, and for VGG16 as it was trained."""


def flow(folder: Path, size: int = SIZE, shuffle: bool = True, **generator: Any) -> Any:
    """Batches of (pictures, labels) from a folder that holds one folder a class."""
    return ImageDataGenerator(**generator).flow_from_directory(
        str(folder),
        target_size=(size, size),
        batch_size=BATCH_SIZE,
        class_mode="binary",
        shuffle=shuffle,
    )


def inputs(method: Method, layout: Layout, banks: Path, split: str) -> tuple[Any, ...]:
    """What ``fit`` and ``evaluate`` are given of a split: features and labels, or a generator.

    Generators augment what is learned from, and keep the order of test pictures.
    """
    if method == "feature_extraction":
        path = banks / f"{split}.npy"
        features = np.load(path).astype(np.float32).reshape(-1, *FEATURES)
        return features, np.load(labels_path(path))
    preprocessing = TO_UNIT if method.endswith("convnet") else TO_VGG16
    augmentation = AUGMENTATION if split == "train" and method != "small_convnet" else {}
    shuffle = split != "test"
    return (flow(layout.splits / split, shuffle=shuffle, **augmentation, **preprocessing),)


@contextmanager
def without_tuner_waits() -> Iterator[None]:
    """Keras' own streams with a fixed buffer, so that the usual way is measured at its best.

    With TensorFlow 2.21, the tuning that Keras asks for lets an epoch wait at its end, now and then
    and for as long as the epoch took (see :func:`dogs_vs_cats.compute.backend.prefetched`).
    """
    prefetch = tf.data.Dataset.prefetch
    options = tf.data.Options()
    options.autotune.enabled = False

    def fixed(stream: Any, buffer_size: int, name: str | None = None) -> Any:
        return prefetch(stream, 2, name).with_options(options)

    with patch.object(tf.data.Dataset, "prefetch", fixed):
        yield


@without_tuner_waits()
def extract(conv_base: Any, folder: Path, path: Path, size: int = SIZE) -> None:
    """Features of all pictures of a folder, batch by batch, and their labels beside them."""
    batches = flow(folder, size, shuffle=False, **TO_VGG16)
    features = np.zeros((batches.samples, *conv_base.output.shape[1:]), np.float32)
    labels = np.zeros(batches.samples, np.int32)
    for index in range(len(batches)):
        pictures, of_batch = batches[index]
        rows = slice(index * BATCH_SIZE, index * BATCH_SIZE + len(pictures))
        features[rows] = conv_base.predict(pictures, verbose=0)
        labels[rows] = of_batch
    np.save(path, features)
    np.save(labels_path(path), labels)


def head(units: int, before: float = 0, after: float = 0) -> list[Any]:
    """A dense layer and the probability, with dropout before the layer or after it."""
    layers = keras.layers
    return [
        layers.Flatten(),
        *([layers.Dropout(before)] if before else []),
        layers.Dense(units, activation="relu"),
        *([layers.Dropout(after)] if after else []),
        # In float32 whatever the policy: bfloat16 rounds probabilities over 0.998 to 1.
        layers.Dense(1, activation="sigmoid", dtype="float32"),
    ]


def build(method: Method, weights: Path) -> Any:
    """A method's model, compiled with the lecture's settings."""
    if method.endswith("convnet"):
        model = keras.Sequential([keras.Input((SIZE, SIZE, 3))])
        for filters in (32, 64, 128, 128):
            model.add(keras.layers.Conv2D(filters, 3, activation="relu"))
            model.add(keras.layers.MaxPooling2D(2))
        for layer in head(512, before=0.5 if method == "augmented_convnet" else 0):
            model.add(layer)
    elif method == "feature_extraction":
        model = keras.Sequential([keras.Input(FEATURES), *head(256, after=0.5)])
    else:
        conv_base = load_conv_base(weights, VGG16)
        if method == "fine_tuning":
            conv_base.trainable = True
            for layer in conv_base.layers:
                layer.trainable = layer.name.startswith("block5")
        model = keras.Sequential([conv_base, *head(256)])
    model.compile(
        optimizer=keras.optimizers.RMSprop(LEARNING_RATE[method]),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    return model


def features(root: str, split: str, path: str, policy: str = "float32") -> Measure:
    """From JPEG files to features on disk."""
    keras.config.set_dtype_policy(policy)
    conv_base = load_conv_base(Layout(Path(root)).weights, VGG16)
    count = flow(Path(split)).samples
    return timed(lambda: extract(conv_base, Path(split), Path(path)), count)


def augmented_input(split: str) -> Measure:
    """An epoch of augmented batches."""
    source = flow(Path(split), **AUGMENTATION, **TO_UNIT)

    def read() -> None:
        for index in range(len(source)):
            source[index]

    return timed(read, source.samples)


def epoch(method: Method, root: str) -> Measure:
    """An epoch of a method's training with its validation, after a few steps to warm up."""
    layout = Layout(Path(root))
    model = build(method, layout.weights)
    train, validation = (
        inputs(method, layout, layout.features, split) for split in ("train", "validation")
    )
    # Keras does not look at the batch size where a generator makes the batches.
    fit = partial(model.fit, *train, batch_size=BATCH_SIZE, validation_data=validation, verbose=0)
    fit(steps_per_epoch=2, validation_steps=1)
    return timed(without_tuner_waits()(fit))


def accuracy(
    method: Method,
    root: str,
    epochs: int,
    scratch: str,
    start: str | None = None,
    policy: str = "float32",
) -> Measure:
    """Each round trains so many epochs more, without validation, and asks the test pictures.

    The weights are left in ``scratch``, named by the method; ``start`` names those of a method of
    the same model to begin with, as the lecture's fine-tuning begins with a trained head.
    """
    keras.config.set_dtype_policy(policy)
    layout, folder = Layout(Path(root)), Path(scratch)
    model = build(method, layout.weights)
    if start:
        model.load_weights(_weights(folder, start))
    if method == "feature_extraction":
        conv_base = load_conv_base(layout.weights, VGG16)
        for split in ("train", "test"):
            extract(conv_base, layout.splits / split, folder / f"{split}.npy")
    train, test = (inputs(method, layout, folder, split) for split in ("train", "test"))

    @without_tuner_waits()
    def measure() -> Result:
        model.fit(*train, batch_size=BATCH_SIZE, epochs=epochs, verbose=0)
        _, found = model.evaluate(*test, verbose=0)
        model.save_weights(_weights(folder, method))
        return {"accuracy": float(found)}

    return measure


def _weights(folder: Path, method: str) -> Path:
    return folder / f"{method}.weights.h5"


def evaluation(method: Method, root: str) -> Measure:
    """A trained model of the method on the test pictures. Weights do not change the time."""
    layout = Layout(Path(root))
    model = build(method, layout.weights)
    pictures = inputs(method, layout, layout.features, "test")
    return timed(without_tuner_waits()(lambda: model.evaluate(*pictures, verbose=0)))
