"""Which base to choose, and what accuracy to expect from few pictures: as a table and in words."""

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from dogs_vs_cats.evaluation.words import (
    SPACE,
    base_name,
    count,
    counted,
    network,
    p_value,
    percent,
    sentence,
    signed_points,
)
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.reporting.tables import UNKNOWN, Cell, Column, Row, Table, between, share

if TYPE_CHECKING:
    import pandas as pd


def comparison(table: "pd.DataFrame", seconds: Mapping[str, float], pictures: int) -> Table:
    """A row a base: how good a linear probe on its features is, and what the base costs.

    Args:
        table: ``backbones.csv``, see :func:`dogs_vs_cats.evaluation.bases.compare_bases`.
        seconds: base to the time that all pictures took, where it is known.
        pictures: of all splits.
    """
    reference = base_name(table["reference"].iloc[0])
    columns = (
        Column(_("Base"), numeric=False),
        Column(_("Side"), _("pixels")),
        Column(_("Validation"), "%"),
        Column(_("Test accuracy"), _("%, 95 % interval")),
        Column(_("Above {base}").format(base=reference), _("points, 95 % interval")),
        Column(_("Adjusted p")),
        Column(_("Multiply-adds"), _("billion")),
        Column(_("Weights"), _("million")),
        Column(_("Speed"), _("pictures/s")),
    )
    rows: list[Row] = []
    for place, row in enumerate(table.to_dict("records")):
        known = seconds.get(row["base"])
        speed = pictures / known if known else None
        compared = row["base"] != row["reference"]
        interval = between(signed_points(row["low"]), signed_points(row["high"]))
        chosen = _("chosen: backbone.name") if row["chosen"] else ""
        rows.append(
            (
                Cell(network(row["backbone"]), place, chosen),
                Cell(str(row["image_size"]), row["image_size"]),
                Cell(f"{100 * row['validation_accuracy']:.1f}", row["validation_accuracy"]),
                share(row["accuracy"], row["accuracy_low"], row["accuracy_high"]),
                Cell(
                    signed_points(row["accuracy_difference"]),
                    row["accuracy_difference"],
                    interval,
                )
                if compared
                else Cell(UNKNOWN, None),
                Cell(p_value(row["p_adjusted"]).removeprefix(f"={SPACE}"), row["p_adjusted"])
                if compared
                else Cell(UNKNOWN, None),
                Cell(f"{row['multiply_adds'] / 1e9:.2f}", row["multiply_adds"]),
                Cell(f"{row['parameters'] / 1e6:.1f}", row["parameters"]),
                Cell(count(speed), speed) if speed else Cell(UNKNOWN, None),
            )
        )
    return Table(_("Bases, by a linear probe on their features"), columns, rows)


def which(table: "pd.DataFrame") -> list[str]:
    """Which base to choose, by validation, and what that does to the one in use."""
    (best,) = table[table["best_by_validation"]].to_dict("records")
    (chosen,) = table[table["chosen"]].to_dict("records")
    highest = table["validation_accuracy"] == best["validation_accuracy"]
    shares = {
        "base": base_name(best["base"]),
        "validation": percent(best["validation_accuracy"]),
        "test": percent(best["accuracy"]),
        "pictures": counted(best["pictures"], "test picture"),
    }
    told = (
        _(
            "By validation, choose {base}: a linear probe on its features is right for {validation}"
            " of the validation pictures, as others are, at the fewest multiply-adds, and for"
            " {test} of {pictures}."
        )
        if highest.sum() > 1
        else _(
            "By validation, choose {base}: a linear probe on its features is right for {validation}"
            " of the validation pictures, and for {test} of {pictures}."
        )
    ).format(**shares)
    if best["base"] == chosen["base"]:
        return [told, _("It is the base of the methods here.")]
    return [told, _in_use(chosen, best["multiply_adds"] / chosen["multiply_adds"])]


def _in_use(chosen: Mapping[Hashable, Any], times: float) -> str:
    """How good the base in use is, and how many times its multiply-adds the best one needs."""
    if times == 1:
        told = _(
            "The methods here use {base}, with which the probe is right for {validation} and"
            " {test}."
        )
    elif times > 1:
        told = _(
            "The methods here use {base}, with which the probe is right for {validation} and"
            " {test}; the other needs {times} times its multiply-adds."
        )
    else:
        told = _(
            "The methods here use {base}, with which the probe is right for {validation} and"
            " {test}; the other needs {share} of its multiply-adds."
        )
    return told.format(
        base=base_name(chosen["base"]),
        validation=percent(chosen["validation_accuracy"]),
        test=percent(chosen["accuracy"]),
        times=f"{times:.2g}",
        share=percent(times, 0),
    )


def change(table: "pd.DataFrame") -> str:
    """The command that makes the methods use the base that is best by validation; empty if they
    do."""
    (best,) = table[table["best_by_validation"]].to_dict("records")
    if best["chosen"]:
        return ""
    return (
        f"dvc exp run -S backbone.name={best['backbone']}"
        f" -S backbone.image_size={best['image_size']}"
    )


def how_many(curves: "pd.DataFrame", table: "pd.DataFrame") -> list[str]:
    """What accuracy each base reaches from how many pictures of each class, a sentence each.

    Args:
        curves: ``learning_curve.csv``.
        table: ``backbones.csv``.
    """
    means = curves.groupby(["base", "pictures_per_class"], sort=False)["accuracy"].mean()
    told = []
    for base in curves["base"].unique():
        of_base = means[base]
        few = of_base[[count for count in (of_base.index[0], 10, 100) if count in of_base.index]]
        steps = {**few.to_dict(), of_base.index[-1]: of_base.iloc[-1]}
        reached = [
            _("{share} from {number}").format(share=percent(share), number=count(number))
            for number, share in steps.items()
        ]
        told.append(
            _("{base}: {reached} training pictures of each class.").format(
                base=sentence(base_name(base)), reached=", ".join(reached)
            )
        )
    reference = table["reference"].iloc[0]
    whole = means[reference].iloc[-1]
    for base in curves["base"].unique():
        enough = means[base][means[base] >= whole]
        if base != reference and len(enough) and enough.index[0] < means[reference].index[-1]:
            told.append(
                _("{base} needs {few} to reach what {reference} does with all {many}.").format(
                    base=sentence(base_name(base)),
                    few=count(enough.index[0]),
                    reference=base_name(reference),
                    many=count(means[reference].index[-1]),
                )
            )
    return told
