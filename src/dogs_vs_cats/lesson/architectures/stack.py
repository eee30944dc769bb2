"""A network as a stack of feature maps, in oblique projection: sides and channels to scale."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from scipy.optimize import brentq

from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.layers.count import Row, size
from dogs_vs_cats.visualization.colours import PALETTE
from dogs_vs_cats.visualization.drawing import styled_figure

WIDTH = 7.0
"""Of the figure in inches."""
_TALLEST = 1.5
"""Of the largest side, in inches."""
_SLANT = 0.35
"""A side that goes into the depth, drawn at 45°, in each direction."""
_LABEL, _GAP, _MARGIN = 0.48, 0.06, 0.1
"""Inches: the room of a label, between stacks, around all."""
_SMALL = 7.5
_Faces = tuple[str, str, str]
"""Colours of a box: of its front, its top, and of the map itself, which looks to the right."""
_PICTURE: _Faces = ("#999999", "#bbbbbb", "#767676")
_TOWERS: tuple[_Faces, ...] = (
    ("#56b4e9", "#8fcdf1", "#0072b2"),
    ("#e69f00", "#f2c765", "#d55e00"),
)


@dataclass(frozen=True)
class _Stack:
    """Maps of one size that follow each other."""

    faces: tuple[_Faces, ...]
    """A colour scheme for each of the parts that a map is cut into."""
    side: int
    channels: int
    layers: int

    @property
    def label(self) -> str:
        lines = [f"{self.side}×{self.side}", f"×{self.channels:,}"]
        if self.layers > 1:
            lines.append(_("{number} times").format(number=self.layers))
        return "\n".join(lines)

    def width(self, channel: float, pixel: float) -> float:
        boxes = self.layers * self.channels * channel
        return max(_LABEL, boxes + _SLANT * self.side * pixel) + _GAP


def draw_stack(rows: Sequence[Row], towers: int = 1) -> Figure:
    """A network's maps from left to right, and its dense layers as lines.

    Args:
        rows: the layers to draw, whose outputs are (side, side, channels) or (units,).
        towers: parts, 1 or 2, that all maps but the picture are cut into, each in a colour of its
            own.
    """
    stacks = list(_stacks((row for row in rows if len(row.shape) == 3), _TOWERS[:towers]))
    dense = [row for row in rows if len(row.shape) == 1]
    pixel = _TALLEST / max(stack.side for stack in stacks)
    longest = max((row.shape[0] for row in dense), default=0)

    def overflow(channel: float) -> float:
        lines = max(1.5 * _LABEL, longest * channel) if dense else 0.0
        return sum(each.width(channel, pixel) for each in stacks) + lines + 2 * _MARGIN - WIDTH

    channel = brentq(overflow, 0, WIDTH)
    low, high = 0.75, 0.75 + _TALLEST * (1 + _SLANT) + 0.25
    with styled_figure(WIDTH, high) as figure:
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, high))
        axes.set_axis_off()
        x = _MARGIN
        for stack in stacks:
            _draw(axes, stack, x, low, channel, pixel)
            x += stack.width(channel, pixel)
        for place, row in enumerate(dense):
            y = low + 0.12 + 0.45 * (len(dense) - 1 - place)
            axes.plot([x, x + row.shape[0] * channel], [y, y], color=PALETTE[0], lw=1.5)
            axes.text(x, y + 0.05, f"{row.name}: {row.shape[0]:,}", fontsize=_SMALL)
        _scales(axes, high - 0.15, channel, pixel)
    return figure


def described(rows: Iterable[Row]) -> str:
    """The stacks in words: "224×224×64 (2 times), 112×112×128"."""
    named = ((size(shape), len(list(group))) for shape, group in groupby(r.shape for r in rows))
    return ", ".join(
        f"{shape} ({_('{number} times').format(number=times)})" if times > 1 else shape
        for shape, times in named
    )


def _stacks(rows: Iterable[Row], towers: tuple[_Faces, ...]) -> Iterator[_Stack]:
    for (faces, shape), group in groupby(
        rows, lambda row: ((_PICTURE,) if row.kind == "picture" else towers, row.shape)
    ):
        side, _width, channels = shape
        yield _Stack(faces, side, channels, len(list(group)))


def _draw(axes: Axes, stack: _Stack, x: float, y: float, channel: float, pixel: float) -> None:
    axes.text(x, y - 0.08, stack.label, fontsize=_SMALL, va="top")
    thickness = stack.channels * channel / len(stack.faces)
    for faces in stack.layers * stack.faces:
        _box(axes, x, y, thickness, stack.side * pixel, faces)
        x += thickness


def _box(axes: Axes, x: float, y: float, width: float, height: float, faces: _Faces) -> None:
    slant = _SLANT * height
    back = height + slant
    front, top, right = faces
    for colour, corners in (
        (front, [(0, 0), (width, 0), (width, height), (0, height)]),
        (top, [(0, height), (width, height), (width + slant, back), (slant, back)]),
        (right, [(width, 0), (width + slant, slant), (width + slant, back), (width, height)]),
    ):
        moved = [(x + across, y + up) for across, up in corners]
        axes.add_patch(Polygon(moved, facecolor=colour, edgecolor="white", linewidth=0.3))


def _scales(axes: Axes, top: float, channel: float, pixel: float) -> None:
    """A bar of so many channels, and one of so many pixels."""
    right = WIDTH - _MARGIN
    scales = ((_("{number:,} channels"), channel), (_("{number:,} pixels of a side"), pixel))
    for place, (words, inches) in enumerate(scales):
        number = max(n for n in (1, 10, 100, 1000, 10_000) if n * inches < 1.0 or n == 1)
        y = top - 0.2 * place
        axes.plot([right - number * inches, right], [y, y], color="#222222", lw=2.5)
        axes.text(
            right - number * inches - 0.06,
            y,
            words.format(number=number),
            fontsize=_SMALL,
            ha="right",
            va="center",
        )
