"""Maps as coloured cells with their numbers, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dogs_vs_cats.lesson.convolution.example import POOL, Map
from dogs_vs_cats.visualization.drawing import styled_figure

WIDTH = 7.0
"""Inches."""
COLOUR_MAP = "RdBu_r"
"""-1 dark blue, 0 white, 1 dark red; in greyscale the numbers tell them apart."""
FRAME_COLOUR = "#ffd400"


@dataclass(frozen=True)
class Panel:
    """A map and how it is drawn."""

    values: Map
    """Up to ``span`` either way."""
    title: str
    """Above the map."""
    size: float = 6.5
    """Of the numbers in points; 0 leaves them out."""
    extent: int | None = None
    """Cells that the axes are wide, so that a small map has cells as large as a large one's; by
    default the map fills the axes."""
    centres: Sequence[int] = ()
    """Rows and columns on which the filter's centre stands; their cells are framed."""
    windows: bool = False
    """Whether the windows of max pooling are outlined, incomplete ones dotted."""
    span: float = 1.0
    """The value that has the darkest colour."""
    place: tuple[int, int, int] | None = None
    """Top row, left column and side of a square that is outlined, such as a filter's place."""


def draw_panels(height: float, *rows: Sequence[Panel]) -> Figure:
    """A figure ``height`` inches high with rows of equally many maps."""
    with styled_figure(WIDTH, height) as figure:
        grid = figure.subplots(len(rows), len(rows[0]), squeeze=False)
        for axes, panel in zip(grid.flat, (panel for row in rows for panel in row), strict=True):
            _draw(axes, panel)
    return figure


def number(value: float, decimals: int = 2) -> str:
    """With a true minus sign, and none before a zero."""
    return f"{value:z.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def size_of(values: npt.NDArray[Any]) -> str:
    """Such as ``7×7×3``."""
    return "×".join(map(str, values.shape))


def _draw(axes: Axes, panel: Panel) -> None:
    values, (height, width) = panel.values, panel.values.shape
    axes.pcolormesh(
        np.arange(width + 1) - 0.5,
        np.arange(height + 1) - 0.5,
        values,
        cmap=COLOUR_MAP,
        vmin=-1.3 * panel.span,  # paler than the map's ends, so that numbers can be read on them
        vmax=1.3 * panel.span,
        edgecolors="#888888",
        linewidth=0.4,
    )
    decimals = 0 if np.all(values == np.round(values)) else 2
    for (row, column), value in np.ndenumerate(values) if panel.size else ():
        axes.text(
            column,
            row,
            number(float(value), decimals),
            ha="center",
            va="center",
            fontsize=panel.size,
            color="white" if abs(value) > 0.85 * panel.span else "black",
        )
    margin = ((panel.extent or width) - width) / 2
    axes.set_xlim(-0.5 - margin, width - 0.5 + margin)
    axes.set_ylim(height - 0.5 + margin, -0.5 - margin)
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.set_title(panel.title, fontsize=9)
    for row, column in product(panel.centres, repeat=2):
        _outline(axes, (column - 0.4, row - 0.4), 0.8, 0.8, edgecolor=FRAME_COLOUR)
    for top, left in (
        product(range(0, height, POOL), range(0, width, POOL)) if panel.windows else ()
    ):
        high, wide = min(POOL, height - top), min(POOL, width - left)
        line = "-" if high == wide == POOL else ":"
        _outline(axes, (left - 0.5, top - 0.5), wide, high, linestyle=line)
    if panel.place:
        top, left, side = panel.place
        _outline(axes, (left - 0.5, top - 0.5), side, side)


def _outline(
    axes: Axes, corner: tuple[float, float], width: float, height: float, **style: Any
) -> None:
    axes.add_patch(Rectangle(corner, width, height, fill=False, linewidth=1.6, **style))
