"""The pictures that methods get wrong, picked so that a person learns from looking at them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dogs_vs_cats.evaluation.metrics import labels_of, probabilities_of
from dogs_vs_cats.methods import Method

MOST_ITEMS = 24

Item = dict[str, Any]
"""``file``, ``actual`` (class name), ``answers`` (method to ``class``, the predicted name, and
``probability`` of that class, 0 to 1), ``wrong`` (the methods that are)."""

Predictions = Mapping[Method, pd.DataFrame]
"""Method to :func:`dogs_vs_cats.evaluation.metrics.prediction_table`, all of the same pictures in
the same order."""


def most_wrong(predictions: Predictions, limit: int = MOST_ITEMS) -> list[Item]:
    """The pictures that more than half of the methods get wrong.

    Those that most methods get wrong come first; among equals the one whose own class is given
    the lowest mean probability; then by file name.
    """
    answers = _answers(predictions)
    pictures = answers.groupby("file", as_index=False).agg({"wrong": "sum", "own": "mean"})
    chosen = pictures[pictures["wrong"] > len(predictions) / 2].sort_values(
        ["wrong", "own", "file"], ascending=[False, True, True]
    )
    return [_item(answers, file) for file in chosen["file"].head(limit)]


def only_one_right(predictions: Predictions, limit: int = MOST_ITEMS) -> list[Item]:
    """The pictures that one method alone gets right, which each item names as ``method``.

    The one whose method is surest comes first; then by file name.
    """
    answers = _answers(predictions)
    right = answers[~answers["wrong"]]
    alone = right[~right.duplicated("file", keep=False)]
    return _with_method(
        answers, alone.sort_values(["own", "file"], ascending=[False, True]).head(limit)
    )


def most_confident(predictions: Predictions, limit: int = MOST_ITEMS) -> list[Item]:
    """The mistakes that methods are surest of, each picture once.

    A picture belongs to the method that is wrong most confidently, which its item names as
    ``method``. Each method has at most its part of ``limit``: else the weakest method, which
    errs most, would fill the list. The surest comes first; then by file name.
    """
    answers = _answers(predictions)
    # A float32 probability near 1 has too few digits to tell the surest: that of the own class has.
    surest_first = answers[answers["wrong"]].sort_values(
        ["said", "own", "file"], ascending=[False, True, True]
    )
    of_each = surest_first.drop_duplicates("file").groupby("method", sort=False)
    return _with_method(answers, of_each.head(limit // len(predictions)))


def _answers(predictions: Predictions) -> pd.DataFrame:
    """A row a method and picture: ``method``, ``file``, ``actual``, ``predicted``, ``wrong``, and
    the probabilities ``own``, of the picture's class, and ``said``, of the predicted one."""
    tables = []
    for method, table in predictions.items():
        probabilities, rows = probabilities_of(table), np.arange(len(table))
        tables.append(
            table[["file", "actual", "predicted"]].assign(
                method=method,
                wrong=table["actual"] != table["predicted"],
                own=probabilities[rows, labels_of(table)],
                said=probabilities[rows, labels_of(table, "predicted")],
            )
        )
    return pd.concat(tables, ignore_index=True)


def _item(answers: pd.DataFrame, file: str) -> Item:
    of_picture = answers[answers["file"] == file]
    return {
        "file": file,
        "actual": of_picture["actual"].iloc[0],
        "answers": {
            method: {"class": predicted, "probability": float(said)}
            for method, predicted, said in zip(
                of_picture["method"], of_picture["predicted"], of_picture["said"], strict=True
            )
        },
        "wrong": of_picture["method"][of_picture["wrong"]].tolist(),
    }


def _with_method(answers: pd.DataFrame, chosen: pd.DataFrame) -> list[Item]:
    return [
        {**_item(answers, file), "method": method}
        for file, method in zip(chosen["file"], chosen["method"], strict=True)
    ]
