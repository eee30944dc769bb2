"""Deciding in the report and on the cards: what was chosen on validation, and what it does."""

from collections.abc import Mapping
from typing import Any

from dogs_vs_cats.evaluation.words import listed, percent
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting.comparison import markdown
from dogs_vs_cats.reporting.tables import METHOD_COLUMN, UNKNOWN, Cell, Column, Table, named, share


def decisions(evaluation: Mapping[Method, Mapping[str, Any]]) -> Table:
    """A row a method.

    Args:
        evaluation: method to its ``decision``, which
            :func:`dogs_vs_cats.evaluation.decisions.decision` gives, and to its
            ``expected_calibration_error``.
    """
    chosen = {method: evaluation[method]["decision"] for method in METHODS}
    costs = next(iter(chosen.values()))["costs"]
    columns = (
        METHOD_COLUMN,
        Column("Temperature"),
        Column("ECE", "%, raw"),
        Column("ECE", "%, calibrated"),
        *([Column("Cost", "a picture, likeliest")] if costs else []),
        *([Column("Cost", "a picture, cheapest")] if costs else []),
        Column("Sure", "above, %"),
        Column("Answered", "%, 95 % interval"),
        Column("Right of those", "%, 95 % interval"),
    )
    rows = [
        (
            named(method),
            _number(of["temperature"], 2),
            _number(100 * evaluation[method]["expected_calibration_error"], 1),
            _number(100 * of["test"]["calibrated"]["expected_calibration_error"], 1),
            *([_cost(of["test"]["likeliest"]), _cost(of["test"]["cheapest"])] if costs else []),
            _number(100 * of["confidence"], 1),
            _share(of["test"]["answered"], "coverage"),
            _share(of["test"]["answered"], "accuracy"),
        )
        for method, of in chosen.items()
    ]
    return Table("Deciding: chosen on validation, shown on test", columns, rows, note=_note(chosen))


def on_card(decision: Mapping[str, Any], scores: Mapping[str, Any]) -> str:
    """The same of one model, in Markdown's text."""
    test = decision["test"]
    before, after = scores["expected_calibration_error"], test["calibrated"]
    sentences = [
        f"Divided by the temperature {decision['temperature']:.2f}, its logits give probabilities"
        f" that are off by {after['expected_calibration_error']:.3f} instead of {before:.3f} (log"
        f" loss {after['log_loss']:.3f} instead of {scores['log_loss']:.3f})."
    ]
    if decision["costs"]:
        likeliest, cheapest = test["likeliest"], test["cheapest"]
        sentences.append(
            f"Where mistakes cost differently ({markdown(_costs(decision['costs']))}), naming the"
            f" class of least expected cost costs {cheapest['cost']:.3f} a picture instead of"
            f" {likeliest['cost']:.3f}, at an accuracy of {cheapest['accuracy']:.1%}."
        )
    answered = test["answered"]
    if decision["wanted_accuracy"] is not None and answered["coverage"]:
        sentences.append(
            f"Where it may say that it does not know, so that {decision['wanted_accuracy']:.0%} of"
            f" the answers are right on validation, it answers {answered['coverage']:.1%}"
            f" ({answered['coverage_low']:.1%} to {answered['coverage_high']:.1%}) of the test"
            f" pictures, and {answered['accuracy']:.1%} ({answered['accuracy_low']:.1%} to"
            f" {answered['accuracy_high']:.1%}) of these right."
        )
    elif decision["wanted_accuracy"] is not None:
        sentences.append(
            f"No confidence brought {decision['wanted_accuracy']:.0%} of the answers right on"
            " validation and answers a test picture: decided, it never names a class."
        )
    return " ".join(sentences)


def _note(chosen: Mapping[Method, Mapping[str, Any]]) -> str:
    of = next(iter(chosen.values()))
    costs = f" A mistake costs 1, but {_costs(of['costs'])}." if of["costs"] else ""
    wanted = of["wanted_accuracy"]
    unsure = (
        " A picture is answered where the probability of the named class is above the confidence"
        f" that made {percent(wanted, 0)} of the answers right on validation; where few are"
        " answered, few pictures chose it."
        if wanted is not None
        else ""
    )
    return (
        "Calibrated: logits divided by the temperature that gives the least log loss on validation."
        f"{costs}{unsure} Asked for by --answers decided; unasked, answers are raw."
    )


def _costs(costs: Mapping[str, Mapping[str, float]]) -> str:
    pairs = [
        f"{actual} taken for {name} {cost:g}"
        for actual, of_actual in costs.items()
        for name, cost in of_actual.items()
    ]
    more = len(pairs) - _SHOWN
    return listed([*pairs[:_SHOWN], f"{more} others otherwise"] if more > 0 else pairs)


_SHOWN = 6


def _number(value: float, digits: int) -> Cell:
    return Cell(f"{value:.{digits}f}", value)


def _cost(of: Mapping[str, float]) -> Cell:
    return Cell(f"{of['cost']:.3f}", of["cost"], f"{of['cost_low']:.3f} to {of['cost_high']:.3f}")


def _share(of: Mapping[str, float], name: str) -> Cell:
    if name not in of:
        return Cell(UNKNOWN, None)
    return share(of[name], of[f"{name}_low"], of[f"{name}_high"])
