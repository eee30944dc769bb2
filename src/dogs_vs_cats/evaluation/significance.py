"""Which differences in accuracy are more than luck: paired tests on the same test pictures."""

from collections.abc import Hashable, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import binom

from dogs_vs_cats.evaluation.words import counted, display_name, points
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.methods import Method

LEVEL = 0.05
"""A difference is supported below this adjusted p-value; intervals cover 1 - LEVEL."""


def compare(predictions: Mapping[Method, pd.DataFrame], resamples: int, seed: int) -> pd.DataFrame:
    """Every pair of methods, tested on the pictures that only one of the two gets right.

    Both methods judged the same pictures, so what they share says nothing about their
    difference. The p-value is :func:`exact_mcnemar`'s; :func:`holm` corrects it for the number of
    pairs. Intervals are not corrected: each is a 95 % interval of one difference, and may exclude 0
    where the corrected test does not support the difference.

    Args:
        predictions: method to :func:`dogs_vs_cats.evaluation.metrics.prediction_table`.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        A row a pair, in the order of ``predictions``: ``method_a``, ``method_b``,
        ``accuracy_difference`` (b minus a, -1 to 1) with its bootstrap interval ``low`` and
        ``high``, ``only_a_right`` and ``only_b_right`` (pictures), ``p_value``, ``p_adjusted``,
        and ``supported``.

    Raises:
        ValueError: the methods judged different pictures.
    """
    rng = np.random.default_rng(seed)
    right = {
        m: (table["actual"] == table["predicted"]).to_numpy() for m, table in predictions.items()
    }
    first, *others = (list(table["file"]) for table in predictions.values())
    if any(other != first for other in others):
        raise ValueError("a paired test needs the same pictures in the same order")
    rows = [
        {"method_a": a, "method_b": b, **paired_test(right[a], right[b], resamples, rng)}
        for a, b in combinations(predictions, 2)
    ]
    return adjusted(pd.DataFrame(rows))


def paired_test(
    right_a: npt.NDArray[np.bool_],
    right_b: npt.NDArray[np.bool_],
    resamples: int,
    rng: np.random.Generator,
) -> dict[str, float]:
    """How two differ in accuracy that judged the same pictures; see :func:`compare`.

    Args:
        right_a: for each picture, whether the first is right.
        right_b: whether the second is.
        resamples: of the bootstrap.
        rng: of the bootstrap.

    Returns:
        ``accuracy_difference``, ``low``, ``high``, ``only_a_right``, ``only_b_right``,
        ``p_value``.
    """
    only_a, only_b = int(np.sum(right_a & ~right_b)), int(np.sum(right_b & ~right_a))
    low, high = _paired_bootstrap(only_a, only_b, len(right_a), resamples, rng)
    return {
        "accuracy_difference": (only_b - only_a) / len(right_a),
        "low": low,
        "high": high,
        "only_a_right": only_a,
        "only_b_right": only_b,
        "p_value": exact_mcnemar(only_a, only_b),
    }


def adjusted(tests: pd.DataFrame) -> pd.DataFrame:
    """A table of :func:`paired_test` with ``p_adjusted``, by :func:`holm`, and ``supported``."""
    p_values = holm(tests["p_value"].to_numpy(float))
    return tests.assign(p_adjusted=p_values, supported=p_values < LEVEL)


def exact_mcnemar(only_a: int, only_b: int) -> float:
    """The two-sided p-value of McNemar's test (1947) in its exact, binomial form, 0 to 1.

    Where neither is better, each picture that only one of the two gets right is as likely one's as
    the other's. Pictures on which both agree do not enter the test.
    """
    # Not scipy.stats.binomtest, which sums both tails: its last digit can differ.
    return min(1.0, 2 * float(binom.cdf(min(only_a, only_b), only_a + only_b, 0.5)))


