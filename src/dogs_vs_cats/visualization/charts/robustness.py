"""What breaks which method: altered pictures, and pictures unlike others of their class."""

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from dogs_vs_cats.evaluation.words import display_name, largest, listed, number_word, sentence
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import ngettext
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization.charts.common import (
    INK,
    MARKERS,
    SMALL,
    WIDTH,
    in_words,
    interval,
    label_ends,
    legend_above,
    method_signs,
)
from dogs_vs_cats.visualization.drawing import COLOURS, Drawing, styled_figure

_UNALTERED = "none"
_COLUMNS = 2


def robustness(table: pd.DataFrame, classes: int) -> Drawing:
    """Accuracy against the strength of each difficulty, a panel each.

    Args:
        table: ``robustness.csv``: ``difficulty``, ``strength`` (0 where ``difficulty`` is
            ``none``), ``method``, ``accuracy``, ``accuracy_low``, ``accuracy_high`` (0 to 1),
            ``pictures``.
        classes: how many there are.
    """
    drops = _drops(table)
    difficulties = [str(name) for name in drops.index]
    rows = -(-len(difficulties) // _COLUMNS)
    with styled_figure(WIDTH, 1 + 2.3 * rows) as figure:
        grid = figure.subplots(rows, _COLUMNS, sharex=True, sharey=True, squeeze=False)
        for axes, difficulty in zip(grid.flat, difficulties, strict=False):
            for method in METHODS:
                line = table[
                    (table["method"] == method) & table["difficulty"].isin([_UNALTERED, difficulty])
                ].sort_values("strength")
                strength, colour = line["strength"], COLOURS[method]
                low, middle, high = interval(line)
                axes.fill_between(strength, low, high, color=colour, alpha=0.1, linewidth=0)
                axes.plot(
                    strength,
                    middle,
                    color=colour,
                    marker=MARKERS[method],
                    markersize=5,
                    markeredgecolor="white",
                    markeredgewidth=0.5,
                )
            axes.set_title(display_name(difficulty))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        for axes in grid.flat[len(difficulties) :]:
            axes.set_axis_off()
        figure.supxlabel(_("strength (0: as the picture is)"), fontsize="medium")
        figure.supylabel(_("accuracy, %"), fontsize="medium")
        legend_above(figure, method_signs())
    pictures = int(table["pictures"].max())
    return Drawing(
        name="robustness",
        figure=figure,
        title=_("Accuracy under {number} difficulties").format(
            number=number_word(len(difficulties))
        ),
        alt=_("""Accuracy of the five methods at three strengths of {number} difficulties.
            {most}""").format(number=len(difficulties), most=_costs_most(drops.mean(axis=1))),
        caption=_("""The same {pictures} test pictures, altered more and more; no method was
            trained on these alterations as such. Bands are 95 % intervals. Guessing gives
            {guessing} %.""").format(pictures=f"{pictures:,}", guessing=f"{100 / classes:.3g}"),
        section="robustness",
    )


def robustness_table(table: pd.DataFrame) -> Drawing:
    """Percentage points of accuracy that each difficulty takes from each method.

    Args:
        table: as for :func:`robustness`.
    """
    drops = _drops(table)
    drops = drops.loc[drops.mean(axis=1).sort_values(ascending=False, kind="stable").index]
    difficulties = [str(name) for name in drops.index]
    hardest = {method: largest(drops[method]) for method in METHODS}
    with styled_figure(WIDTH, 1 + 0.5 * len(drops)) as figure:
        axes = figure.subplots()
        highest = max(float(drops.to_numpy().max()), 1.0)
        axes.imshow(drops, cmap="Oranges", vmin=0, vmax=1.6 * highest, aspect="auto")
        for (row, column), drop in np.ndenumerate(drops.to_numpy()):
            framed = difficulties[row] in hardest[METHODS[column]]
            weight = "bold" if framed else "normal"
            axes.text(column, row, f"{drop:.1f}", ha="center", va="center", fontweight=weight)
            if framed:
                corner = (column - 0.46, row - 0.42)
                axes.add_patch(Rectangle(corner, 0.92, 0.84, fill=False, edgecolor=INK))
        names = [display_name(method).replace(" ", "\n") for method in METHODS]
        axes.set_xticks(range(len(METHODS)), names, fontsize=SMALL)
        axes.set_yticks(range(len(drops)), [display_name(name) for name in difficulties])
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
    worst = {
        method: f"{listed(map(display_name, names))} ({drops[method].max():.1f})"
        if names
        else _("nothing")
        for method, names in hardest.items()
    }
    return Drawing(
        name="robustness_table",
        figure=figure,
        title=_("What costs which method most"),
        alt=_("Percentage points of accuracy lost. What costs each method most: {worst}.").format(
            worst=in_words(worst)
        ),
        caption=_("""Percentage points of accuracy lost to each difficulty, mean of its strengths;
            hardest for all methods on top. Framed: what costs a method most. Below zero: it did
            better on the altered pictures, by chance or nearly so."""),
        section="robustness",
    )


def typicality(table: pd.DataFrame) -> Drawing:
    """Accuracy by how typical of its class a picture is.

    Args:
        table: ``typicality.csv``: ``method``, ``group`` (1: most typical), ``accuracy``,
            ``accuracy_low``, ``accuracy_high`` (0 to 1), ``pictures``.
    """
    height = 4.0
    groups = sorted(table["group"].unique())
    ends: dict[Method, tuple[float, float]] = {}
    with styled_figure(WIDTH, height) as figure:
        axes = figure.subplots()
        for place, method in enumerate(METHODS):
            line = table[table["method"] == method].sort_values("group")
            # A little apart, or the intervals of close methods hide one another.
            x = line["group"] + 0.07 * (place - (len(METHODS) - 1) / 2)
            low, y, high = interval(line)
            axes.vlines(x, low, high, color=COLOURS[method], alpha=0.35, linewidth=2)
            axes.plot(x, y, color=COLOURS[method], marker=MARKERS[method], markersize=6)
            ends[method] = (x.iloc[-1], y.iloc[-1])
        names = [str(group) for group in groups]
        names[0] += "\n" + _("most typical")
        names[-1] += "\n" + _("least typical")
        axes.set_xticks(groups, names)
        axes.set_ylim(top=101)
        axes.set_ylabel(_("test accuracy, %"))
        axes.set_xlabel(_("fifth of the pictures of a class"))
        axes.grid(axis="x", visible=False)
        label_ends(axes, ends, 0.75 * height)
    reached = table.pivot(index="method", columns="group", values="accuracy")[groups]
    changes = {
        method: _("{low} to {high}").format(
            low=f"{reached.loc[method].iloc[0]:.1%}", high=f"{reached.loc[method].iloc[-1]:.1%}"
        )
        for method in METHODS
    }
    return Drawing(
        name="typicality",
        figure=figure,
        title=_("Pictures unlike others of their class"),
        alt=_("Test accuracy from the most to the least typical fifth: {changes}.").format(
            changes=in_words(changes)
        ),
        caption=_("""Intra-class variation: the test pictures in groups by their distance from the
            centre of their class in the feature space of the base, with 95 % intervals."""),
        section="robustness",
    )


def _drops(table: pd.DataFrame) -> pd.DataFrame:
    """Percentage points lost, mean of the strengths: a row a difficulty, in the table's order, and
    a column a method."""
    difficulties = [each for each in table["difficulty"].unique() if each != _UNALTERED]
    accuracy = table.groupby(["difficulty", "method"])["accuracy"].mean().unstack()[list(METHODS)]
    return 100 * (accuracy.loc[_UNALTERED] - accuracy.loc[difficulties])


def _costs_most(points: "pd.Series[float]") -> str:
    names = largest(points)
    if not names:
        return _("None of them costs accuracy in the mean of methods and strengths.")
    return ngettext(
        "{names} costs most: {points} percentage points in the mean of methods and strengths.",
        "{names} cost most, each {points} percentage points in the mean of methods and strengths.",
        len(names),
    ).format(names=sentence(listed(map(display_name, names))), points=f"{points.max():.1f}")
