"""Which method is best, by how much and how surely, in words."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dogs_vs_cats.evaluation.significance import both_ways
from dogs_vs_cats.evaluation.words import (
    SPACE,
    counted,
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
from dogs_vs_cats.tracking.timings import TrainingTime

BASELINE: Method = "small_convnet"


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
    times: Mapping[Method, TrainingTime],
) -> Verdict:
    """Compare the methods by the test accuracy of the models that validation chose.

    Args:
        evaluation: method to its scores; ``accuracy`` and its interval, ``pictures``.
        significance: a row a pair of methods; the columns ``method_a``, ``method_b``,
            ``accuracy_difference`` (b minus a), ``low``, ``high``, ``p_adjusted``, ``supported``.
        times: of those methods that they are known of.
    """
    # Sorting is stable: of equal methods the simpler one, which the lecture has first, is first.
    best, *others = sorted(METHODS, key=lambda method: -evaluation[method]["accuracy"])
    pairs = both_ways(significance).to_dict("records")
    over = {pair["method_a"]: pair for pair in pairs if pair["method_b"] == best}
    if uncompared := [other for other in others if other not in over]:
        raise ValueError(f"no row compares {best} with {uncompared[0]}")
    leaders = (best, *(other for other in others if not over[other]["supported"]))
    second = evaluation[others[0]]["accuracy"]
    following = [other for other in others if evaluation[other]["accuracy"] == second]
    sentences = [_over_the_next(evaluation[best], [over[other] for other in following])]
    if BASELINE not in (best, *following):
        sentences.append(_over_the_baseline(over[BASELINE]))
    wholes = {m: whole for m, time in times.items() if (whole := time.whole) is not None}
    if len(leaders) > 1 and wholes.keys() >= set(leaders):
        sentences.append(_cost(leaders, wholes, any(times[m].shared for m in leaders)))
    return Verdict(leaders, _headline(leaders, evaluation), tuple(sentences))


def calibration(evaluation: Mapping[Method, Mapping[str, Any]]) -> str:
    """Whose probabilities are nearest to the truth, and whose farthest; equal if they read so.

    Args:
        evaluation: method to its ``expected_calibration_error``, 0 to 1.
    """
    errors = {m: evaluation[m]["expected_calibration_error"] for m in METHODS}
    least, most = (percent(end(errors.values())) for end in (min, max))
    if least == most:
        return f"Here it is {least} for all methods."
    smallest, largest = (
        listed(display_name(method) for method in METHODS if percent(errors[method]) == end)
        for end in (least, most)
    )
    return f"Here it is smallest for {smallest} ({least}) and largest for {largest} ({most})."


def _headline(leaders: tuple[Method, ...], evaluation: Mapping[Method, Mapping[str, Any]]) -> str:
    best = leaders[0]
    pictures = counted(evaluation[best]["pictures"], "test picture")
    fail = "does" if evaluation[best]["pictures"] == 1 else "do"
    if len(leaders) == 1:
        return (
            f"{sentence(display_name(best))} is best: it names"
            f" {percent(evaluation[best]['accuracy'])} of {pictures} right."
        )
    number = number_word(len(leaders))
    if len(leaders) == len(METHODS):
        return f"{pictures} {fail} not tell the {number} methods apart."
    in_order = [display_name(method) for method in METHODS if method in leaders]
    return (
        f"{sentence(listed(in_order))} lead, and {pictures} {fail} not tell"
        f" which of the {number} is best."
    )


def _over_the_next(scores: Mapping[str, Any], leads: list[Mapping[Hashable, Any]]) -> str:
    """Of the best method over those of the next accuracy, which may be several, and its own."""
    difference = leads[0]["accuracy_difference"]
    reached = (
        f"{sentence(display_name(leads[0]['method_b']))} has"
        f" {'the highest test accuracy, ' if difference else ''}"
        f"{percent(scores['accuracy'])} (95{SPACE}% interval"
        f" {percent(scores['accuracy_low'])} to {percent(scores['accuracy_high'])})"
    )
    following = [display_name(lead["method_a"]) for lead in leads]
    if not difference:
        return f"{reached}, exactly as much as {listed(following)}."
    held = [name for name, lead in zip(following, leads, strict=True) if lead["supported"]]
    surely = f"The data support the difference from {listed(held)} alone." if held else ""
    if len(held) in (0, len(leads)):
        surely = "The data support that difference." if held else "That difference may be chance."
    how = [f"{name} ({_how_surely(lead)})" for name, lead in zip(following, leads, strict=True)]
    return f"{reached}: {points(difference)} points above the next, {listed(how)}. {surely}"


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


def _cost(leaders: tuple[Method, ...], wholes: Mapping[Method, float], shared: bool) -> str:
    took = [
        f"{seconds(wholes[method])} for {display_name(method)}"
        for method in sorted(leaders, key=lambda method: wholes[method])
    ]
    return (
        f"Where accuracy does not decide, cost can: the first model took {listed(took)}"
        f"{', all that each starts from included' if shared else ''}."
    )
