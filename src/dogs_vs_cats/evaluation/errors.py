"""The pictures that methods get wrong, picked so that a person learns from looking at them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
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
    judged = _judgements(predictions, classes)
    own, wrong = judged[list(predictions)].mean(axis=1), judged["wrong"]
    chosen = judged.assign(own=own)[wrong > len(predictions) / 2].sort_values(
        ["wrong", "own", "file"], ascending=[False, True, True]
    )
    return _items(predictions, chosen.head(limit))


def only_one_right(
    predictions: Predictions, classes: tuple[str, str], limit: int = MOST_ITEMS
) -> list[Item]:
    """The pictures that one method alone gets right, which each item names as ``method``.

    The one whose method is surest comes first; then by file name.
    """
    judged = _judgements(predictions, classes)
    own = judged[list(predictions)]
    # A right method gives the picture's own class more than every wrong one does.
    alone = judged.assign(method=own.idxmax(axis=1), own=own.max(axis=1))[
        judged["wrong"] == len(predictions) - 1
    ].sort_values(["own", "file"], ascending=[False, True])
    return _items(predictions, alone.head(limit))


def most_confident(
    predictions: Predictions, classes: tuple[str, str], limit: int = MOST_ITEMS
) -> list[Item]:
    """The mistakes that methods are surest of, each picture once.

    A picture belongs to the method that is wrong most confidently, which its item names as
    ``method``. Each method has at most its part of ``limit``: else the weakest method, which
    errs most, would fill the list. The surest comes first; then by file name.
    """
    judged = _judgements(predictions, classes)
    own = judged[list(predictions)]
    mistakes = judged.assign(method=own.idxmin(axis=1), own=own.min(axis=1))[judged["wrong"] > 0]
    chosen = (
        mistakes.sort_values(["own", "file"])
        .groupby("method", sort=False)
        .head(limit // len(predictions))
    )
    return _items(predictions, chosen)


def _judgements(predictions: Predictions, classes: tuple[str, str]) -> pd.DataFrame:
    """A row a picture: ``file``, ``wrong`` (number of methods), and a column a method with the
    probability that it gives the picture's own class."""
    first = next(iter(predictions.values()))
    positive = (first["actual"] == classes[1]).to_numpy()
    columns: dict[str, Any] = {
        method: np.where(positive, table["probability"], 1 - table["probability"].astype(float))
        for method, table in predictions.items()
    }
    return pd.DataFrame(
        {"file": first["file"], "wrong": _wrong(predictions).sum(axis=0), **columns}
    )


def _wrong(predictions: Predictions) -> npt.NDArray[np.bool_]:
    """Shape (methods, pictures)."""
    return np.stack([t["actual"] != t["predicted"] for t in predictions.values()])


def _items(predictions: Predictions, chosen: pd.DataFrame) -> list[Item]:
    """The chosen rows of :func:`_judgements` as items; a column ``method`` goes into them."""
    wrong = _wrong(predictions)
    actual = next(iter(predictions.values()))["actual"]
    return [
        {
            "file": row["file"],
            "actual": actual[place],
            "probabilities": {m: float(t["probability"][place]) for m, t in predictions.items()},
            "wrong": [
                m for m, is_wrong in zip(predictions, wrong[:, place], strict=True) if is_wrong
            ],
            **({"method": row["method"]} if "method" in row else {}),
        }
        for place, row in zip(chosen.index, chosen.to_dict("records"), strict=True)
    ]
