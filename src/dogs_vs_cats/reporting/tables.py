"""The report's tables: what stands in which cell, and what it is sorted by."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dogs_vs_cats.evaluation.metrics import wilson_interval
from dogs_vs_cats.evaluation.words import (
    SPACE,
    count,
    display_name,
    number_word,
    p_value,
    points,
    sentence,
)
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting.classes import Balance, balanced_accuracy, short
from dogs_vs_cats.reporting.weaknesses import UNALTERED

if TYPE_CHECKING:
    import pandas as pd

    from dogs_vs_cats.reporting.results import Results
    from dogs_vs_cats.tracking.timings import TrainingTime

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


Row = Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """A table whose first column names the row."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    method: Method | None = None
    """That it is about; ``None`` when it compares."""
    note: str = ""
    """What must be said of it."""


def comparison(results: "Results", balance: Balance) -> Table:
    """A row a method: how good it is and what it costs.

    Where classes are unequal: also the mean accuracy over them, and, as a row, what a model reaches
    that always says the largest class.
    """
    test, training, cost = results.evaluation, results.training, results.cost
    times = results.times
    # A measure's column, its value for a method, and the digits that it is shown with.
    measures: tuple[tuple[Column, Callable[[Method], float | None], int], ...] = (
        (Column(_("Validation"), "%"), lambda m: 100 * training[m]["validation_accuracy"], 1),
        (Column(_("Training"), "%"), lambda m: 100 * training[m]["train_accuracy"], 1),
        (Column("ROC AUC"), lambda m: test[m]["roc_auc"], 4),
        (Column(_("Log loss"), _("nats")), lambda m: test[m]["log_loss"], 3),
        (Column("ECE", "%"), lambda m: 100 * test[m]["expected_calibration_error"], 1),
        (Column("Brier"), lambda m: test[m]["brier"], 3),
        (
            Column(_("Trained weights"), _("million")),
            lambda m: cost[m]["trainable_parameters"] / 1e6,
            2,
        ),
        (Column(_("All weights"), _("million")), lambda m: cost[m]["parameters"] / 1e6, 2),
        (Column(_("Multiply-adds"), _("billion")), lambda m: cost[m]["multiply_adds"] / 1e9, 2),
        (Column(_("Model"), "MB"), lambda m: cost[m]["model_bytes"] / 1e6, 1),
    )
    columns = (
        Column(_("Method"), numeric=False),
        Column(_("Test accuracy"), _("%, 95 % interval")),
        *([Column(_("Mean over classes"), "%")] if balance.unequal else []),
        *(m[0] for m in measures),
        Column(_("First model"), _("after s; shared + own")),
        Column(_("Training speed"), _("pictures/s")),
    )
    rows: list[Row] = []
    for method in METHODS:
        accuracy, low, high = (test[method][f"accuracy{end}"] for end in ("", "_low", "_high"))
        mean = _number(100 * balanced_accuracy(test[method]["confusion"]), 1)
        rows.append(
            (
                named(method),
                share(accuracy, low, high),
                *([mean] if balance.unequal else []),
                *(_number(value(method), digits) for _, value, digits in measures),
                _first_model(times.get(method)),
                _number(times[method].pictures_per_second if method in times else None, 0),
            )
        )
    if balance.unequal:
        rows.append(_always_largest(balance, len(columns)))
    return Table(_("The five methods, by quality and cost"), columns, rows)


def _always_largest(balance: Balance, columns: int) -> Row:
    pictures = sum(balance.test.values())
    right = balance.always_largest
    return (
        Cell(_("always the largest class"), len(METHODS), short(balance.largest[0])),
        share(right, *wilson_interval(round(right * pictures), pictures)),
        _number(100 / len(balance.test), 1),
        *[_number(None, 0)] * (columns - 3),
    )


def _first_model(time: "TrainingTime | None") -> Cell:
    if time is None:
        return _number(None, 0)
    whole = _number(time.whole, 0)
    if not time.shared:
        return whole
    shared = UNKNOWN if time.shared_seconds is None else count(time.shared_seconds)
    return replace(whole, detail=f"{shared} + {count(time.seconds)}")


