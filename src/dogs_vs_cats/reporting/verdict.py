"""Which method is best, by how much and how surely, in words."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dogs_vs_cats.evaluation.significance import both_ways
from dogs_vs_cats.evaluation.words import (
    SPACE,
    count,
    display_name,
    listed,
    number_word,
    p_value,
    percent,
    points,
    seconds,
    sentence,
)
from dogs_vs_cats.methods import METHODS, Method

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
    best, *others = sorted(METHODS, key=lambda method: -evaluation[method]["accuracy"])
    pairs = both_ways(significance).to_dict("records")
    over = {pair["method_a"]: pair for pair in pairs if pair["method_b"] == best}
    if uncompared := [other for other in others if other not in over]:
        raise ValueError(f"no row compares {best} with {uncompared[0]}")
    leaders = (best, *(other for other in others if not over[other]["supported"]))
    sentences = [_over_the_next(evaluation[best], over[others[0]])]
    if BASELINE not in (best, others[0]):
        sentences.append(_over_the_baseline(over[BASELINE]))
    if len(leaders) > 1 and all(method in timings for method in leaders):
        sentences.append(_times(leaders, timings))
    return Verdict(leaders, _headline(leaders, evaluation), tuple(sentences))


def _headline(leaders: tuple[Method, ...], evaluation: Mapping[Method, Mapping[str, Any]]) -> str:
    best = leaders[0]
    pictures = count(evaluation[best]["pictures"])
    if len(leaders) == 1:
        return (
            f"{sentence(display_name(best))} is best: it names"
            f" {percent(evaluation[best]['accuracy'])} of {pictures} test pictures right."
        )
    number = number_word(len(leaders))
    if len(leaders) == len(METHODS):
        return f"{pictures} test pictures do not tell the {number} methods apart."
    in_order = [display_name(method) for method in METHODS if method in leaders]
    return (
        f"{sentence(listed(in_order))} lead, and {pictures} test pictures do not tell"
        f" which of the {number} is best."
    )


def _over_the_next(scores: Mapping[str, Any], lead: Mapping[Hashable, Any]) -> str:
    following, best = display_name(lead["method_a"]), display_name(lead["method_b"])
    difference = lead["accuracy_difference"]
    reached = (
        f"{sentence(best)} has"
        f" {'the highest test accuracy, ' if difference else ''}"
        f"{percent(scores['accuracy'])} (95{SPACE}% interval"
        f" {percent(scores['accuracy_low'])} to {percent(scores['accuracy_high'])})"
    )
    if not difference:
        return f"{reached}, exactly as much as {following}."
    surely = "The data support that difference."
    if not lead["supported"]:
        surely = "That difference may be chance."
    return (
        f"{reached}: {points(difference)} points above the next, {following}"
        f" ({_how_surely(lead)}). {surely}"
    )


def _over_the_baseline(lead: Mapping[Hashable, Any]) -> str:
    surely = "more than chance gives" if lead["supported"] else "which may be chance"
    if lead["p_adjusted"] < 0.001:
        surely = "far more than chance gives"
    return (
        f"Against the {display_name(BASELINE)}, learned from scratch without augmentation, it gains"
        f" {points(lead['accuracy_difference'])} points ({_how_surely(lead)}), {surely}."
    )


def _how_surely(lead: Mapping[Hashable, Any]) -> str:
    return (
        f"95{SPACE}% interval {points(lead['low'])} to {points(lead['high'])} points,"
        f" adjusted p{SPACE}{p_value(lead['p_adjusted'])}"
    )


def _times(leaders: tuple[Method, ...], timings: Mapping[Method, Mapping[str, Any]]) -> str:
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
