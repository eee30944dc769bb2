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

from benchmarks.data import Data
from benchmarks.jobs import Measure, duration, rate
from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.methods import Method

ImageDataGenerator = tf.keras.preprocessing.image.ImageDataGenerator

SIZE = 150
BATCH_SIZE = 20
LEARNING_RATE: dict[Method, float] = {
    "small_convnet": 1e-4,
    "augmented_convnet": 1e-4,
    "feature_extraction": 2e-5,
    "frozen_base": 2e-5,
    "fine_tuning": 1e-5,
}


def vgg16_input(picture: Any) -> Any:
    """RGB of 0 to 255 to what VGG16 was trained on."""
    return keras.applications.vgg16.preprocess_input(picture)


def plain(**preprocessing: Any) -> Any:
    """A generator of pictures as they are."""
    return ImageDataGenerator(**preprocessing)


def augmenting(**preprocessing: Any) -> Any:
    """A generator with the lecture's augmentation."""
    return ImageDataGenerator(
        rotation_range=40,
        width_shift_range=0.2,
        height_shift_range=0.2,
        shear_range=0.2,
        zoom_range=0.2,
        horizontal_flip=True,
        fill_mode="nearest",
        **preprocessing,
    )


def flow(generator: Any, folder: Path, size: int = SIZE, shuffle: bool = True) -> Any:
    """Batches of (pictures, labels) from a folder that holds one folder a class."""
    return generator.flow_from_directory(
        str(folder),
        target_size=(size, size),
        batch_size=BATCH_SIZE,
        class_mode="binary",
        shuffle=shuffle,
    )


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


def load_conv_base(weights: Path, size: int = SIZE) -> Any:
    conv_base = keras.applications.VGG16(
        weights=None, include_top=False, input_shape=(size, size, 3)
    )
    conv_base.load_weights(weights)
    conv_base.trainable = False
    return conv_base


@without_tuner_waits()
def extract(conv_base: Any, folder: Path, path: Path, size: int = SIZE) -> None:
    """Features of all pictures of a folder, batch by batch, and their labels beside them."""
    batches = flow(plain(preprocessing_function=vgg16_input), folder, size, shuffle=False)
    features = np.zeros((batches.samples, *conv_base.output.shape[1:]), np.float32)
    labels = np.zeros(batches.samples, np.float32)
    for index in range(len(batches)):
        pictures, of_batch = batches[index]
        rows = slice(index * BATCH_SIZE, index * BATCH_SIZE + len(pictures))
        features[rows] = conv_base.predict(pictures, verbose=0)
        labels[rows] = of_batch
    np.save(path, features)
    np.save(path.with_suffix(".labels.npy"), labels)


def small_convnet(dropout: float) -> Any:
    """Also with dropout, as ``augmented_convnet`` has it."""
    layers = keras.layers
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3))])
    for filters in (32, 64, 128, 128):
        model.add(layers.Conv2D(filters, 3, activation="relu"))
        model.add(layers.MaxPooling2D(2))
    model.add(layers.Flatten())
    if dropout:
        model.add(layers.Dropout(dropout))
    model.add(layers.Dense(512, activation="relu"))
    model.add(probability())
    return model


def head(dropout: float) -> list[Any]:
    layers = keras.layers
    dropped = [layers.Dropout(dropout)] if dropout else []
    hidden = layers.Dense(256, activation="relu")
    return [layers.Flatten(), hidden, *dropped, probability()]


def probability() -> Any:
    """In float32 whatever the policy: bfloat16 rounds probabilities over 0.998 to 1."""
    return keras.layers.Dense(1, activation="sigmoid", dtype="float32")


