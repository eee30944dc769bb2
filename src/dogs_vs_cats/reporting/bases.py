"""Which base to choose, and what accuracy to expect from few pictures: as a table and in words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dogs_vs_cats.evaluation.words import (
    SPACE,
    base_name,
    count,
    counted,
    p_value,
    percent,
    sentence,
    signed_points,
)
from dogs_vs_cats.reporting.tables import UNKNOWN, Cell, Column, Row, Table, share

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
        Column("Base", numeric=False),
        Column("Side", "pixels"),
        Column("Validation", "%"),
        Column("Test accuracy", "%, 95 % interval"),
        Column(f"Above {reference}", "points, 95 % interval"),
        Column("Adjusted p"),
        Column("Multiply-adds", "billion"),
        Column("Weights", "million"),
        Column("Speed", "pictures/s"),
    )
    rows: list[Row] = []
    for place, row in enumerate(table.to_dict("records")):
        known = seconds.get(row["base"])
        speed = pictures / known if known else None
        compared = row["base"] != row["reference"]
        low, high = signed_points(row["low"]), signed_points(row["high"])
        name = base_name(row["base"]).replace(f" at{SPACE}{row['image_size']}", "")
        rows.append(
            (
                Cell(name, place, "chosen: backbone.name" if row["chosen"] else ""),
                Cell(str(row["image_size"]), row["image_size"]),
                Cell(f"{100 * row['validation_accuracy']:.1f}", row["validation_accuracy"]),
                share(row["accuracy"], row["accuracy_low"], row["accuracy_high"]),
                Cell(
                    signed_points(row["accuracy_difference"]),
                    row["accuracy_difference"],
                    f"{low} to {high}",
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
    return Table("Bases, by a linear probe on their features", columns, rows)


def which(table: "pd.DataFrame") -> list[str]:
    """Which base to choose, by validation, and what that does to the one in use."""
    (best,) = table[table["best_by_validation"]].to_dict("records")
    (chosen,) = table[table["chosen"]].to_dict("records")
    highest = table["validation_accuracy"] == best["validation_accuracy"]
    equal = ", as others are, at the fewest multiply-adds" if highest.sum() > 1 else ""
    told = [
        f"By validation, choose {base_name(best['base'])}: a linear probe on its features is right"
        f" for {percent(best['validation_accuracy'])} of the validation pictures{equal}, and for"
        f" {percent(best['accuracy'])} of {counted(best['pictures'], 'test picture')}."
    ]
    if best["base"] == chosen["base"]:
        return [*told, "It is the base of the methods here."]
    told.append(
        f"The methods here use {base_name(chosen['base'])}, with which the probe is right for"
        f" {percent(chosen['validation_accuracy'])} and {percent(chosen['accuracy'])}."
    )
    if chosen["multiply_adds"] != best["multiply_adds"]:
        times = best["multiply_adds"] / chosen["multiply_adds"]
        factor = f"{times:.2g} times" if times > 1 else f"{percent(times, 0)} of"
        told[-1] = f"{told[-1][:-1]}; the other needs {factor} its multiply-adds."
    return told


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
        reached = [f"{percent(share)} from {count(number)}" for number, share in steps.items()]
        told.append(
            f"{sentence(base_name(base))}: {', '.join(reached)} training pictures of each class."
        )
    reference = table["reference"].iloc[0]
    whole = means[reference].iloc[-1]
    for base in curves["base"].unique():
        enough = means[base][means[base] >= whole]
        if base != reference and len(enough) and enough.index[0] < means[reference].index[-1]:
            told.append(
                f"{sentence(base_name(base))} needs {count(enough.index[0])} to reach what"
                f" {base_name(reference)} does with all {count(means[reference].index[-1])}."
            )
    return told
