"""What costs which method most, in words."""

import pandas as pd

from dogs_vs_cats.evaluation.words import display_name, listed, points, sentence
from dogs_vs_cats.methods import METHODS

UNALTERED = "none"


def weaknesses(robustness: pd.DataFrame, typicality: pd.DataFrame) -> list[str]:
    """Sentences on the difficulty that costs each method most, on the mildest, and on typicality.

    A method's loss to a difficulty is its accuracy on the unaltered pictures minus its mean
    accuracy over the strengths of that difficulty.

    Args:
        robustness: ``difficulty`` (``none``: unaltered), ``strength``, ``method``, ``accuracy``.
        typicality: ``group`` (1: the most typical of their class), ``method``, ``accuracy``,
            ``accuracy_low``, ``accuracy_high``.
    """
    losses = _losses(robustness)
    if losses.empty:
        return []
    return [*_hardest(losses), *_mildest(losses), *_untypical(typicality)]


def _losses(table: pd.DataFrame) -> pd.DataFrame:
    """A row a difficulty in the table's order, a column a method; shares, lost if positive."""
    altered = table[table["difficulty"] != UNALTERED]
    means = altered.pivot_table(index="difficulty", columns="method", values="accuracy")
    plain = table[table["difficulty"] == UNALTERED].set_index("method")["accuracy"]
    return (plain - means).loc[altered["difficulty"].unique(), list(METHODS)]


def _hardest(losses: pd.DataFrame) -> list[str]:
    """A sentence a difficulty that is some method's hardest; those of most methods first."""
    hardest = losses.idxmax()
    broken_by = {
        str(difficulty): [method for method in METHODS if hardest[method] == difficulty]
        for difficulty in losses.index
        if difficulty in hardest.values
    }
    sentences = []
    for difficulty, broken in sorted(broken_by.items(), key=lambda item: -len(item[1])):
        drops = [f"{display_name(m)} ({points(losses[m][difficulty])} points)" for m in broken]
        sentences.append(f"{sentence(display_name(difficulty))} costs {listed(drops)} most.")
    return sentences


def _mildest(losses: pd.DataFrame) -> list[str]:
    difficulty = str(losses.mean(axis=1).idxmin())
    if difficulty in set(map(str, losses.idxmax())):
        return []
    drops: pd.Series[float] = losses.T[difficulty]
    return [
        f"{sentence(display_name(difficulty))} is the mildest: it costs at most"
        f" {points(drops.max())} points ({display_name(str(drops.idxmax()))})."
    ]


def _untypical(table: pd.DataFrame) -> list[str]:
    groups = sorted(table["group"].unique())
    if len(groups) < 2:
        return []
    most, least = (
        table[table["group"] == group].set_index("method").loc[list(METHODS)]
        for group in (groups[0], groups[-1])
    )
    falls = most["accuracy"] - least["accuracy"]
    drops = [f"{display_name(method)} {points(falls[method])}" for method in METHODS]
    told_apart = (most["accuracy_low"] > least["accuracy_high"]).any()
    doubt = "" if told_apart else " No method's two intervals lie apart: this may be chance."
    return [
        "From the pictures that are most typical of their class to those that are least, accuracy"
        f" falls by so many points: {listed(drops)}.{doubt}"
    ]
