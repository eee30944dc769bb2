"""How accurate each method stays on test pictures that were made harder."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dogs_vs_cats.evaluation.joint_prediction import Predict
from dogs_vs_cats.evaluation.metrics import accuracy
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.robustness.alterations import DIFFICULTIES, STRENGTHS, Difficulty, alter
from dogs_vs_cats.settings import RobustnessSettings

UNALTERED = "none"
BATCH_SIZE = 32


def choose(labels: npt.NDArray[np.int32], settings: RobustnessSettings) -> list[int]:
    """Draw the pictures to alter: of all classes as many as of the others, as far as they go.

    Args:
        labels: class index of each picture of the split, which holds pictures of every class.
        settings: how many, and the seed.

    Returns:
        Their rows, ascending; all where there are fewer.
    """
    rng = np.random.default_rng(settings.seed)
    # Every class in an order of its own, of which one picture of each class after the other is
    # taken, so that a larger draw contains every smaller one.
    classes = range(labels.max() + 1)
    shuffled = [rng.permutation(np.flatnonzero(labels == label)) for label in classes]
    turns = rng.permutation(len(classes))
    place = np.concatenate([np.arange(len(rows)) for rows in shuffled])
    turn = np.concatenate([np.full(len(rows), turns[label]) for label, rows in enumerate(shuffled)])
    in_order = np.concatenate(shuffled)[np.lexsort((turn, place))]
    return sorted(in_order[: settings.pictures].tolist())


def conditions() -> Iterator[tuple[Difficulty | None, int]]:
    """Difficulty and strength of all that is measured; ``(None, 0)`` is the picture as it is."""
    yield None, 0
    yield from itertools.product(DIFFICULTIES, STRENGTHS)


def measure(
    predict: Predict,
    pictures: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int32],
    seed: int,
    on_condition: Callable[[], Any] = lambda: None,
) -> pd.DataFrame:
    """Accuracy of every method under every difficulty and strength, on the same pictures.

    Args:
        predict: the methods.
        pictures: uint8 RGB (pictures, size, size, 3), unaltered.
        labels: class index of each.
        seed: of the alterations.
        on_condition: called after each of :func:`conditions`.

    Returns:
        Columns ``difficulty`` (``none``: unaltered), ``strength``, ``method``, those of
        :func:`dogs_vs_cats.evaluation.metrics.accuracy`, ``pictures``.
    """
    rows: list[dict[str, Any]] = []
    for difficulty, strength in conditions():
        altered = alter(pictures, difficulty, strength, seed) if difficulty else pictures
        starts = range(0, len(altered), BATCH_SIZE)
        batches = [predict(altered[start : start + BATCH_SIZE]) for start in starts]
        for method in METHODS:
            probabilities = np.concatenate([batch[method] for batch in batches])
            right = probabilities.argmax(axis=1) == labels
            rows.append(
                {
                    "difficulty": difficulty or UNALTERED,
                    "strength": strength,
                    "method": method,
                    **accuracy(right),
                    "pictures": len(right),
                }
            )
        on_condition()
    return pd.DataFrame(rows)
