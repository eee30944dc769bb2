"""What a base is worth: accuracy of a linear probe against its cost, and from few pictures."""

from itertools import cycle
from typing import Any

import pandas as pd
from matplotlib.ticker import FuncFormatter, NullFormatter

from dogs_vs_cats.evaluation.words import base_name, listed, percent, sentence
from dogs_vs_cats.language.catalogue import gettext as _
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
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(_("multiply-adds a picture, billions (log scale)"))
        axes.set_ylabel(_("test accuracy of a linear probe, %"))
        colours = {base_name(base): colour for base, (colour, _) in looks.items()}
        name_points(figure, axes, points, colours)
    words = [
        _("{base} {share} at {work} billion").format(
            base=base_name(row["base"]),
            share=percent(row["accuracy"]),
            work=f"{row['multiply_adds'] / 1e9:.2f}",
        )
        for row in rows
    ]
    return Drawing(
        name="bases",
        figure=figure,
        title=_("Accuracy of a linear probe against the cost of its base"),
        alt=_("Test accuracy of a linear probe and multiply-adds a picture: {bases}.").format(
            bases=listed(words)
        ),
        caption=_("""A linear classifier on each base's features, averaged over the places of a
            picture: the share of {pictures} test pictures that it names rightly,
            with its 95 % Wilson interval. Filled: the base of this project's methods. The number
            behind a name is the side of the pictures, in pixels.""").format(
            pictures=f"{table['pictures'].iloc[0]:,}"
        ),
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
                _("{base} from {low} % with {few} to {high} % with {many}").format(
                    base=base_name(str(base)),
                    low=f"{each['mean'].iloc[0]:.1f}",
                    few=f"{each.index[0]:,}",
                    high=f"{each['mean'].iloc[-1]:.1f}",
                    many=f"{each.index[-1]:,}",
                )
            )
        counts = _apart(sorted(curves["pictures_per_class"].unique()))
        axes.set_xticks(counts, [f"{count:,}" for count in counts], fontsize=SMALL)
        axes.minorticks_off()
        axes.set_xlabel(_("training pictures of each class (log scale)"))
        axes.set_ylabel(_("test accuracy of a linear probe, %"))
        signs = [
            sign(base_name(base), color=looks[base][0], marker=looks[base][1], markersize=6)
            for base in curves["base"].unique()
        ]
        legend_above(figure, signs)
    draws = int(curves["draw"].max())
    return Drawing(
        name="learning_curve",
        figure=figure,
        title=_("Accuracy by the number of training pictures"),
        alt=_("""Test accuracy of a linear probe by training pictures of each class:
            {bases}.""").format(bases=sentence(listed(told))),
        caption=_("""A linear classifier on features that were computed once, taught with so many
            pictures of each class, or all of a class that has fewer. Lines are means of {draws}
            draws of pictures, the same for all bases; bands reach from the worst draw to the best.
            The last point is the whole training split.""").format(draws=draws),
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
