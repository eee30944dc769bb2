"""The pictures behind a training, as its run in MLflow shows them."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

from dogs_vs_cats.tracking.trained import csv_rows

MOST_NAMED = 20
"""Classes that a run tells apart; of more it shows totals."""


def counts(manifest: Path) -> dict[str, Counter[str]]:
    """Pictures of each class by split, as the manifest orders them; nothing if there is none."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in csv_rows(manifest):
        found[row["split"]][row["class"]] += 1
    return found


def picture_params(manifest: Path) -> dict[str, str]:
    """How many pictures of each class a split has, which ``auto`` in the parameters does not tell.

    Returns:
        ``pictures.SPLIT`` for each: a JSON object of the classes, or a total of many classes.
    """
    return {f"pictures.{split}": _told(of_split) for split, of_split in counts(manifest).items()}


def _told(of_split: Mapping[str, int]) -> str:
    if len(of_split) > MOST_NAMED:
        return f"{sum(of_split.values())} of {len(of_split)} classes"
    return json.dumps(of_split, ensure_ascii=False)
