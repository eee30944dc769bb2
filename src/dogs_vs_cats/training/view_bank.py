"""What the frozen part of VGG16 makes of the pictures, computed once and kept on disk.

Everything below the first trainable layer is a constant function of a picture and its
augmentation. So features and augmented views are computed once, in one pass over the pictures,
and written as float16 arrays that training memory-maps: memory stays that of a batch.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from dogs_vs_cats.backend import keras, tf
from dogs_vs_cats.data.augmentation import AugmentationSettings, apply_transforms, view_transforms
from dogs_vs_cats.data.pictures import LabelledPictures, picture_batches
from dogs_vs_cats.errors import PipelineError
from dogs_vs_cats.files import whole_file
from dogs_vs_cats.models.vgg16 import BackboneSettings, preprocess

BATCH_SIZE = 32


def bank_features(
    part: Any, backbone: BackboneSettings, pictures: LabelledPictures, path: Path
) -> None:
    """Write the feature maps of pictures as they are.

    Args:
        part: Keras model of preprocessed pictures: ``conv_base``, or its lower half.
        backbone: preprocessing and size of the pictures.
        pictures: one split.
        path: an ``.npy`` file to write, float16 (1, pictures, height, width, channels); the
            labels, float32 (pictures,), go beside it (:func:`labels_path`).
    """
    batches = picture_batches(pictures.paths, backbone.image_size, BATCH_SIZE)
    _bank(((0, batch) for batch in batches), part, backbone, pictures, 1, path)


def bank_views(
    part: Any,
    backbone: BackboneSettings,
    augmentation: AugmentationSettings,
    pictures: LabelledPictures,
    path: Path,
) -> None:
    """Write the feature maps of ``augmentation.views`` augmented views of each picture.

    As :func:`bank_features`, with shape (views, pictures, height, width, channels). Each picture
    is decoded once, whatever the number of views.
    """
    count = len(pictures.paths)
    transforms = [
        view_transforms(count, backbone.image_size, view, augmentation)
        for view in range(augmentation.views)
    ]

    def views() -> Iterator[tuple[int, Any]]:
        start = 0
        for batch in picture_batches(pictures.paths, backbone.image_size, BATCH_SIZE):
            end = start + len(batch)
            for view, of_all in enumerate(transforms):
                yield view, apply_transforms(batch, of_all[start:end], augmentation.fill)
            start = end

    _bank(views(), part, backbone, pictures, augmentation.views, path)


def _bank(
    batches: Iterator[tuple[int, Any]],
    part: Any,
    backbone: BackboneSettings,
    pictures: LabelledPictures,
    views: int,
    path: Path,
) -> None:
    inputs = keras.Input(part.input.shape[1:])
    model = keras.Model(inputs, part(preprocess(inputs, backbone.preprocessing), training=False))
    compute = tf.function(
        lambda batch: tf.cast(model(batch, training=False), tf.float16),
        input_signature=[tf.TensorSpec((None, *inputs.shape[1:]), tf.float32)],
    )
    count = len(pictures.paths)
    starts = [0] * views
    with whole_file(path) as temporary:
        bank = _new_bank(temporary, (views, count, *part.output.shape[1:]))
        total = views * -(-count // BATCH_SIZE)
        for view, batch in tqdm(batches, path.stem, total=total, unit="batch"):
            maps = compute(tf.cast(batch, tf.float32)).numpy()
            if not np.isfinite(maps).all():
                raise PipelineError(f"{path}: feature maps exceed float16. Check the weights.")
            bank[view, starts[view] : starts[view] + len(maps)] = maps
            starts[view] += len(maps)
        bank.flush()
    with whole_file(labels_path(path)) as temporary:
        np.save(temporary, pictures.labels)


def labels_path(bank: Path) -> Path:
    """Where the labels of a bank are: ``train.npy`` has ``train.labels.npy``."""
    return bank.with_suffix(".labels.npy")


def open_bank(path: Path) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.float32]]:
    """A bank, memory-mapped and read-only, and its labels.

    Raises:
        PipelineError: a file is missing or broken.
    """
    try:
        return np.load(path, mmap_mode="r"), np.load(labels_path(path))
    except (OSError, ValueError, EOFError) as error:
        raise PipelineError(
            f"{path} cannot be read ({error}). Run `dvc repro {path.parent.name}`."
        ) from None


def pooled_bank(
    upper: Any, bank: npt.NDArray[np.float16], path: Path, batch_size: int = 256
) -> npt.NDArray[np.float16]:
    """Pass a bank of ``block4_pool`` through block 5 once more, for a head on a frozen base.

    Args:
        upper: block 5 (see :func:`dogs_vs_cats.models.vgg16.halves`).
        bank: (views, pictures, 9, 9, 512) at 150 pixels.
        path: where the result is kept.

    Returns:
        The memory-mapped result: float16 (views, pictures, 4, 4, 512) at 150 pixels.
    """
    run = tf.function(
        lambda x: tf.cast(upper(x, training=False), tf.float16),
        input_signature=[tf.TensorSpec((None, *bank.shape[2:]), tf.float16)],
    )
    pooled = _new_bank(path, (*bank.shape[:2], *upper.output.shape[1:]))
    for view in range(bank.shape[0]):
        for start in range(0, bank.shape[1], batch_size):
            rows = slice(start, start + batch_size)
            pooled[view, rows] = run(bank[view, rows])
    return pooled


def _new_bank(path: Path, shape: tuple[int, ...]) -> "np.memmap[Any, np.dtype[np.float16]]":
    """A memory-mapped file with all of its space reserved.

    On a full disk this raises ``OSError``; a write into a hole of a sparse file would end the
    process with a signal.
    """
    bank: np.memmap[Any, np.dtype[np.float16]] = np.lib.format.open_memmap(
        path, "w+", np.float16, shape
    )
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            error.filename = str(path)  # the message must say which disk
            raise
    return bank
