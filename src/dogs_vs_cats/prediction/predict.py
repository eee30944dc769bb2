"""What a saved model says of any pictures, wherever they lie and whatever is broken among them."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import prefetched, tf
from dogs_vs_cats.compute.cpu import cpu_cores
from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.data.reading.pictures import decode
from dogs_vs_cats.models.saved import of_squares, side_of
from dogs_vs_cats.prediction.files import why_unreadable
from dogs_vs_cats.prediction.model_file import Model

MOST_NAMED = 20
"""Classes of which each one's probability is told; of more, that of the :data:`TOP` likeliest."""
TOP = 5


@dataclass(frozen=True)
class Batch:
    """Pictures that could be read, and what the model says of them."""

    paths: tuple[Path, ...]
    pictures: npt.NDArray[np.uint8]
    """Shape (len(paths), size, size, 3), RGB: what the model saw."""
    probabilities: npt.NDArray[np.float32]
    """Shape (len(paths), classes), 0 to 1."""


@dataclass(frozen=True)
class Prediction:
    """What a model says of one file, or why it says nothing."""

    path: Path
    decided: str | None
    """The likeliest class; of equally likely ones, the first."""
    probability: float | None
    """Of that class, 0 to 1."""
    probabilities: dict[str, float] | None
    """Of all classes, in the order of their labels; of the :data:`TOP` likeliest, the likeliest
    first, where there are more than :data:`MOST_NAMED`."""
    error: str | None
    """Why the file cannot be read as a picture; all else is None then."""


def predict(
    model: Model,
    paths: Sequence[Path],
    batch_size: int,
    on_batch: Callable[[Batch], None] = lambda batch: None,
) -> list[Prediction]:
    """Ask a model about files, each named once.

    Args:
        model: which.
        paths, batch_size: see :func:`predict_files`.
        on_batch: called with each batch that is predicted.

    Returns:
        A prediction a path, in the order of ``paths``.

    Raises:
        PipelineError: this is no such model.
    """
    told: dict[Path, Prediction] = {}
    for batch in predict_files(model.network, paths, batch_size):
        for path, row in zip(batch.paths, batch.probabilities, strict=True):
            told[path] = Prediction(path, *answer(row, model.classes), None)
        on_batch(batch)
    return [
        told.get(path) or Prediction(path, None, None, None, why_unreadable(path)) for path in paths
    ]


def predict_files(network: Any, paths: Sequence[Path], batch_size: int) -> Iterator[Batch]:
    """Stream pictures through a model, decoding on all cores. What cannot be read is left out.

    Args:
        network: see :func:`dogs_vs_cats.models.saved.whole_model`.
        paths: of picture files.
        batch_size: pictures decoded and predicted at once.

    Yields:
        Batches of at most ``batch_size`` pictures, in the order of ``paths``.

    Raises:
        PipelineError: this is no such model.
    """
    size, network = side_of(network), of_squares(network)
    # What is no regular file may never end, as a pipe; names are bytes, whatever they spell.
    paths = [path for path in paths if os.path.isfile(path)]  # noqa: PTH113 (it never raises)
    batches = prefetched(
        tf.data.Dataset.from_tensor_slices(tf.constant([*map(os.fsencode, paths)], tf.string))
        .enumerate()
        .map(
            lambda number, path: (number, decode(tf.io.read_file(path), size)),
            num_parallel_calls=cpu_cores(),
        )
        .ignore_errors()
        .batch(batch_size)
    )
    for numbers, pictures in batches.as_numpy_iterator():
        yield Batch(
            paths=tuple(paths[number] for number in numbers),
            pictures=pictures,
            probabilities=network.predict_on_batch(pictures),
        )


def likeliest(probabilities: npt.NDArray[np.float32], count: int) -> list[int]:
    """Labels of the likeliest classes, so many at most; of equally likely ones, the first.

    Args:
        probabilities: shape (classes,).
        count: how many.
    """
    labels: list[int] = np.argsort(-probabilities, kind="stable")[:count].tolist()
    return labels


def answer(
    probabilities: npt.NDArray[np.float32], classes: Classes
) -> tuple[str, float, dict[str, float]]:
    """What probabilities, shape (classes,), come to: see the fields of :class:`Prediction`."""
    (best,) = likeliest(probabilities, 1)
    many = len(classes) > MOST_NAMED
    shown = likeliest(probabilities, TOP) if many else range(len(classes))
    return (
        classes[best],
        float(probabilities[best]),
        {classes[label]: float(probabilities[label]) for label in shown},
    )