def pairs(significance: "pd.DataFrame") -> Table:
    """A row a pair of methods, in the order given."""
    columns = (
        Column(_("Pair"), numeric=False),
        Column(_("Difference"), _("points, 95 % interval")),
        Column(_("Only the first is right"), _("pictures")),
        Column(_("Only the second is right"), _("pictures")),
        Column(_("Adjusted p")),
        Column(_("Supported"), numeric=False),
    )
    rows = []
    for place, row in enumerate(significance.to_dict("records")):
        interval = between(points(row["low"]), points(row["high"]))
        pair = _("{better} over {worse}").format(
            better=display_name(row["method_b"]), worse=display_name(row["method_a"])
        )
        rows.append(
            (
                Cell(pair, place),
                Cell(points(row["accuracy_difference"]), row["accuracy_difference"], interval),
                Cell(count(row["only_b_right"]), row["only_b_right"]),
                Cell(count(row["only_a_right"]), row["only_a_right"]),
                Cell(p_value(row["p_adjusted"]).removeprefix(f"={SPACE}"), row["p_adjusted"]),
                Cell(_("yes"), 0) if row["supported"] else Cell(_("no"), 1),
            )
        )
    caption = _("All {number} pairs of methods on the same test pictures")
    return Table(caption.format(number=number_word(len(rows))), columns, rows)


def robustness(table: "pd.DataFrame") -> Table:
    """A row a difficulty and strength, a column a method: accuracy on the altered pictures."""
    groups: Any = table.groupby(["difficulty", "strength"], sort=False)
    in_order = sorted(groups, key=lambda each: each[0][0] != UNALTERED)
    rows: list[tuple[Cell, Cell, pd.DataFrame]] = []
    for (difficulty, strength), altered in in_order:
        plain = difficulty == UNALTERED
        name = _("Unaltered") if plain else sentence(display_name(difficulty))
        measure = Cell(UNKNOWN if plain else str(strength), float(strength))
        rows.append((Cell(name, len(rows)), measure, altered))
    heads = (Column(_("Difficulty"), numeric=False), Column(_("Strength")))
    return _accuracies(_("Accuracy on altered test pictures"), heads, rows)


def typicality(table: "pd.DataFrame") -> Table:
    """A row a fifth of the test pictures, from the most typical of their class to the least."""
    rows = []
    for group in sorted(table["group"].unique()):
        members = table[table["group"] == group]
        ends = {1: _("most typical"), table["group"].max(): _("least typical")}
        distance = float(members["mean_distance"].iloc[0])
        name = Cell(_("Group {number}").format(number=group), float(group), ends.get(group, ""))
        rows.append((name, Cell(f"{distance:.3g}", distance), members))
    heads = (Column(_("Pictures"), numeric=False), Column(_("Mean distance")))
    return _accuracies(_("Accuracy by how typical a picture is of its class"), heads, rows)


def seeds(table: "pd.DataFrame") -> Table:
    """A row a method that was trained with several seeds: mean, deviation and range."""
    columns = (
        Column(_("Method"), numeric=False),
        Column(_("Seeds")),
        Column(_("Mean test accuracy"), "%"),
        Column(_("Standard deviation"), _("points")),
        Column(_("Lowest"), "%"),
        Column(_("Highest"), "%"),
    )
    rows = []
    for method in METHODS:
        accuracies = table.loc[table["method"] == method, "test_accuracy"]
        if len(accuracies) < 2:
            continue
        measures = ((accuracies.mean(), 1), (accuracies.std(ddof=1), 2))
        ends = ((accuracies.min(), 1), (accuracies.max(), 1))
        rows.append(
            (
                named(method),
                Cell(count(len(accuracies)), len(accuracies)),
                *(Cell(f"{100 * x:.{digits}f}", float(x)) for x, digits in (*measures, *ends)),
            )
        )
    return Table(_("Test accuracy over repeated trainings"), columns, rows)


def _accuracies(
    caption: str, heads: Sequence[Column], rows: Iterable[tuple[Cell, Cell, "pd.DataFrame"]]
) -> Table:
    """A table with a column a method: two cells a row, and its accuracies, 0 to 1."""
    columns = (*heads, *(Column(sentence(display_name(method)), "%") for method in METHODS))
    of_rows = []
    for name, measure, accuracies in rows:
        found = dict(zip(accuracies["method"], 100 * accuracies["accuracy"], strict=True))
        of_rows.append((name, measure, *(_number(found.get(method), 1) for method in METHODS)))
    return Table(caption, columns, of_rows)


def share(value: float, low: float, high: float) -> Cell:
    """A share with its interval, all 0 to 1, in percent."""
    return Cell(f"{100 * value:.1f}", value, between(f"{100 * low:.1f}", f"{100 * high:.1f}"))


def between(low: str, high: str) -> str:
    """An interval by its ends: "94.9 to 97.3"."""
    return _("{low} to {high}").format(low=low, high=high)


def named(method: Method) -> Cell:
    """The cell that names a row's method."""
    return Cell(display_name(method), METHODS.index(method), method=method)


def _number(value: float | None, digits: int) -> Cell:
    return Cell(UNKNOWN, None) if value is None else Cell(f"{value:,.{digits}f}", float(value))
