"""Deciding in the report and on the cards: what was chosen on validation, and what it does."""

from collections.abc import Mapping
from typing import Any

from dogs_vs_cats.evaluation.words import listed, percent
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting.comparison import markdown
from dogs_vs_cats.reporting.tables import UNKNOWN, Cell, Column, Table, named, share


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
        Column(_("Method"), numeric=False),
        Column(_("Temperature")),
        Column("ECE", _("%, raw")),
        Column("ECE", _("%, calibrated")),
        *([Column(_("Cost"), _("a picture, likeliest"))] if costs else []),
        *([Column(_("Cost"), _("a picture, cheapest"))] if costs else []),
        Column(_("Sure"), _("above, %")),
        Column(_("Answered"), _("%, 95 % interval")),
        Column(_("Right of those"), _("%, 95 % interval")),
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
    return Table(
        _("Deciding: chosen on validation, shown on test"), columns, rows, note=_note(chosen)
    )


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
    sentences = [
        _(
            "Calibrated: logits divided by the temperature that gives the least log loss on"
            " validation."
        )
    ]
    if of["costs"]:
        sentences.append(_("A mistake costs 1, but {costs}.").format(costs=_costs(of["costs"])))
    if of["wanted_accuracy"] is not None:
        sentences.append(
            _(
                "A picture is answered where the probability of the named class is above the"
                " confidence that made {wanted} of the answers right on validation; where few are"
                " answered, few pictures chose it."
            ).format(wanted=percent(of["wanted_accuracy"], 0))
        )
    sentences.append(_("Answers are raw unless decided ones are asked for."))
    return " ".join(sentences)


def _costs(costs: Mapping[str, Mapping[str, float]]) -> str:
    pairs = [
        _("{actual} taken for {named} {cost:g}").format(actual=actual, named=name, cost=cost)
        for actual, of_actual in costs.items()
        for name, cost in of_actual.items()
    ]
    more = len(pairs) - _SHOWN
    others = [_("{number} others otherwise").format(number=more)] if more > 0 else []
    return listed([*pairs[:_SHOWN], *others])


_SHOWN = 6


def _number(value: float, digits: int) -> Cell:
    return Cell(f"{value:.{digits}f}", value)


def _cost(of: Mapping[str, float]) -> Cell:
    return Cell(f"{of['cost']:.3f}", of["cost"], f"{of['cost_low']:.3f} to {of['cost_high']:.3f}")


def _share(of: Mapping[str, float], name: str) -> Cell:
    if name not in of:
        return Cell(UNKNOWN, None)
    return share(of[name], of[f"{name}_low"], of[f"{name}_high"])