def holm(p_values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """p-values, shape (tests,), adjusted for their number by Holm's step-down method.

    The smallest is multiplied by the number of tests, the next by one less and so on; none may
    fall below the one before it (Holm, 1979, Scandinavian Journal of Statistics 6, 65-70).
    """
    order = np.argsort(p_values)
    multiplied = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(multiplied)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(multiplied))
    return adjusted


def _paired_bootstrap(
    only_a: int, only_b: int, pictures: int, resamples: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Percentile interval (Efron & Tibshirani, 1993, chapter 13) of the difference b minus a.

    A picture adds -1, 1 or 0 to the difference, so drawing pictures with replacement draws the
    counts of the three from a multinomial distribution: the same bootstrap, without the pictures.
    """
    counts = np.array([only_a, only_b, pictures - only_a - only_b])
    drawn = rng.multinomial(pictures, counts / pictures, size=resamples)
    differences = (drawn[:, 1] - drawn[:, 0]) / pictures
    low, high = np.quantile(differences, [LEVEL / 2, 1 - LEVEL / 2])
    return float(low), float(high)


def both_ways(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of :func:`compare`, each followed by the same pair the other way round, b for a."""
    names = ("method_a", "method_b"), ("low", "high"), ("only_a_right", "only_b_right")
    swapped = {old: new for pair in names for old, new in (pair, pair[::-1])}
    turned = table.rename(columns=swapped)
    turned[["accuracy_difference", "low", "high"]] *= -1
    return pd.concat([table, turned]).sort_index(kind="stable")


def findings(table: pd.DataFrame) -> list[str]:
    """What :func:`compare` found, in plain sentences: a summary, then a sentence a pair.

    Supported differences come first, the largest at the front. A difference that is not
    supported is not called equality.
    """
    # A supported difference is never 0, where p is 1: one of the two is better.
    better = (
        both_ways(table)
        .query("supported and accuracy_difference > 0")
        .sort_values("accuracy_difference", ascending=False, kind="stable")
    )
    held = (
        _(
            "The test pictures support {number} of {differences} in accuracy (exact McNemar test,"
            " Holm's correction, level {level})."
        )
        if len(better)
        else _(
            "The test pictures support none of {differences} in accuracy (exact McNemar test,"
            " Holm's correction, level {level})."
        )
    )
    differences = counted(len(table), "difference")
    return [
        held.format(number=len(better), differences=differences, level=LEVEL),
        *map(_supported, better.to_dict("records")),
        *map(_unsupported, table[~table["supported"]].to_dict("records")),
    ]


def _supported(row: Mapping[Hashable, Any]) -> str:
    return _(
        "Supported: {b} is more accurate than {a} by {difference} percentage points (95 % interval"
        " {low} to {high}). {evidence}."
    ).format(difference=points(row["accuracy_difference"]), **_told(row))


def _unsupported(row: Mapping[Hashable, Any]) -> str:
    told = _told(row)
    if row["only_a_right"] + row["only_b_right"] == 0:
        return _("Not supported: {b} and {a} get exactly the same pictures right.").format(**told)
    return _(
        "Not supported: a difference between {b} and {a}. {evidence}; the 95 % interval of {b}"
        " minus {a} is {low} to {high} percentage points."
    ).format(**told)


def _told(row: Mapping[Hashable, Any]) -> dict[str, str]:
    """A pair in words: what each is called, the interval, and what speaks for a difference."""
    a, b = display_name(row["method_a"]), display_name(row["method_b"])
    only_a, only_b, p = row["only_a_right"], row["only_b_right"], row["p_adjusted"]
    evidence = _(
        "Of the {pictures} that only one of the two gets right, {b} gets {only_b} and {a} {only_a}"
        " (adjusted p {p})"
    ).format(
        pictures=counted(only_a + only_b, "picture"),
        a=a,
        b=b,
        only_a=only_a,
        only_b=only_b,
        p="< 0.001" if p < 0.001 else f"= {p:.3f}",
    )
    interval = {"low": points(row["low"]), "high": points(row["high"])}
    return {"a": a, "b": b, "evidence": evidence, **interval}
