"""What a base is worth: accuracy of a linear probe against its cost, and from few pictures."""

from itertools import cycle
from typing import Any

import pandas as pd
from matplotlib.ticker import FuncFormatter, NullFormatter

from dogs_vs_cats.evaluation.words import base_name, listed, percent, sentence
from dogs_vs_cats.visualization.charts.common import (
    SMALL,
    WIDTH,
    interval,
    legend_above,
    name_points,
    sign,
)
from dogs_vs_cats.visualization.colours import PALETTE
from dogs_vs_cats.visualization.drawing import Drawing, styled_figure

_SHAPES = "osD^vPX"


def bases(table: pd.DataFrame) -> Drawing:
    """Test accuracy of a linear probe on each base's features, against the base's multiply-adds.

    Args:
        table: ``backbones.csv``: ``base``, ``backbone``, ``chosen``, ``best_by_validation``,
            ``multiply_adds``, ``accuracy``, ``accuracy_low``, ``accuracy_high`` (0 to 1),
            ``pictures``.
    """
    looks = _looks(table)
    with styled_figure(WIDTH, 4.2) as figure:
        axes = figure.subplots()
        axes.set_xscale("log")
        axes.set_ymargin(0.1)
        work = table["multiply_adds"] / 1e9
        axes.set_xlim(work.min() / 1.8, 1.8 * work.max())
        points = {}
        rows: list[Any] = table.to_dict("records")
        for row, billions in zip(rows, work, strict=True):
            (colour, shape), ends = looks[row["base"]], interval(row)
            axes.vlines(billions, ends[0], ends[2], color=colour, alpha=0.4, linewidth=2.5)
            axes.plot(
                billions,
                ends[1],
                shape,
                color=colour,
                markerfacecolor=colour if row["chosen"] else "white",
                markersize=9,
                markeredgewidth=1.8,
                zorder=3,
            )
            points[base_name(row["base"])] = (billions, ends)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("multiply-adds a picture, billions (log scale)")
        axes.set_ylabel("test accuracy of a linear probe, %")
        colours = {base_name(base): colour for base, (colour, _) in looks.items()}
        name_points(figure, axes, points, colours)
    words = [
        f"{base_name(row['base'])} {percent(row['accuracy'])}"
        f" at {row['multiply_adds'] / 1e9:.2f} billion"
        for row in rows
    ]
    return Drawing(
        name="bases",
        figure=figure,
        title="Accuracy of a linear probe against the cost of its base",
        alt=f"Test accuracy of a linear probe and multiply-adds a picture: {listed(words)}.",
        caption=f"""A linear classifier on each base's features, averaged over the places of a
            picture: the share of {table["pictures"].iloc[0]:,} test pictures that it names rightly,
            with its 95 % Wilson interval. Filled: the base of this project's methods. The number
            behind a name is the side of the pictures, in pixels.""",
        section="bases",
    )


def learning_curve(curves: pd.DataFrame, table: pd.DataFrame) -> Drawing:
    """Test accuracy of a linear probe by the number of training pictures, with bands.

    Args:
        curves: ``learning_curve.csv``: ``base``, ``pictures_per_class``, ``draw``, ``accuracy``
            (0 to 1).
        table: as for :func:`bases`; bases look the same in both charts.
    """
    looks = _looks(table)
    with styled_figure(WIDTH, 4.2) as figure:
        axes = figure.subplots()
        axes.set_xscale("log")
        told = []
        for base, points in curves.groupby("base", sort=False):
            colour, shape = looks[str(base)]
            each = 100 * points.groupby("pictures_per_class")["accuracy"].agg(
                ["min", "mean", "max"]
            )
            axes.fill_between(each.index, each["min"], each["max"], color=colour, alpha=0.18, lw=0)
            axes.plot(each.index, each["mean"], color=colour, marker=shape, markersize=6)
            told.append(
                f"{base_name(str(base))} from {each['mean'].iloc[0]:.1f} % with"
                f" {each.index[0]:,} to {each['mean'].iloc[-1]:.1f} % with {each.index[-1]:,}"
            )
        counts = _apart(sorted(curves["pictures_per_class"].unique()))
        axes.set_xticks(counts, [f"{count:,}" for count in counts], fontsize=SMALL)
        axes.minorticks_off()
        axes.set_xlabel("training pictures of each class (log scale)")
        axes.set_ylabel("test accuracy of a linear probe, %")
        signs = [
            sign(base_name(base), color=looks[base][0], marker=looks[base][1], markersize=6)
            for base in curves["base"].unique()
        ]
        legend_above(figure, signs)
    draws = int(curves["draw"].max())
    return Drawing(
        name="learning_curve",
        figure=figure,
        title="Accuracy by the number of training pictures",
        alt=f"""Test accuracy of a linear probe by training pictures of each class:
            {sentence(listed(told))}.""",
        caption=f"""A linear classifier on features that were computed once, taught with so many
            pictures of each class, or all of a class that has fewer. Lines are means of {draws}
            draws of pictures, the same for all bases; bands reach from the worst draw to the best.
            The last point is the whole training split.""",
        section="learning_curve",
    )


def _apart(counts: list[int]) -> list[int]:
    """The counts, without those whose labels would touch the next one's; the last one stays."""
    kept = counts[-1:]
    for count in reversed(counts):
        if 1.5 * count <= kept[0]:
            kept.insert(0, count)
    return kept


def _looks(table: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """A colour and a marker for each base: one colour a network, so that only sides share it."""
    networks = dict(zip(table["backbone"].unique(), cycle(reversed(PALETTE[:6])), strict=False))
    shapes = cycle(_SHAPES)
    return {
        row["base"]: (networks[row["backbone"]], next(shapes)) for row in table.to_dict("records")
    }
