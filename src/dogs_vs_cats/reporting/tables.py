"""The report's tables: what stands in which cell, and what it is sorted by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dogs_vs_cats.evaluation.words import display_name, points
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting.wording import (
    SPACE,
    count,
    p_value,
    sentence,
)

if TYPE_CHECKING:
    import pandas as pd

    from dogs_vs_cats.reporting.results import Results

UNKNOWN = "\u2013"  # an en dash


@dataclass(frozen=True)
class Column:
    """The head of a column."""

    label: str
    unit: str = ""
    numeric: bool = True


@dataclass(frozen=True)
class Cell:
    """A cell; ``order`` is what its column is sorted by (``None``: unknown, always last)."""

    text: str
    order: float | None
    detail: str = ""
    """A second, smaller line."""
    method: Method | None = None
    """Shows the method's colour."""


@dataclass(frozen=True)
class Table:
    """A table whose first column names the row."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def comparison(results: "Results") -> Table:
    """A row a method: how good it is and what it costs."""
    columns = (
        Column("Method", numeric=False),
        Column("Test accuracy", "%, 95 % interval"),
        Column("Validation", "%"),
        Column("Training", "%"),
        Column("ROC AUC"),
        Column("Log loss", "nats"),
        Column("ECE", "%"),
        Column("Brier"),
        Column("Trained weights", "million"),
        Column("All weights", "million"),
        Column("Multiply-adds", "billion"),
        Column("Training time", "s"),
        Column("Training speed", "pictures/s"),
        Column("Model", "MB"),
    )
    return Table(
        "The five methods, by quality and cost",
        columns,
        tuple(_comparison_row(results, method) for method in METHODS),
    )


def pairs(significance: "pd.DataFrame") -> Table:
    """A row a pair of methods, in the order given."""
    columns = (
        Column("Pair", numeric=False),
        Column("Difference", "points, 95 % interval"),
        Column("Only the first is right", "pictures"),
        Column("Only the second is right", "pictures"),
        Column("Adjusted p"),
        Column("Supported", numeric=False),
    )
    rows = tuple(_pair_row(place, row) for place, row in enumerate(significance.to_dict("records")))
    return Table("All ten pairs of methods on the same test pictures", columns, rows)


def robustness(table: "pd.DataFrame") -> Table:
    """A row a difficulty and strength, a column a method: accuracy on the altered pictures."""
    keys = table[["difficulty", "strength"]].drop_duplicates().itertuples(index=False, name=None)
    rows = []
    for place, (difficulty, strength) in enumerate(sorted(keys, key=lambda key: key[0] != "none")):
        altered = table[(table["difficulty"] == difficulty) & (table["strength"] == strength)]
        plain = difficulty == "none"
        rows.append(
            (
                Cell("Unaltered" if plain else sentence(display_name(difficulty)), place),
                Cell(UNKNOWN if plain else str(strength), float(strength)),
                *_accuracies(altered),
            )
        )
    columns = (Column("Difficulty", numeric=False), Column("Strength"), *_method_columns())
    return Table("Accuracy on altered test pictures", columns, tuple(rows))


def typicality(table: "pd.DataFrame") -> Table:
    """A row a fifth of the test pictures, from the most typical of their class to the least."""
    rows = []
    for group in sorted(table["group"].unique()):
        members = table[table["group"] == group]
        detail = {1: "most typical", table["group"].max(): "least typical"}.get(group, "")
        distance = float(members["mean_distance"].iloc[0])
        rows.append(
            (
                Cell(f"Group {group}", float(group), detail),
                Cell(f"{distance:.3g}", distance),
                *_accuracies(members),
            )
        )
    columns = (Column("Pictures", numeric=False), Column("Mean distance"), *_method_columns())
    return Table("Accuracy by how typical a picture is of its class", columns, tuple(rows))


def seeds(table: "pd.DataFrame") -> Table:
    """A row a method that was trained with several seeds: mean, deviation and range."""
    rows = []
    for method in METHODS:
        accuracies = table.loc[table["method"] == method, "test_accuracy"]
        if len(accuracies) < 2:
            continue
        mean, deviation = float(accuracies.mean()), float(accuracies.std(ddof=1))
        rows.append(
            (
                _named(method),
                Cell(count(len(accuracies)), len(accuracies)),
                Cell(f"{100 * mean:.1f}", mean),
                Cell(f"{100 * deviation:.2f}", deviation),
                Cell(f"{100 * accuracies.min():.1f}", float(accuracies.min())),
                Cell(f"{100 * accuracies.max():.1f}", float(accuracies.max())),
            )
        )
    columns = (
        Column("Method", numeric=False),
        Column("Seeds"),
        Column("Mean test accuracy", "%"),
        Column("Standard deviation", "points"),
        Column("Lowest", "%"),
        Column("Highest", "%"),
    )
    return Table("Test accuracy over repeated trainings", columns, tuple(rows))


def widest_interval(table: "pd.DataFrame") -> float:
    """Half the width of the widest ``accuracy_low`` to ``accuracy_high``, as a share."""
    return float((table["accuracy_high"] - table["accuracy_low"]).max() / 2)


def _pair_row(place: int, row: dict[Any, Any]) -> tuple[Cell, ...]:
    return (
        Cell(f"{display_name(row['method_b'])} over {display_name(row['method_a'])}", place),
        Cell(
            points(row["accuracy_difference"]),
            row["accuracy_difference"],
            f"{points(row['low'])} to {points(row['high'])}",
        ),
        Cell(count(row["only_b_right"]), row["only_b_right"]),
        Cell(count(row["only_a_right"]), row["only_a_right"]),
        Cell(p_value(row["p_adjusted"]).removeprefix(f"={SPACE}"), row["p_adjusted"]),
        Cell("yes" if row["supported"] else "no", 0 if row["supported"] else 1),
    )


def _comparison_row(results: "Results", method: Method) -> tuple[Cell, ...]:
    scores, training = results.evaluation[method], results.training[method]
    cost, timings = results.cost[method], results.timings.get(method)
    return (
        _named(method),
        Cell(
            f"{100 * scores['accuracy']:.1f}",
            scores["accuracy"],
            f"{100 * scores['accuracy_low']:.1f} to {100 * scores['accuracy_high']:.1f}",
        ),
        _number(100 * training["validation_accuracy"], 1),
        _number(100 * training["train_accuracy"], 1),
        _number(scores["roc_auc"], 4),
        _number(scores["log_loss"], 3),
        _number(100 * scores["expected_calibration_error"], 1),
        _number(scores["brier"], 3),
        _number(cost["trainable_parameters"] / 1e6, 2),
        _number(cost["parameters"] / 1e6, 2),
        _number(cost["multiply_adds"] / 1e9, 2),
        _number(timings["seconds"] if timings else None, 0),
        _number(timings["pictures_per_second"] if timings else None, 0),
        _number(cost["model_bytes"] / 1e6, 1),
    )


def _named(method: Method) -> Cell:
    return Cell(display_name(method), METHODS.index(method), method=method)


def _number(value: float | None, digits: int) -> Cell:
    return Cell(UNKNOWN, None) if value is None else Cell(f"{value:,.{digits}f}", float(value))


def _method_columns() -> tuple[Column, ...]:
    return tuple(Column(sentence(display_name(method)), "%") for method in METHODS)


def _accuracies(rows: "pd.DataFrame") -> Sequence[Cell]:
    by_method = dict(zip(rows["method"], rows["accuracy"], strict=True))
    return [_number(100 * by_method[m] if m in by_method else None, 1) for m in METHODS]
