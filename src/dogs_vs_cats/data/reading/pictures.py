"""From picture files to arrays: the one way in which every stage and every user decodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import prefetched, tf
from dogs_vs_cats.compute.cpu import cpu_cores
from dogs_vs_cats.data.reading.decoding import UnreadableError, upright
from dogs_vs_cats.project.errors import PipelineError

UNREADABLE = (tf.errors.InvalidArgumentError, tf.errors.NotFoundError)
"""What :func:`decode` and reading raise for a file that is no picture, or is not there."""


@dataclass(frozen=True)
class LabelledPictures:
    """The picture files of one split, sorted by class and name."""

    paths: tuple[Path, ...]
    labels: npt.NDArray[np.int32]
    """Shape (len(paths),): the index of each one's class."""


def list_pictures(split: Path, classes: Sequence[str]) -> LabelledPictures:
    """List the pictures of a split that has one folder a class, and maybe folders in it.

    Raises:
        PipelineError: a class has no folder or no picture.
    """
    paths: list[Path] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        found = sorted(path for path in (split / name).rglob("*") if path.is_file())
        if not found:
            raise PipelineError(f"{split / name} holds no pictures. Run `dvc repro split`.")
        paths += found
        labels += [label] * len(found)
    return LabelledPictures(tuple(paths), np.array(labels, np.int32))


def decode(content: Any, size: int) -> Any:
    """Decode the bytes of a picture and scale it to a square, ignoring its aspect ratio.

    Args:
        content: scalar string tensor, the bytes of a picture as :func:`upright` takes them.
        size: side of the square in pixels.

    Returns:
        uint8 tensor (size, size, 3), RGB, 0 to 255.

    Raises:
        tf.errors.InvalidArgumentError: these are not the bytes of a picture.
    """
    picture = _upright(content)
    picture.set_shape((None, None, 3))
    # Antialiasing: a 500-pixel photo loses its fine texture instead of folding it into noise.
    resized = tf.image.resize(picture, (size, size), antialias=True)
    return tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)


# Declared stateless: TensorFlow's deterministic mode runs a stateful map on one core. In a graph:
# called eagerly, `numpy_function` hands arrays over and lets any exception through.
_upright = tf.function(
    lambda content: tf.numpy_function(upright, [content], tf.uint8, stateful=False),
    input_signature=[tf.TensorSpec((), tf.string)],
    autograph=False,
)


def picture_batches(paths: Sequence[Path], size: int, batch_size: int) -> Any:
    """Stream pictures from disk in the order given, decoding on all cores.

    Returns:
        ``tf.data.Dataset`` of uint8 batches (≤ batch_size, size, size, 3).
    """
    return prefetched(
        tf.data.Dataset.from_tensor_slices([str(path) for path in paths])
        .map(lambda path: decode(tf.io.read_file(path), size), num_parallel_calls=cpu_cores())
        .batch(batch_size)
    )


def load_pictures(paths: Sequence[Path], size: int) -> npt.NDArray[np.uint8]:
    """Decode pictures into one array.

    Returns:
        uint8 of shape (len(paths), size, size, 3), RGB.

    Raises:
        PipelineError: a file is missing or is no picture: which, and why.
    """
    pictures = np.empty((len(paths), size, size, 3), np.uint8)
    start = 0
    try:
        for batch in picture_batches(paths, size, 64).as_numpy_iterator():
            pictures[start : start + len(batch)] = batch
            start += len(batch)
    except UNREADABLE:
        raise unreadable(paths) from None
    return pictures


def unreadable(paths: Sequence[Path]) -> PipelineError:
    """What to tell of files of which :func:`picture_batches` could not read all.

    Returns:
        An error that names the first that cannot be read, and says why.
    """
    for path in paths:
        try:
            upright(path.read_bytes())
        except UnreadableError as error:
            return PipelineError(f"{path} cannot be read as a picture: {error}.")
        except OSError as error:
            return PipelineError(f"{path} cannot be read as a picture: {error.strerror}.")
    raise AssertionError("every picture decodes alone")
