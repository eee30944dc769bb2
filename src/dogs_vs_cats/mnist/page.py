"""The page of the nets for digits: what is said, and its tables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from dogs_vs_cats.evaluation.confusion import mistakes
from dogs_vs_cats.evaluation.significance import findings
from dogs_vs_cats.evaluation.words import count, counted, listed, percent, points
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import mark
from dogs_vs_cats.mnist.evaluation import ALL
from dogs_vs_cats.mnist.figures import at_shift
from dogs_vs_cats.mnist.networks import NETS
from dogs_vs_cats.mnist.results import Results
from dogs_vs_cats.mnist.sources import MNIST
from dogs_vs_cats.reporting.inline import illustration
from dogs_vs_cats.reporting.rendering import render
from dogs_vs_cats.reporting.tables import Cell, Column, Table
from dogs_vs_cats.visualization.drawing import read_listing

BOOK: Mapping[str, float] = {"dense": 0.978, "convnet": 0.993}
"""Test accuracy that the book behind the lecture reports: F. Chollet, *Deep Learning with Python*,
2017, section 5.1. The lecture has the dense net's too."""
_PAIRS = 10
_DIRECTIONS = {
    "up": mark("up"),
    "down": mark("down"),
    "left": mark("left"),
    "right": mark("right"),
}


def page(results: Results, figures: Path) -> str:
    """The page, which needs no file but itself.

    Args:
        results: the numbers.
        figures: folder that :func:`dogs_vs_cats.visualization.drawing.save_drawings` wrote.
    """
    listed_drawings = {
        Path(each.file).stem: illustration(each, figures / each.file)
        for each in read_listing(figures)
    }
    return render(
        "mnist.html",
        headline=headline(results),
        source={**results.source, **{key: _(results.source[key]) for key in ("name", "about")}},
        is_mnist=results.source["sha256"] == MNIST,
        comparison=comparison(results),
        findings=findings(results.significance),
        parameters=in_parameters(results),
        layers=[layers(results, net) for net in NETS],
        confusions=confusions(results),
        translation=translation(results),
        shifts=shifts(results.shifts),
        drawings=listed_drawings,
    )


def headline(results: Results) -> str:
    """The outcome in a sentence."""
    dense, convnet = (results.evaluation[net]["accuracy"] for net in ("dense", "convnet"))
    digits = counted(results.source["digits"]["test"], "test digit")
    return _(
        "On {digits} of {source} the convnet is right on {convnet}, the dense net on {dense}."
    ).format(
        digits=digits,
        source=_(results.source["name"]),
        convnet=percent(convnet, 2),
        dense=percent(dense, 2),
    )


def comparison(results: Results) -> Table:
    """A row a net: accuracy with its interval, the book's, errors, size and work."""
    of_mnist = results.source["sha256"] == MNIST
    columns = [
        Column(_("Net"), numeric=False),
        Column(_("Test accuracy"), _("%, 95 % interval")),
        *([Column(_("The book reports"), "%")] if of_mnist else []),
        Column(_("Errors"), _("digits")),
        Column(_("Log loss"), _("nats")),
        Column(_("Parameters")),
        Column(_("Multiply-adds"), _("a digit")),
    ]
    rows = []
    for place, net in enumerate(NETS):
        reached, cost = results.evaluation[net], results.cost[net]
        wrong = reached["pictures"] * (1 - reached["accuracy"])
        low, high = (f"{100 * reached[f'accuracy_{end}']:.2f}" for end in ("low", "high"))
        rows.append(
            [
                Cell(net, place),
                Cell(
                    f"{100 * reached['accuracy']:.2f}",
                    reached["accuracy"],
                    _("{low} to {high}").format(low=low, high=high),
                ),
                *([Cell(f"{100 * BOOK[net]:.1f}", BOOK[net])] if of_mnist else []),
                Cell(count(wrong), wrong),
                Cell(f"{reached['log_loss']:.4f}", reached["log_loss"]),
                Cell(count(cost["parameters"]), cost["parameters"]),
                Cell(count(cost["multiply_adds"]), cost["multiply_adds"]),
            ]
        )
    return Table(_("Both nets on the same test digits"), columns, rows)


def in_parameters(results: Results) -> str:
    """What the nets' sizes say."""
    dense, convnet = (results.cost[net] for net in ("dense", "convnet"))
    return _(
        "The dense net has {dense} parameters, the convnet {convnet}: {fewer:.1f} times fewer,"
        " because a filter uses the same few weights at every place. For the same reason it works"
        " more: {work:.1f} times the multiply-adds."
    ).format(
        dense=count(dense["parameters"]),
        convnet=count(convnet["parameters"]),
        fewer=dense["parameters"] / convnet["parameters"],
        work=convnet["multiply_adds"] / dense["multiply_adds"],
    )


