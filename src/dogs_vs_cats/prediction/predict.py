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
from dogs_vs_cats.data.reading.pictures import decode
from dogs_vs_cats.evaluation.metrics import DECISION_THRESHOLD
from dogs_vs_cats.prediction.files import why_unreadable
from dogs_vs_cats.project.errors import PipelineError


@dataclass(frozen=True)
class Batch:
    """Pictures that could be read, and what the model says of them."""

    paths: tuple[Path, ...]
    pictures: npt.NDArray[np.uint8]
    """Shape (len(paths), size, size, 3), RGB: what the model saw."""
    probabilities: npt.NDArray[np.float32]
    """Shape (len(paths),): of the second class, 0 to 1."""


@dataclass(frozen=True)
class Prediction:
    """What a model says of one file, or why it says nothing."""

    path: Path
    decided: str | None
    """The class decided for."""
    probability: float | None
    """Of that class, 0.5 to 1."""
    error: str | None
    """Why the file cannot be read as a picture; class and probability are None then."""


def predict(
    model: Any,
    paths: Sequence[Path],
    classes: tuple[str, str],
    batch_size: int,
    on_batch: Callable[[Batch], None] = lambda batch: None,
) -> list[Prediction]:
    """Ask a model about files, each named once.

    Args:
        model, paths, batch_size: see :func:`predict_files`.
        classes: names of label 0 and label 1.
        on_batch: called with each batch that is predicted.

    Returns:
        A prediction a path, in the order of ``paths``.

    Raises:
        PipelineError: this is no such model.
    """
    told: dict[Path, tuple[str, float]] = {}
    for batch in predict_files(model, paths, batch_size):
        for path, probability in zip(batch.paths, batch.probabilities, strict=True):
            told[path] = decide(float(probability), classes)
        on_batch(batch)
    return [
        Prediction(path, *told[path], None)
        if path in told
        else Prediction(path, None, None, why_unreadable(path))
        for path in paths
    ]


def predict_files(model: Any, paths: Sequence[Path], batch_size: int) -> Iterator[Batch]:
    """Stream pictures through a model, decoding on all cores. What cannot be read is left out.

    Args:
        model: see :func:`dogs_vs_cats.models.saved.whole_model`.
        paths: of picture files.
        batch_size: pictures decoded and predicted at once.

    Yields:
        Batches of at most ``batch_size`` pictures, in the order of ``paths``.

    Raises:
        PipelineError: this is no such model.
    """
    size = input_size(model)
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
            probabilities=model.predict_on_batch(pictures).reshape(-1),
        )


def input_size(model: Any) -> int:
    """Side in pixels of the pictures that a model takes.

    Args:
        model: a Keras model.

    Raises:
        PipelineError: it is none that :func:`dogs_vs_cats.models.saved.whole_model` made.
    """
    given, made = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    match given, made:
        case (None, int(height), int(width), 3), (None, 1) if height == width:
            return height
    raise PipelineError(
        f"Model '{model.name}' takes {given} and gives {made}; expected square RGB pictures"
        " (None, side, side, 3) and one probability (None, 1)."
    )


def decide(probability: float, classes: tuple[str, str]) -> tuple[str, float]:
    """The class decided for, and the probability of that class (0.5 to 1).

    Args:
        probability: of the second class.
        classes: names of label 0 and label 1.
    """
    if probability > DECISION_THRESHOLD:
        return classes[1], probability
    return classes[0], 1 - probability
