"""Deciding in the report and on the cards: what was chosen on validation, and what it does."""

from collections.abc import Mapping
from typing import Any

from dogs_vs_cats.evaluation.words import listed
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting.comparison import markdown
from dogs_vs_cats.reporting.tables import UNKNOWN, Cell, Column, Table, between, named, share

_SHOWN = 6
"""Costs that are told of one by one."""


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
            _sure(of["confidence"]),
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
    if decision["wanted_accuracy"] is None:
        return " ".join(sentences)
    wanted = _exact(decision["wanted_accuracy"])
    if answered["coverage"]:
        sentences.append(
            f"Where it may say that it does not know, so that {wanted} of the answers are right on"
            f" validation, it answers {_with_interval(answered, 'coverage')} of the test pictures,"
            f" and {_with_interval(answered, 'accuracy')} of these right"
            + (f", at a cost of {answered['cost']:.3f} each." if decision["costs"] else ".")
        )
    else:
        sentences.append(
            f"No confidence brought {wanted} of the answers right on"
            " validation and answers a test picture: decided, it never names a class."
        )
    return " ".join(sentences)


def _with_interval(of: Mapping[str, float], name: str) -> str:
    return f"{of[name]:.1%} ({of[f'{name}_low']:.1%} to {of[f'{name}_high']:.1%})"


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
        answered = (
            _(
                "A picture is answered where 1 less the expected cost of the named class is above"
                " the confidence that made {wanted} of the answers right on validation; where few"
                " are answered, few pictures chose it."
            )
            if of["costs"]
            else _(
                "A picture is answered where the probability of the named class is above the"
                " confidence that made {wanted} of the answers right on validation; where few are"
                " answered, few pictures chose it."
            )
        )
        sentences.append(answered.format(wanted=_exact(of["wanted_accuracy"])))
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


def _exact(share: float) -> str:
    """A share that is asked for, 0 to 1, with all its digits: 0.995 is not "100 %"."""
    return _("{number}\u00a0%").format(number=f"{100 * share:g}")


def _sure(confidence: float | None) -> Cell:
    return Cell(UNKNOWN if confidence is None else f"{100 * confidence:.2f}", confidence)


def _number(value: float, digits: int) -> Cell:
    return Cell(f"{value:.{digits}f}", value)


def _cost(of: Mapping[str, float]) -> Cell:
    return Cell(
        f"{of['cost']:.3f}", of["cost"], between(f"{of['cost_low']:.3f}", f"{of['cost_high']:.3f}")
    )


def _share(of: Mapping[str, float], name: str) -> Cell:
    if name not in of:
        return Cell(UNKNOWN, None)
    return share(of[name], of[f"{name}_low"], of[f"{name}_high"])
