"""Which classes are taken for which others."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.confusion import Confusion, best_methods, mistakes
from dogs_vs_cats.evaluation.words import count, counted, display_name, listed
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization.charts.common import SMALL, WIDTH, in_words
from dogs_vs_cats.visualization.drawing import COLOURS, Drawing, label, styled_figure

MOST_IN_MATRIX = 12
"""Classes, of which a matrix a method can still be read."""
MOST_PAIRS = 15
_MOST_LISTED = 3


def confusion(evaluation: Mapping[Method, Mapping[str, Any]], classes: Classes) -> Drawing | None:
    """A matrix a method, or of more than :data:`MOST_IN_MATRIX` classes the pairs most confused.

    Args:
        evaluation: method to ``accuracy`` and ``confusion``, a :data:`Confusion` of all classes.
        classes: names in the order of their labels.

    Returns:
        ``None`` of two classes, whose four numbers need no chart, and of many where the best
        method confuses none.
    """
    if len(classes) == 2:
        return None
    if len(classes) <= MOST_IN_MATRIX:
        return _matrices({m: evaluation[m]["confusion"] for m in METHODS}, classes)
    best = best_methods(evaluation)
    return _pairs(evaluation[best[0]]["confusion"], best)


def _matrices(confusions: Mapping[Method, Confusion], classes: Classes) -> Drawing:
    rows = -(-len(METHODS) // 2)
    shares = {method: _shares(each, classes) for method, each in confusions.items()}
    with styled_figure(WIDTH, 1.2 + 2.4 * rows) as figure:
        grid = figure.subplots(rows, 2, sharex=True, sharey=True)
        for axes, (method, matrix) in zip(grid.flat, shares.items(), strict=False):
            _draw_matrix(axes, matrix)
            axes.set_title(display_name(method))
        for axes in grid.flat[len(shares) :]:
            axes.set_axis_off()
        names, places = [label(name, 14) for name in classes], range(len(classes))
        size = min(SMALL, 110 / len(classes))
        for axes in grid[:, 0]:
            axes.set_yticks(places, names, fontsize=size)
            axes.set_ylabel(_("labelled"), fontsize=SMALL)
        for axes in grid[0]:
            axes.set_xticks(places, names, fontsize=size, rotation=90)
            axes.tick_params(axis="x", labeltop=True)
            axes.set_xlabel(_("named"), fontsize=SMALL)
            axes.xaxis.set_label_position("top")
    worst = {method: _worst(matrix, classes) for method, matrix in shares.items()}
    return Drawing(
        name="confusion",
        figure=figure,
        title=_("Which classes are taken for which"),
        alt=_("""Confusion matrices of the methods. The class that each gets right least often:
            {classes}.""").format(classes=in_words(worst)),
        caption=_("""A row holds the test pictures of a class, a column those that a method calls
            so; the numbers are percent of the row, and the darker the more. On the diagonal is what
            is right. Empty: not one picture."""),
        section="classes",
    )


def _shares(counts: Confusion, classes: Classes) -> npt.NDArray[np.float64]:
    """Percent of each actual class, a row, that is named as each class, a column."""
    table = np.array([[counts[a].get(b, 0) for b in classes] for a in classes], np.float64)
    shares: npt.NDArray[np.float64] = 100 * table / table.sum(axis=1, keepdims=True)
    return shares


def _draw_matrix(axes: Axes, shares: npt.NDArray[np.float64]) -> None:
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=110)
    for (row, column), share in np.ndenumerate(shares):
        if share:
            text = f"{share:.0f}" if share >= 0.5 else "<1"
            colour = "white" if share > 60 else "black"
            axes.text(
                column,
                row,
                text,
                fontsize=min(SMALL, 68 / len(shares)),
                color=colour,
                ha="center",
                va="center",
            )
    axes.tick_params(length=0, labelbottom=False)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def _worst(shares: npt.NDArray[np.float64], classes: Classes) -> str:
    right = shares.diagonal().round(1)
    names = listed(classes[place] for place in np.flatnonzero(right == right.min()))
    return _("all alike") if np.ptp(right) == 0 else f"{names} ({right.min():.1f} %)"


def _pairs(counts: Confusion, best: list[Method]) -> Drawing | None:
    """The pairs that the first of the best methods confuses most often."""
    pairs = [(n, n / sum(counts[a].values()), a, b) for n, a, b in mistakes(counts)]
    if not pairs:
        return None
    pairs.sort(key=lambda each: (-each[0], -each[1]))
    shown, rest = pairs[:MOST_PAIRS], pairs[MOST_PAIRS:]
    with styled_figure(WIDTH, 0.9 + 0.36 * len(shown)) as figure:
        axes = figure.subplots()
        bars = axes.barh(
            range(len(shown)), [each[0] for each in shown], 0.62, color=COLOURS[best[0]]
        )
        texts = [f"{count(number)} ({100 * share:.0f} %)" for number, share, *names in shown]
        axes.bar_label(bars, texts, padding=4, fontsize=SMALL)
        labels = [f"{label(a, 18)} → {label(b, 18)}" for *sizes, a, b in shown]
        axes.set_yticks(range(len(shown)), labels, fontsize=SMALL)
        axes.set_ylim(len(shown) - 0.5, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False)
        axes.set_xlim(0, 1.3 * shown[0][0])
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel(_("test pictures (share of the labelled class)"))
    method, *tied = map(display_name, best)
    alike = sum(number == shown[-1][0] for number, *_ in rest)
    pictures = sum(number for number, *_ in pairs)
    first = [
        _("{labelled} for {named}").format(labelled=a, named=b)
        for number, share, a, b in pairs
        if number == shown[0][0]
    ]
    most = listed(first) if len(first) <= _MOST_LISTED else counted(len(first), "pair")
    shown_of = (
        _("""On the left the label, on the right what {method}, as accurate as {tied}, names
            instead. In all it confuses {pictures} in {pairs}.""")
        if tied
        else _("""On the left the label, on the right what {method}, the most accurate method, names
            instead. In all it confuses {pictures} in {pairs}.""")
    ).format(
        method=method,
        tied=listed(tied) if tied else "",
        pictures=counted(pictures, "test picture"),
        pairs=counted(len(pairs), "pair"),
    )
    return Drawing(
        name="confusion",
        figure=figure,
        title=_("What {method} takes for what").format(method=method),
        alt=_("""The {pairs} of classes that {method} confuses most often. With
            {pictures}: {most}.""").format(
            pairs=counted(len(shown), "pair"),
            method=method,
            pictures=counted(shown[0][0], "picture"),
            most=most,
        ),
        caption=f"{shown_of}{_left_out(alike)}",
        section="classes",
    )


def _left_out(alike: int) -> str:
    if not alike:
        return ""
    others = counted(alike, "other")
    return " " + _("Not shown: {others} confused as often as the last.").format(others=others)
