"""How good features are: the accuracy that a linear classifier reaches on them, from all training
pictures and from few.

The classifier is least squares with a penalty on one-hot targets (ridge regression), of features
scaled to length 1: as ``google-research/big_vision`` judges representations (``fewshot_lsr``). It
has a closed form, so that a thousand classes take seconds too. Nothing is tuned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import RidgeClassifier

from dogs_vs_cats.evaluation.banked import averaged
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.settings import SPLITS

Labels = npt.NDArray[np.int32]
"""Shape (pictures,), class indices."""


@dataclass(frozen=True)
class Samples:
    """The pictures of a split, as a base sees them."""

    features: npt.NDArray[np.float32]
    """Shape (pictures, channels), averaged over the places of a picture, of length 1."""
    labels: Labels


def read_samples(folder: Path, stage: str = "") -> dict[str, Samples]:
    """The samples of each split from a folder of banks.

    Args:
        folder: of ``SPLIT.npy`` with their labels.
        stage: that makes them, if it has not the folder's name.

    Raises:
        PipelineError: a bank is missing or broken.
    """
    samples = {}
    for split in SPLITS:
        bank, labels = open_bank(folder / f"{split}.npy", stage)
        features = averaged(bank[0], np.arange(len(labels)))
        lengths = np.linalg.norm(features, axis=1, keepdims=True)
        features /= np.maximum(lengths, np.finfo(np.float32).tiny)
        samples[split] = Samples(features, labels)
    return samples


def fit(train: Samples, regularization: float) -> Any:
    """A linear classifier, with ``predict``; every class has a picture.

    Args:
        train: what it learns from.
        regularization: penalty on the squared weights (scikit-learn's ``alpha``).
    """
    return RidgeClassifier(alpha=regularization).fit(train.features, train.labels)


def right(classifier: Any, samples: Samples) -> npt.NDArray[np.bool_]:
    """For each picture, whether a :func:`fit` classifier names its class; shape (pictures,)."""
    named: npt.NDArray[np.bool_] = classifier.predict(samples.features) == samples.labels
    return named


def learning_curve(
    train: Samples,
    test: Samples,
    counts: Sequence[int],
    draws: int,
    regularization: float,
    seed: int,
) -> Iterator[dict[str, Any]]:
    """Test accuracy by the number of training pictures of each class.

    Args:
        train: what draws are taken from.
        test: what classifiers are judged on.
        counts: training pictures of each class. A draw takes all pictures of a class that has
            fewer. Counts from which on it would take all of every class are left out.
        draws: for each count.
        regularization: see :func:`fit`.
        seed: of the draws; every base gets the same pictures.

    Yields:
        ``pictures_per_class``, ``draw`` (from 1) and ``accuracy`` (0 to 1): by rising count, at
        last the whole split, once, with the pictures of the largest class as its count.
    """
    largest = int(np.bincount(train.labels).max())
    for count in sorted(count for count in counts if count < largest):
        for draw in range(1, draws + 1):
            rows = drawn(train.labels, count, np.random.default_rng((seed, count, draw)))
            some = Samples(train.features[rows], train.labels[rows])
            yield _point(count, draw, some, test, regularization)
    yield _point(largest, 1, train, test, regularization)


def drawn(labels: Labels, count: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Rows of so many pictures of each class, or of all that it has."""
    shuffled = rng.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    sizes = np.bincount(labels)
    place_in_class = np.arange(len(labels)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return by_class[place_in_class < count]


def _point(
    count: int, draw: int, train: Samples, test: Samples, regularization: float
) -> dict[str, Any]:
    accuracy = float(right(fit(train, regularization), test).mean())
    return {"pictures_per_class": count, "draw": draw, "accuracy": accuracy}
