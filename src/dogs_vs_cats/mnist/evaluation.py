"""How good the nets are on digits that they have not seen, where they stand and moved aside."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.data.reading.pictures import LabelledPictures
from dogs_vs_cats.evaluation.metrics import accuracy, prediction_table, wilson_interval
from dogs_vs_cats.mnist.digits import CLASSES, SIDE, Digits

DIRECTIONS: Mapping[str, tuple[int, int]] = {
    "up": (-1, 0),
    "down": (1, 0),
    "left": (0, -1),
    "right": (0, 1),
}
"""Pixels down and to the right of a step."""
ALL = "all"
"""The four directions together, in the column ``direction``."""
_BATCH = 500

Answering = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]
"""Digits (n, 28, 28) to the probabilities of each class, (n, 10)."""


def answering(model: Any) -> Answering:
    """A net as a function, traced once.

    Args:
        model: of :func:`dogs_vs_cats.mnist.networks.of_digits`.
    """

    @tf.function(input_signature=[tf.TensorSpec((None, SIDE, SIDE), tf.uint8)])  # type: ignore[untyped-decorator]
    def says(batch: Any) -> Any:
        return model(batch[..., tf.newaxis], training=False)

    def answers(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        starts = range(0, len(pictures), _BATCH)
        return np.concatenate([says(pictures[start : start + _BATCH]).numpy() for start in starts])

    return answers


def predictions(digits: Digits, said: npt.NDArray[np.float32]) -> pd.DataFrame:
    """The :func:`dogs_vs_cats.evaluation.metrics.prediction_table` of the test digits, whose
    ``file`` is their number in the set, from 0."""
    numbers = tuple(Path(f"{number:05}") for number in range(len(digits.labels)))
    return prediction_table(LabelledPictures(numbers, digits.labels), said, CLASSES, Path())


def shifted(pictures: npt.NDArray[np.uint8], down: int, right: int) -> npt.NDArray[np.uint8]:
    """Pictures (n, height, width), moved by so many pixels. Zeros come in; what leaves is lost."""
    height, width = pictures.shape[1:]
    moved = np.zeros_like(pictures)
    moved[:, max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = (
        pictures[:, max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)]
    )
    return moved


def shift_table(nets: Mapping[str, Answering], digits: Digits, farthest: int) -> pd.DataFrame:
    """The nets' accuracy on test digits that are moved aside.

    Args:
        nets: by name.
        digits: of the test set.
        farthest: pixels.

    Returns:
        A row a net, ``shift`` (0 to ``farthest`` pixels) and ``direction`` (of
        :data:`DIRECTIONS`, or :data:`ALL`; of shift 0 the latter alone): ``accuracy`` with its 95 %
        interval ``accuracy_low`` and ``accuracy_high``, 0 to 1, and ``ink_lost``, the share of all
        ink that was moved out of the pictures. Of one direction the interval is Wilson's, of all
        :func:`clustered_interval`'s.
    """
    ink = int(digits.pictures.sum())
    rows = []
    for net, answers in nets.items():
        for shift in range(farthest + 1):
            right, lost = {}, {}
            for direction, (down, aside) in DIRECTIONS.items() if shift else [(ALL, (0, 0))]:
                moved = shifted(digits.pictures, shift * down, shift * aside)
                right[direction] = answers(moved).argmax(axis=1) == digits.labels
                lost[direction] = 1 - int(moved.sum()) / ink
                row = {"net": net, "shift": shift, "direction": direction}
                rows.append(row | accuracy(right[direction]) | {"ink_lost": lost[direction]})
            if shift:
                looks = np.stack([*right.values()])
                low, high = clustered_interval(looks)
                rows.append(
                    {
                        "net": net,
                        "shift": shift,
                        "direction": ALL,
                        "accuracy": float(looks.mean()),
                        "accuracy_low": low,
                        "accuracy_high": high,
                        "ink_lost": float(np.mean([*lost.values()])),
                    }
                )
    return pd.DataFrame(rows)


def clustered_interval(right: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """95 % interval of a share of looks that are right, where each digit was looked at repeatedly.

    Several looks at one digit are no independent digits. It is Wilson's interval of as many
    independent ones as would spread the mean as much (Kish, *Survey Sampling*, 1965: the design
    effect), at least as many as there are digits.

    Args:
        right: (looks, digits).
    """
    shares = right.mean(axis=0)
    mean, digits = float(shares.mean()), len(shares)
    # Digits that are always or never right spread as single looks do: by mean (1 - mean).
    effect = max(float(shares.var()) / (mean * (1 - mean)), 1 / len(right)) if 0 < mean < 1 else 1.0
    trials = round(digits / effect)
    return wilson_interval(round(mean * trials), trials)
