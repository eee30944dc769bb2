"""What a saved model says of any pictures, wherever they lie and whatever is broken among them."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import keras, prefetched, tf
from dogs_vs_cats.compute.cpu import cpu_cores
from dogs_vs_cats.data.reading.pictures import decode
from dogs_vs_cats.evaluation.deciding import Answers, Decision, told
from dogs_vs_cats.models.saved import of_squares, side_of
from dogs_vs_cats.prediction.files import why_unreadable
from dogs_vs_cats.prediction.model_file import Model
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.text import printable

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
class Answer:
    """What a model says of a picture."""

    label: int
    """Of the class that is named, or that it is not sure enough of."""
    decided: str | None
    """The likeliest class; of equally likely ones, the first. If asked for, the one whose mistakes
    cost least, and None where it is not sure enough."""
    probability: float
    """Of the class of :attr:`label`, 0 to 1."""
    probabilities: dict[str, float]
    """Of all classes, in the order of their labels; of the :data:`TOP` likeliest, the likeliest
    first, where there are more than :data:`MOST_NAMED`."""


@dataclass(frozen=True)
class Prediction:
    """What a model says of one file, or why it says nothing."""

    path: Path
    decided: str | None
    """See :class:`Answer`."""
    probability: float | None
    probabilities: dict[str, float] | None
    error: str | None
    """Why the file cannot be read as a picture; all else is None then."""


def predict(
    model: Model,
    paths: Sequence[Path],
    batch_size: int,
    on_batch: Callable[[Batch, Sequence[int]], None] = lambda batch, labels: None,
    answers: Answers = "raw",
) -> list[Prediction]:
    """Ask a model about files, each named once.

    Args:
        model: which.
        paths, batch_size: see :func:`predict_files`.
        on_batch: called with each batch that is predicted, and the labels that come of it.
        answers: see :func:`answer`.

    Returns:
        A prediction a path, in the order of ``paths``.

    Raises:
        PipelineError: this is no such model, or nothing was chosen for its answers.
    """
    predicted: dict[Path, Prediction] = {}
    if answers != "raw":
        decision_of(model)  # before the first picture
    for batch in predict_files(model.network, paths, batch_size):
        of_batch = [answer(row, model, answers) for row in batch.probabilities]
        for path, of_row in zip(batch.paths, of_batch, strict=True):
            predicted[path] = Prediction(
                path, of_row.decided, of_row.probability, of_row.probabilities, None
            )
        on_batch(batch, [of_row.label for of_row in of_batch])
    return [
        predicted.get(path) or Prediction(path, None, None, None, why_unreadable(path))
        for path in paths
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


def resizing_of(network: Any) -> Any:
    """The layer of a whole model that brings pictures of any size to its squares."""
    return next(layer for layer in network.layers if isinstance(layer, keras.layers.Resizing))


def likeliest(probabilities: npt.NDArray[np.floating[Any]], count: int) -> list[int]:
    """Labels of the likeliest classes, so many at most; of equally likely ones, the first.

    Args:
        probabilities: shape (classes,).
        count: how many.
    """
    labels: list[int] = np.argsort(-probabilities, kind="stable")[:count].tolist()
    return labels


def answer(
    probabilities: npt.NDArray[np.floating[Any]], model: Model, answers: Answers = "raw"
) -> Answer:
    """What probabilities, shape (classes,), come to.

    Args:
        probabilities: the model's.
        model: which.
        answers: ``raw`` as they are, or what `evaluate` chose:
            :data:`dogs_vs_cats.evaluation.deciding.Answers`.

    Raises:
        PipelineError: nothing was chosen for this model.
    """
    classes = model.classes
    decision = None if answers == "raw" else decision_of(model)
    probabilities, label, sure = told(probabilities, classes, answers, decision)
    many = len(classes) > MOST_NAMED
    shown = likeliest(probabilities, TOP) if many else range(len(classes))
    return Answer(
        label,
        classes[label] if sure else None,
        float(probabilities[label]),
        {classes[label]: float(probabilities[label]) for label in shown},
    )


def decision_of(model: Model) -> Decision:
    """What was chosen for a model's answers.

    Raises:
        PipelineError: nothing was.
    """
    if model.decision is None:
        raise PipelineError(
            f"Nothing was chosen for the answers of {printable(model.name)}, so only raw ones can"
            " be had. `dvc repro evaluate` chooses for the models of a project."
        )
    return model.decision
