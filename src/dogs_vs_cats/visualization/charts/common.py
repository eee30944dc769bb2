"""What the charts share: how methods are named and marked, and labels that keep apart."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, Bbox
from scipy.optimize import isotonic_regression

from dogs_vs_cats.evaluation.words import display_name, listed
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization.drawing import COLOURS

WIDTH = 6.0
"""Of every chart, in inches: with 11 point text, still to be read on a phone 390 pixels wide."""
SMALL = 9.5
"""Font size of labels within a chart, in points."""
GREY = "#767676"
INK = "#222222"

MARKERS: dict[Method, str] = dict(zip(METHODS, cycle("osD^vPX"), strict=False))
"""A shape a method, for readers and printers that see no colours."""


def in_words(texts: Mapping[Method, str]) -> str:
    """Every method with its text, as a list for an alt text."""
    return listed(f"{display_name(method)} {text}" for method, text in texts.items())


def interval(scores: Mapping[str, Any] | pd.DataFrame) -> tuple[Any, Any, Any]:
    """An accuracy, or many, between the ends of its 95 % interval: low, value, high, in percent."""
    low, value, high = (100 * scores[f"accuracy{end}"] for end in ("_low", "", "_high"))
    return low, value, high


def sign(label: str, **style: Any) -> Line2D:
    """An entry of a legend; the style of a line or of a marker, dark unless it has a colour."""
    return Line2D([], [], label=label, **{"color": INK, **style})


def method_signs() -> list[Line2D]:
    """An entry of a legend for each method: its line with its marker."""
    return [
        sign(display_name(m), color=COLOURS[m], marker=MARKERS[m], markersize=5) for m in METHODS
    ]


def legend_above(figure: Figure, signs: Sequence[Artist], columns: int = 3) -> None:
    """Put a legend above all axes."""
    figure.legend(handles=signs, loc="outside upper left", ncols=columns, fontsize=SMALL)


def note(axes: Axes, text: str, x: float, y: float, **style: Any) -> None:
    """Write a text at a share of the axes' width and at a place of the y axis."""
    axes.annotate(
        text, (x, y), xycoords=("axes fraction", "data"), va="center", fontsize=SMALL, **style
    )


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


def label_ends(axes: Axes, ends: Mapping[Method, tuple[float, float]], height: float) -> None:
    """Name lines at the right of the axes, joined to where they end.

    Args:
        axes: with its final limits.
        ends: last point of each method's line, in data coordinates.
        height: of the axes, about, in inches.
    """
    low, high = sorted(axes.get_ylim())
    gap = 1.25 * SMALL / 72 / height * (high - low)  # between two lines of text
    places = spread([y for _, y in ends.values()], gap, low, high)
    for (method, end), place in zip(ends.items(), places, strict=True):
        name, colour = display_name(method), COLOURS[method]
        name_joined(axes, name, colour, end, (1.06, place), ("axes fraction", "data"), 4)


def name_points(
    figure: Figure,
    axes: Axes,
    points: Mapping[str, tuple[float, tuple[float, float, float]]],
    colours: Mapping[str, str],
) -> None:
    """Name each point beside it, where the name hides no point, interval or other name.

    Of the free places that which is nearest to the point's height, else the least crowded one.

    Args:
        figure: of the axes.
        axes: with their final limits.
        points: name to x, and low, y and high of the interval, in data coordinates.
        colours: of the names.
    """
    figure.draw_without_rendering()  # The layout is settled only now. All below is in points.
    scale = Affine2D().scale(72 / figure.dpi)
    in_points = axes.transData + scale
    inside = axes.bbox.transformed(scale)
    taken = [
        Bbox(in_points.transform([(x, low), (x, high)])).padded(7)
        for x, (low, _, high) in points.values()
    ]
    for name, (x_data, (_, y_data, _)) in points.items():
        point = (x_data, y_data)
        x, y = in_points.transform(point)
        width = TextPath((0, 0), name, size=SMALL).get_extents().width
        aside = 18 if x < (inside.x0 + inside.x1) / 2 else -18
        boxes = {
            (across, up): Bbox.from_bounds(
                x + across - (width if across < 0 else 0), y + up - 0.7 * SMALL, width, 1.4 * SMALL
            )
            for up in (0, 15, -15, 30, -30, 45, -45)
            for across in (aside, -aside)
        }
        fitting = {
            place: box
            for place, box in boxes.items()
            if all(inside.contains(*corner) for corner in box.corners())
        }
        across, up = min(fitting or boxes, key=lambda place: boxes[place].count_overlaps(taken))
        taken.append(boxes[across, up].padded(8, 0))  # or two names in a line read as one
        side: Literal["left", "right"] = "left" if across > 0 else "right"
        white = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        name_joined(
            axes, name, colours[name], point, (across, up), "offset points", 5, side, bbox=white
        )


def name_joined(
    axes: Axes,
    name: str,
    colour: str,
    end: tuple[float, float],
    place: tuple[float, float],
    coordinates: Any,
    gap: float,
    side: Literal["left", "right"] = "left",
    **style: Any,
) -> None:
    """Write a name and join it to a point by a line.

    Args:
        axes: to write on.
        name: of the point.
        colour: of the line.
        end: the point, in data coordinates.
        place: of the middle of the name's ``side``.
        coordinates: those of ``place``, as ``Axes.annotate`` takes them.
        gap: between the line and the point, in points.
        side: of the name, where the line begins.
        style: of the text.
    """
    axes.annotate(
        name,
        end,
        xytext=place,
        textcoords=coordinates,
        ha=side,
        va="center",
        fontsize=SMALL,
        arrowprops={
            "arrowstyle": "-",
            "color": colour,
            "linewidth": 0.8,
            "shrinkA": 1,
            "shrinkB": gap,
            "relpos": (0 if side == "left" else 1, 0.5),
        },
        **style,
    )