def build(method: Method, weights: Path) -> Any:
    """A method's model, compiled with the lecture's settings."""
    match method:
        case "small_convnet":
            model = small_convnet(dropout=0)
        case "augmented_convnet":
            model = small_convnet(dropout=0.5)
        case "feature_extraction":
            model = keras.Sequential([keras.Input((4, 4, 512)), *head(dropout=0.5)])
        case "frozen_base" | "fine_tuning":
            conv_base = load_conv_base(weights)
            if method == "fine_tuning":
                conv_base.trainable = True
                for layer in conv_base.layers:
                    layer.trainable = layer.name.startswith("block5")
            model = keras.Sequential([conv_base, *head(dropout=0)])
    model.compile(
        optimizer=keras.optimizers.RMSprop(LEARNING_RATE[method]),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    return model


def batches(method: Method, splits: Path) -> tuple[Any, Any]:
    """Training and validation input of a method that is trained on pictures."""
    convnet = method in ("small_convnet", "augmented_convnet")
    preprocessing: dict[str, Any] = (
        {"rescale": 1 / 255} if convnet else {"preprocessing_function": vgg16_input}
    )
    train = plain if method == "small_convnet" else augmenting
    return (
        flow(train(**preprocessing), splits / "train"),
        flow(plain(**preprocessing), splits / "validation"),
    )


def features(data: dict[str, str], split: str, path: str, policy: str = "float32") -> Measure:
    """From JPEG files to features on disk."""
    keras.config.set_dtype_policy(policy)
    conv_base = load_conv_base(Data.read(data).weights)
    count = flow(plain(), Path(split)).samples

    return rate(lambda: extract(conv_base, Path(split), Path(path)), count)


def augmented_input(split: str) -> Measure:
    """An epoch of augmented batches."""
    source = flow(augmenting(rescale=1 / 255), Path(split))

    def read() -> None:
        for index in range(len(source)):
            source[index]

    return rate(read, source.samples)


def epoch(method: Method, data: dict[str, str]) -> Measure:
    """An epoch of a method's training with its validation, after a few steps to warm up."""
    paths = Data.read(data)
    model = build(method, paths.weights)
    if method == "feature_extraction":
        train, validation = (
            (
                np.load(paths.features / f"{split}.npy")[0].astype(np.float32),
                np.load(paths.features / f"{split}.labels.npy"),
            )
            for split in ("train", "validation")
        )
        model.fit(train[0][:40], train[1][:40], validation_data=validation, verbose=0)

        def fit() -> None:
            model.fit(*train, batch_size=BATCH_SIZE, validation_data=validation, verbose=0)
    else:
        train, validation = batches(method, paths.splits)
        model.fit(
            train, steps_per_epoch=2, validation_data=validation, validation_steps=1, verbose=0
        )

        def fit() -> None:
            model.fit(train, validation_data=validation, verbose=0)

    return duration(without_tuner_waits()(fit))


def accuracy(
    method: Method,
    data: dict[str, str],
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
    paths, folder = Data.read(data), Path(scratch)
    model = build(method, paths.weights)
    if start:
        model.load_weights(_weights(folder, start))
    if method == "feature_extraction":
        conv_base = load_conv_base(paths.weights)
        for split in ("train", "test"):
            extract(conv_base, paths.splits / split, folder / f"{split}.npy")
        train, test = (
            (np.load(folder / f"{split}.npy"), np.load(folder / f"{split}.labels.npy"))
            for split in ("train", "test")
        )
        fit = partial(model.fit, *train, batch_size=BATCH_SIZE)
        evaluate = partial(model.evaluate, *test)
    else:
        generated, validation = batches(method, paths.splits)
        pictures = flow(validation.image_data_generator, paths.splits / "test", shuffle=False)
        fit = partial(model.fit, generated)
        evaluate = partial(model.evaluate, pictures)

    @without_tuner_waits()
    def measure() -> dict[str, Any]:
        fit(epochs=epochs, verbose=0)
        _, found = evaluate(verbose=0)
        model.save_weights(_weights(folder, method))
        return {"accuracy": float(found)}

    return measure


def _weights(folder: Path, method: str) -> Path:
    return folder / f"{method}.weights.h5"


def evaluation(method: Method, data: dict[str, str]) -> Measure:
    """A trained model of the method on the test pictures. Weights do not change the time."""
    paths = Data.read(data)
    model = build(method, paths.weights)
    _, validation = batches(method, paths.splits)
    pictures = flow(validation.image_data_generator, paths.splits / "test", shuffle=False)

    return duration(without_tuner_waits()(lambda: model.evaluate(pictures, verbose=0)))
