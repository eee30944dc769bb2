"""Which method is best, by how much and how surely, in words."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dogs_vs_cats.evaluation.significance import both_ways
from dogs_vs_cats.evaluation.words import (
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
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import ngettext
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
        return _("Here it is {error} for all methods.").format(error=least)
    smallest, largest = (
        listed(display_name(method) for method in METHODS if percent(errors[method]) == end)
        for end in (least, most)
    )
    return _(
        "Here it is smallest for {smallest} ({least}) and largest for {largest} ({most})."
    ).format(smallest=smallest, least=least, largest=largest, most=most)


def _headline(leaders: tuple[Method, ...], evaluation: Mapping[Method, Mapping[str, Any]]) -> str:
    best, number = leaders[0], evaluation[leaders[0]]["pictures"]
    pictures = counted(number, "test picture")
    if len(leaders) == 1:
        return _("{best} is best: it names {share} of {pictures} right.").format(
            best=sentence(display_name(best)),
            share=percent(evaluation[best]["accuracy"]),
            pictures=pictures,
        )
    if len(leaders) == len(METHODS):
        return ngettext(
            "{pictures} does not tell the {number} methods apart.",
            "{pictures} do not tell the {number} methods apart.",
            number,
        ).format(pictures=pictures, number=number_word(len(leaders)))
    in_order = [display_name(method) for method in METHODS if method in leaders]
    return ngettext(
        "{leaders} lead, and {pictures} does not tell which of the {number} is best.",
        "{leaders} lead, and {pictures} do not tell which of the {number} is best.",
        number,
    ).format(
        leaders=sentence(listed(in_order)), pictures=pictures, number=number_word(len(leaders))
    )


def _over_the_next(scores: Mapping[str, Any], leads: list[Mapping[Hashable, Any]]) -> str:
    """Of the best method over those of the next accuracy, which may be several, and its own."""
    difference = leads[0]["accuracy_difference"]
    reached = {
        "best": sentence(display_name(leads[0]["method_b"])),
        "share": percent(scores["accuracy"]),
        "low": percent(scores["accuracy_low"]),
        "high": percent(scores["accuracy_high"]),
    }
    following = [display_name(lead["method_a"]) for lead in leads]
    if not difference:
        return _(
            "{best} has {share} (95\u00a0% interval {low} to {high}), exactly as much as {others}."
        ).format(others=listed(following), **reached)
    held = [name for name, lead in zip(following, leads, strict=True) if lead["supported"]]
    if not held:
        surely = _("That difference may be chance.")
    elif len(held) == len(leads):
        surely = _("The data support that difference.")
    else:
        surely = _("The data support the difference from {others} alone.")
    how = [
        _("{name} ({detail})").format(name=name, detail=_how_surely(lead))
        for name, lead in zip(following, leads, strict=True)
    ]
    led = _(
        "{best} has the highest test accuracy, {share} (95\u00a0% interval {low} to {high}):"
        " {points} points above the next, {others}."
    ).format(points=points(difference), others=listed(how), **reached)
    return f"{led} {surely.format(others=listed(held) if held else '')}"


def _over_the_baseline(lead: Mapping[Hashable, Any]) -> str:
    if lead["p_adjusted"] < 0.001:
        gained = _(
            "Against the {baseline}, learned from scratch without augmentation, it gains {points}"
            " points ({interval}), far more than chance gives."
        )
    elif lead["supported"]:
        gained = _(
            "Against the {baseline}, learned from scratch without augmentation, it gains {points}"
            " points ({interval}), more than chance gives."
        )
    else:
        gained = _(
            "Against the {baseline}, learned from scratch without augmentation, it gains {points}"
            " points ({interval}), which may be chance."
        )
    return gained.format(
        baseline=display_name(BASELINE),
        points=points(lead["accuracy_difference"]),
        interval=_how_surely(lead),
    )


def _how_surely(lead: Mapping[Hashable, Any]) -> str:
    return _("95\u00a0% interval {low} to {high} points, adjusted p\u00a0{p}").format(
        low=points(lead["low"]), high=points(lead["high"]), p=p_value(lead["p_adjusted"])
    )


def _cost(leaders: tuple[Method, ...], wholes: Mapping[Method, float], shared: bool) -> str:
    took = [
        _("{time} for {method}").format(time=seconds(wholes[method]), method=display_name(method))
        for method in sorted(leaders, key=lambda method: wholes[method])
    ]
    told = (
        _(
            "Where accuracy does not decide, cost can: the first model took {times}, all that each"
            " starts from included."
        )
        if shared
        else _("Where accuracy does not decide, cost can: the first model took {times}.")
    )
    return told.format(times=listed(took))