def layers(results: Results, net: str) -> Table:
    """A row a layer of a net: the shape of its output, and its parameters."""
    columns = (Column(_("Layer"), numeric=False), Column(_("Output")), Column(_("Parameters")))
    rows = [
        (
            Cell(row.name, place),
            Cell("×".join(map(str, row.shape)), place),
            Cell(count(row.parameters), row.parameters),
        )
        for place, row in enumerate(results.layers[net])
    ]
    total = sum(row.parameters for row in results.layers[net])
    return Table(f"{net}: {counted(total, 'parameter')}", columns, rows)


def confusions(results: Results) -> Table:
    """A row a pair of digits that the nets confuse, the most confused by both together first."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for net in NETS:
        for number, actual, predicted in mistakes(results.evaluation[net]["confusion"]):
            found.setdefault((actual, predicted), dict.fromkeys(NETS, 0))[net] = number
    most = sorted(found.items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))[:_PAIRS]
    columns = (Column(_("Digit, and what it is taken for"), numeric=False), *map(Column, NETS))
    rows = [
        (
            Cell(_("{actual} for {named}").format(actual=a, named=b), place),
            *(Cell(count(numbers[net]), numbers[net]) for net in NETS),
        )
        for place, ((a, b), numbers) in enumerate(most)
    ]
    return Table(_("The pairs confused most often, in test digits"), columns, rows)


def translation(results: Results) -> list[str]:
    """What the shifts say to the lecture's claim, in sentences."""
    farthest = int(results.shifts["shift"].max())
    at = {shift: at_shift(results, shift) for shift in range(farthest + 1)}
    lost = {
        net: listed(
            _("{points} points at {pixels}").format(
                points=points(at[0][net] - at[shift][net]), pixels=counted(shift, "pixel")
            )
            for shift in sorted({1, min(3, farthest), farthest})
        )
        for net in NETS
    }
    better = [shift for shift in range(1, farthest + 1) if _apart(results.shifts, shift)]
    each = _("The dense net loses {dense}; the convnet {convnet}.").format(**lost)
    if len(better) == farthest:
        claim = _("At every shift the convnet is right more often, and the intervals do not touch.")
    elif better:
        claim = _("The convnet is right more often beyond chance at {shifts} pixels.").format(
            shifts=listed(map(str, better))
        )
    else:
        claim = _("At no shift do the intervals tell the nets apart in the convnet's favour.")
    limit = _(
        "Convolution moves with the digit and pooling forgives a pixel or two, but the dense layers"
        " behind them are tied to places. No net has seen a moved digit before."
    )
    return [each, claim, limit]


def shifts(table: pd.DataFrame) -> Table:
    """A row a shift, and two columns a net: the mean of the four directions, and the worst."""
    columns = [Column(_("Shift"), _("pixels"))]
    for net in NETS:
        columns += [
            Column(net, _("%, 95 % interval")),
            Column(_("{net}, worst").format(net=net), "%"),
        ]
    rows = []
    for shift in sorted(set(table["shift"])):
        row = [Cell(str(shift), float(shift))]
        for net in NETS:
            of_net = table[(table["shift"] == shift) & (table["net"] == net)]
            mean: Any = of_net[of_net["direction"] == ALL].iloc[0]
            worst: Any = of_net.loc[of_net["accuracy"].idxmin()]
            low, high = (f"{100 * mean[f'accuracy_{end}']:.1f}" for end in ("low", "high"))
            ends = _("{low} to {high}").format(low=low, high=high)
            where = "" if worst["direction"] == ALL else _(_DIRECTIONS[worst["direction"]])
            row += [
                Cell(f"{100 * mean['accuracy']:.1f}", float(mean["accuracy"]), ends),
                Cell(f"{100 * worst['accuracy']:.1f}", float(worst["accuracy"]), where),
            ]
        rows.append(row)
    return Table(_("Test accuracy on moved digits"), columns, rows)


def _apart(table: pd.DataFrame, shift: int) -> bool:
    """Whether the convnet's interval lies above the dense net's."""
    row: dict[Any, Any] = {
        each["net"]: each
        for each in table.to_dict("records")
        if each["direction"] == ALL and each["shift"] == shift
    }
    return bool(row["convnet"]["accuracy_low"] > row["dense"]["accuracy_high"])
