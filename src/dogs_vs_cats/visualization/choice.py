"""The test pictures that all methods are shown looking at."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dogs_vs_cats.evaluation.metrics import labels_of, probabilities_of
from dogs_vs_cats.methods import Method


def choose(predictions: Mapping[Method, pd.DataFrame], count: int) -> list[str]:
    """Test pictures worth looking at: right by all methods, wrong by some, wrong by most.

    The three kinds take turns, and so do the classes within a kind. Of the first kind come those
    that the methods are surest of; of the second, those that they disagree on most; of the third,
    those whose own class the methods find least likely. Not all of many classes have a turn: those
    of the clearest pictures come first.

    Args:
        predictions: method to its
            :func:`dogs_vs_cats.evaluation.metrics.prediction_table`, all of the same pictures.
        count: how many; fewer come if there are no more.

    Returns:
        Values of the column ``file``, kind by kind.
    """
    tables = {method: table.set_index("file") for method, table in predictions.items()}
    actual = next(iter(tables.values()))["actual"]
    own = pd.DataFrame({method: _of_own_class(table) for method, table in tables.items()})
    is_wrong = {method: table["predicted"] != actual for method, table in tables.items()}
    wrong = pd.DataFrame(is_wrong).sum(axis=1)
    kind = np.select([wrong == 0, 2 * wrong <= len(tables)], [0, 1], 2)
    mean, disagreement = own.mean(axis=1), own.max(axis=1) - own.min(axis=1)
    rank = np.select([kind == 0, kind == 1], [-mean, -disagreement], mean)
    table = pd.DataFrame({"kind": kind, "rank": rank, "actual": actual}).sort_index()
    table = table.sort_values("rank", kind="stable")
    table["turn"] = table.groupby(["kind", "actual"]).cumcount()
    first = "actual" if actual.nunique() == 2 else "rank"
    table = table.sort_values(["kind", "turn", first], kind="stable")
    table["round"] = table.groupby("kind").cumcount()
    chosen = table.sort_values(["round", "kind"]).head(count)
    return list(chosen.sort_values(["kind", "round"]).index)


def _of_own_class(table: pd.DataFrame) -> "pd.Series[float]":
    """The probability that a method gives each picture's own class."""
    own = probabilities_of(table)[np.arange(len(table)), labels_of(table)]
    return pd.Series(own, table.index)
