"""The pictures that methods get wrong, picked so that a person learns from looking at them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dogs_vs_cats.methods import Method

MOST_ITEMS = 24

Item = dict[str, Any]
"""``file``, ``actual`` (class name), ``probabilities`` (method to the probability of the positive
class, 0 to 1), ``wrong`` (the methods that are)."""

Predictions = Mapping[Method, pd.DataFrame]
"""Method to :func:`dogs_vs_cats.evaluation.metrics.prediction_table`, all of the same pictures in
the same order."""


def most_wrong(
    predictions: Predictions, classes: tuple[str, str], limit: int = MOST_ITEMS
) -> list[Item]:
    """The pictures that more than half of the methods get wrong.

    Those that most methods get wrong come first; among equals the one whose own class is given
    the lowest mean probability; then by file name.
    """
    pictures, own = _judged(predictions, classes)
    chosen = pictures.assign(own=own.mean(axis=1))[pictures["wrong"] > len(predictions) / 2]
    chosen = chosen.sort_values(["wrong", "own", "file"], ascending=[False, True, True])
    return chosen["item"].head(limit).tolist()


def only_one_right(
    predictions: Predictions, classes: tuple[str, str], limit: int = MOST_ITEMS
) -> list[Item]:
    """The pictures that one method alone gets right, which each item names as ``method``.

    The one whose method is surest comes first; then by file name.
    """
    pictures, own = _judged(predictions, classes)
    # A right method gives the picture's own class more than every wrong one does.
    alone = pictures.assign(method=own.idxmax(axis=1), own=own.max(axis=1))[
        pictures["wrong"] == len(predictions) - 1
    ]
    return _with_method(alone.sort_values(["own", "file"], ascending=[False, True]).head(limit))


def most_confident(
    predictions: Predictions, classes: tuple[str, str], limit: int = MOST_ITEMS
) -> list[Item]:
    """The mistakes that methods are surest of, each picture once.

    A picture belongs to the method that is wrong most confidently, which its item names as
    ``method``. Each method has at most its part of ``limit``: else the weakest method, which
    errs most, would fill the list. The surest comes first; then by file name.
    """
    pictures, own = _judged(predictions, classes)
    mistakes = pictures.assign(method=own.idxmin(axis=1), own=own.min(axis=1))[
        pictures["wrong"] > 0
    ]
    of_each = mistakes.sort_values(["own", "file"]).groupby("method", sort=False)
    return _with_method(of_each.head(limit // len(predictions)))


def _judged(
    predictions: Predictions, classes: tuple[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row a picture, twice: ``file``, ``wrong`` (number of methods) and its ``item``; and a
    column a method with the probability that it gives the picture's own class."""
    first = next(iter(predictions.values()))
    positive = pd.DataFrame({m: t["probability"].astype(float) for m, t in predictions.items()})
    wrong = pd.DataFrame({m: t["actual"] != t["predicted"] for m, t in predictions.items()})
    items = [
        {
            "file": file,
            "actual": actual,
            "probabilities": probabilities,
            "wrong": [method for method in predictions if is_wrong[method]],
        }
        for file, actual, probabilities, is_wrong in zip(
            first["file"],
            first["actual"],
            positive.to_dict("records"),
            wrong.to_dict("records"),
            strict=True,
        )
    ]
    is_positive = (first["actual"] == classes[1]).to_numpy()[:, np.newaxis]
    own = pd.DataFrame(np.where(is_positive, positive, 1 - positive), columns=positive.columns)
    return pd.DataFrame({"file": first["file"], "wrong": wrong.sum(axis=1), "item": items}), own


def _with_method(chosen: pd.DataFrame) -> list[Item]:
    return [
        {**item, "method": method}
        for item, method in zip(chosen["item"], chosen["method"], strict=True)
    ]
