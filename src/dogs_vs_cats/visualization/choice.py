"""The test pictures that all methods are shown looking at."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dogs_vs_cats.methods import Method


def choose(predictions: Mapping[Method, pd.DataFrame], count: int) -> list[str]:
    """Test pictures worth looking at: right by all methods, wrong by some, wrong by most.

    The three kinds take turns, and so do the classes within a kind. Of the first kind come those
    that the methods are surest of; of the second, those that they disagree on most; of the third,
    those that they are most wrongly sure of.

    Args:
        predictions: method to its
            :func:`dogs_vs_cats.evaluation.metrics.prediction_table`, all of the same pictures.
        count: how many; fewer come if there are no more.

    Returns:
        Values of the column ``file``, kind by kind.
    """
    tables = {method: table.set_index("file") for method, table in predictions.items()}
    actual = next(iter(tables.values()))["actual"]
    certainty = pd.DataFrame(  # the probability that each method gives the class it decides for
        {
            method: np.where(
                table["predicted"] == actual,
                np.maximum(table["probability"], 1 - table["probability"]),
                np.minimum(table["probability"], 1 - table["probability"]),
            )
            for method, table in tables.items()
        },
        index=actual.index,
    )
    is_wrong = {method: table["predicted"] != actual for method, table in tables.items()}
    wrong = pd.DataFrame(is_wrong).sum(axis=1)
    kind = np.select([wrong == 0, 2 * wrong <= len(tables)], [0, 1], 2)
    mean, disagreement = certainty.mean(axis=1), certainty.max(axis=1) - certainty.min(axis=1)
    rank = np.select([kind == 0, kind == 1], [-mean, -disagreement], mean)
    table = pd.DataFrame({"kind": kind, "rank": rank, "actual": actual}).sort_index()
    table = table.sort_values("rank", kind="stable")
    table["turn"] = table.groupby(["kind", "actual"]).cumcount()
    table = table.sort_values(["kind", "turn", "actual"])
    table["round"] = table.groupby("kind").cumcount()
    chosen = table.sort_values(["round", "kind"]).head(count)
    return list(chosen.sort_values(["kind", "round"]).index)
