"""Which method is best, by how much and how surely, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dogs_vs_cats.evaluation.words import display_name, listed, points
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting.wording import (
    SPACE,
    count,
    number_word,
    p_value,
    percent,
    seconds,
    sentence,
)

BASELINE: Method = "small_convnet"
PRECOMPUTED: tuple[Method, ...] = ("feature_extraction", "frozen_base", "fine_tuning")
"""Methods whose training starts from what stages ``features`` and ``views`` computed."""


@dataclass(frozen=True)
class Verdict:
    """What the comparison comes to."""

    leaders: tuple[Method, ...]
    """The method of the highest test accuracy, and those that the data do not tell from it; by
    falling accuracy."""
    headline: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class _Lead:
    """How far one method is above another; shares, -1 to 1."""

    difference: float
    low: float
    high: float
    p_adjusted: float
    supported: bool

    def __str__(self) -> str:
        return (
            f"95{SPACE}% interval {points(self.low)} to {points(self.high)} points,"
            f" adjusted p{SPACE}{p_value(self.p_adjusted)}"
        )


def verdict(
    evaluation: Mapping[Method, Mapping[str, Any]],
    significance: pd.DataFrame,
    timings: Mapping[Method, Mapping[str, Any]],
) -> Verdict:
    """Compare the methods by the test accuracy of the models that validation chose.

    Args:
        evaluation: method to its scores; ``accuracy`` and its interval, ``pictures``.
        significance: a row a pair of methods; the columns ``method_a``, ``method_b``,
            ``accuracy_difference`` (b minus a), ``low``, ``high``, ``p_adjusted``, ``supported``.
        timings: method to its ``seconds`` of training, of those methods that it is known of.
    """
    # Sorting is stable: of equal methods the simpler one, which the lecture has first, is first.
    ranked = sorted(METHODS, key=lambda method: -evaluation[method]["accuracy"])
    best, following = ranked[0], ranked[1]
    leaders = (
        best,
        *(other for other in ranked[1:] if not _lead(significance, best, other).supported),
    )
    return Verdict(
        leaders=leaders,
        headline=_headline(leaders, evaluation),
        sentences=tuple(
            filter(
                None,
                (
                    _over_the_next(evaluation, significance, best, following),
                    _over_the_baseline(significance, best, following),
                    _times(leaders, timings),
                ),
            )
        ),
    )


def _lead(significance: pd.DataFrame, one: Method, other: Method) -> _Lead:
    """How far ``one`` is above ``other``, whichever of the two the table names first."""
    for first, second, sign in ((other, one, 1), (one, other, -1)):
        rows = significance[
            (significance["method_a"] == first) & (significance["method_b"] == second)
        ]
        if len(rows):
            row = rows.iloc[0]
            low, high = sorted((sign * row["low"], sign * row["high"]))
            return _Lead(
                difference=float(sign * row["accuracy_difference"]),
                low=float(low),
                high=float(high),
                p_adjusted=float(row["p_adjusted"]),
                supported=bool(row["supported"]),
            )
    raise ValueError(f"no row compares {one} with {other}")


def _headline(leaders: tuple[Method, ...], evaluation: Mapping[Method, Mapping[str, Any]]) -> str:
    best = leaders[0]
    pictures = count(evaluation[best]["pictures"])
    if len(leaders) == 1:
        return (
            f"{sentence(display_name(best))} is best: it names"
            f" {percent(evaluation[best]['accuracy'])} of {pictures} test pictures right."
        )
    if len(leaders) == len(METHODS):
        return f"{pictures} test pictures do not tell the five methods apart."
    which = "of the two" if len(leaders) == 2 else f"of the {number_word(len(leaders))}"
    in_order = [display_name(method) for method in METHODS if method in leaders]
    return (
        f"{sentence(listed(in_order))} lead, and {pictures} test pictures do not tell"
        f" which {which} is best."
    )


def _over_the_next(
    evaluation: Mapping[Method, Mapping[str, Any]],
    significance: pd.DataFrame,
    best: Method,
    following: Method,
) -> str:
    scores, lead = evaluation[best], _lead(significance, best, following)
    reached = (
        f"{sentence(display_name(best))} has"
        f" {'the highest test accuracy, ' if lead.difference else ''}"
        f"{percent(scores['accuracy'])} (95{SPACE}% interval"
        f" {percent(scores['accuracy_low'])} to {percent(scores['accuracy_high'])})"
    )
    if not lead.difference:
        return f"{reached}, exactly as much as {display_name(following)}."
    surely = (
        "The data support that difference." if lead.supported else "That difference may be chance."
    )
    return (
        f"{reached}: {points(lead.difference)} points above the next, {display_name(following)}"
        f" ({lead}). {surely}"
    )


def _over_the_baseline(significance: pd.DataFrame, best: Method, following: Method) -> str | None:
    if BASELINE in (best, following):
        return None
    lead = _lead(significance, best, BASELINE)
    surely = (
        "far more than chance gives"
        if lead.p_adjusted < 0.001
        else ("more than chance gives" if lead.supported else "which may be chance")
    )
    return (
        f"Against the {display_name(BASELINE)}, learned from scratch without augmentation, it gains"
        f" {points(lead.difference)} points ({lead}), {surely}."
    )


def _times(leaders: tuple[Method, ...], timings: Mapping[Method, Mapping[str, Any]]) -> str | None:
    if len(leaders) == 1 or any(method not in timings for method in leaders):
        return None
    times = [
        f"{seconds(timings[method]['seconds'])} for {display_name(method)}"
        + (" on top of frozen base" if method == "fine_tuning" else "")
        for method in sorted(leaders, key=lambda method: timings[method]["seconds"])
    ]
    spent = f"Where accuracy does not decide, cost can: training took {listed(times)}."
    if set(leaders).isdisjoint(PRECOMPUTED):
        return spent
    return (
        f"{spent} Not in these times is VGG16's pass before training: over each picture once for"
        " feature extraction, over each banked view for frozen base and fine tuning."
    )
