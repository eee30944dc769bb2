"""What the charts share: how methods are named and marked, and labels that keep apart."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy.optimize import isotonic_regression

from dogs_vs_cats.evaluation.words import display_name, listed
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization.drawing import COLOURS

WIDTH = 6.0
"""Of every chart, in inches: with 11 point text, still to be read on a phone 390 pixels wide."""
SMALL = 9.5
"""Font size of labels within a chart, in points."""
GREY = "#767676"

MARKERS: dict[Method, str] = dict(zip(METHODS, "osD^v", strict=True))
"""A shape a method, for readers and printers that see no colours."""

LECTURE: dict[Method, tuple[float, float]] = {
    "small_convnet": (0.70, 0.72),
    "augmented_convnet": (0.82, 0.82),
    "feature_extraction": (0.90, 0.90),
}
"""Validation accuracy that the lecture reports, lowest and highest. It gives none for the others,
and no test accuracy."""


def accuracies_in_words(evaluation: Mapping[Method, Mapping[str, Any]]) -> str:
    """Every method with its accuracy, as a list for an alt text."""
    return listed([f"{display_name(m)} {evaluation[m]['accuracy']:.1%}" for m in METHODS])


def method_legend(methods: Iterable[Method] = METHODS) -> list[Line2D]:
    """A line with its marker for each method, to hand to a legend."""
    return [
        Line2D([], [], color=COLOURS[m], marker=MARKERS[m], markersize=5, label=display_name(m))
        for m in methods
    ]


def name_rows(axes: Axes, methods: Sequence[Method] = METHODS) -> None:
    """Give each method a row of the y axis, the first on top."""
    axes.set_yticks(range(len(methods)), [display_name(m) for m in methods])
    axes.set_ylim(len(methods) - 0.5, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places for labels as near as possible to where they are wanted, but not on one another.

    The least-squares solution: isotonic regression after taking the gaps out.

    Args:
        wanted: places, in any order.
        gap: smallest distance between two places.
        low: smallest place.
        high: largest place, kept where the labels fit between both.

    Returns:
        A place for each one wanted, in the same order.
    """
    order = np.argsort(wanted, kind="stable")
    gaps = gap * np.arange(len(order))
    fitted = isotonic_regression(np.asarray(wanted, float)[order] - gaps).x
    places = np.empty(len(order))
    places[order] = np.clip(fitted, low, max(low, high - gaps[-1])) + gaps
    return [float(place) for place in places]


def label_gap(axes: Axes, height: float) -> float:
    """Distance between two lines of ``SMALL`` text, in units of the y axis.

    Args:
        axes: with its final limits.
        height: of the axes, about, in inches.
    """
    low, high = axes.get_ylim()
    return 1.25 * SMALL / 72 / height * abs(high - low)


def label_ends(axes: Axes, ends: Mapping[Method, tuple[float, float]], height: float) -> None:
    """Name lines at the right of the axes, joined to where they end.

    Args:
        axes: with its final limits.
        ends: last point of each method's line, in data coordinates.
        height: of the axes, about, in inches.
    """
    low, high = sorted(axes.get_ylim())
    places = spread([y for _, y in ends.values()], label_gap(axes, height), low, high)
    for (method, end), place in zip(ends.items(), places, strict=True):
        axes.annotate(
            display_name(method),
            xy=end,
            xytext=(1.06, place),
            textcoords=("axes fraction", "data"),
            va="center",
            fontsize=SMALL,
            arrowprops={
                "arrowstyle": "-",
                "color": COLOURS[method],
                "linewidth": 0.8,
                "shrinkA": 1,
                "shrinkB": 4,
                "relpos": (0, 0.5),
            },
        )
