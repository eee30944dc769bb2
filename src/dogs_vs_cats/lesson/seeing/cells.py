"""Simple and complex cells of the visual cortex as a filter and a pooling.

Hubel and Wiesel (1962, J. Physiol. 160, 106-154) found cells in the cat's cortex that answer to a
bar of one direction at one place (simple), and others that answer wherever in a larger part of the
field it lies (complex). They thought of a complex cell as fed by simple ones of one direction;
here it takes the strongest.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.signal import correlate2d

from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import mark
from dogs_vs_cats.lesson.convolution.cells import WIDTH, Panel, draw_panels, number
from dogs_vs_cats.visualization.drawing import Drawing, styled_figure

SIDE, FILTER_SIDE = 9, 5
OFFSETS = range(-2, 3)
"""Columns by which the bar is moved from the middle."""

Map = npt.NDArray[np.float32]
"""Shape (height, width)."""

_UPRIGHT: Map = np.tile(np.array([-2, -2, 8, -2, -2]) / 40, (FILTER_SIDE, 1)).astype(np.float32)
CELLS = {mark("upright"): _UPRIGHT, mark("level"): _UPRIGHT.T}
"""Filters that answer 1 to a bar in their middle, and 0 to an even field: their sum is 0."""


def bar(offset: int, lying: bool = False) -> Map:
    """A bright bar, one pixel thick, on a dark field, moved from the middle by ``offset``."""
    field = np.zeros((SIDE, SIDE), np.float32)
    field[:, SIDE // 2 + offset] = 1
    return field.T if lying else field


def simple_cells(picture: Map, weights: Map) -> Map:
    """What cells with these weights answer, one at each place, (5, 5); not below 0."""
    return np.asarray(np.maximum(correlate2d(picture, weights, mode="valid"), 0), np.float32)


def simple_cell(picture: Map, weights: Map) -> float:
    """The answer of the cell in the middle."""
    answers = simple_cells(picture, weights)
    return float(answers[len(answers) // 2, len(answers) // 2])


def complex_cell(picture: Map, weights: Map) -> float:
    """The strongest answer of the simple cells at all places: max pooling."""
    return float(simple_cells(picture, weights).max())


def draw() -> Iterator[Drawing]:
    """The two filters with a bar, and both cells' answers as the bar moves."""
    panels = [
        Panel(bar(0), _("a bar"), size=0),
        *(
            Panel(weights, _("simple cell for {name} bars").format(name=_(name)), size=7, span=0.2)
            for name, weights in CELLS.items()
        ),
    ]
    answers = {name: simple_cell(bar(0), weights) for name, weights in CELLS.items()}
    yield Drawing(
        name="seeing_3_cells",
        figure=draw_panels(2.9, panels),
        title=_("Simple cells are oriented filters"),
        alt=_("""A bright upright bar on a {side}×{side} field and two {filter_side}×{filter_side}
            filters: an upright and a level stripe of positive weights between negative
            ones.""").format(side=SIDE, filter_side=FILTER_SIDE),
        caption=_("""D. Hubel and T. Wiesel (1962) found cells in the cat's visual cortex that
            answer to a bar of one direction at one place of the field. A filter does the same:
            positive where the bar should be, negative beside it. To this bar the cell for upright
            ones answers {upright}, the one for level bars {level}.""").format(
            upright=number(answers["upright"]), level=number(answers["level"])
        ),
        section="seeing",
    )
    weights = CELLS["upright"]
    simple = [simple_cell(bar(offset), weights) for offset in OFFSETS]
    pooled = [complex_cell(bar(offset), weights) for offset in OFFSETS]
    lying = complex_cell(bar(0, lying=True), weights)
    with styled_figure(WIDTH, 3.2) as figure:
        axes = figure.subplots()
        axes.plot(OFFSETS, pooled, marker="s", label=_("complex cell: the strongest of all places"))
        axes.plot(OFFSETS, simple, marker="o", label=_("simple cell: one place"))
        axes.set_xticks(list(OFFSETS))
        axes.set_ylim(-0.1, 1.35)
        axes.set_xlabel(_("bar moved by, pixels"))
        axes.set_ylabel(_("answer"))
        axes.legend(loc="upper center", ncols=2)
    told = ", ".join(number(each) for each in simple)
    yield Drawing(
        name="seeing_4_moved_bar",
        figure=figure,
        title=_("Complex cells pool them"),
        alt=_("""Two lines over the place of the bar: the simple cell answers {told}; the complex
            cell {lowest} to {highest} everywhere.""").format(
            told=told, lowest=number(min(pooled)), highest=number(max(pooled))
        ),
        caption=_("""As the upright bar moves across, the simple cell in the middle answers {told}.
            A complex cell takes the strongest answer of simple cells of one direction at all
            {filter_side}×{filter_side} places: {lowest} wherever the bar is, and still {lying} to
            a level one. Convolution and max pooling are these two, many times over. (That the
            strongest counts is a choice made here.)""").format(
            told=told, filter_side=FILTER_SIDE, lowest=number(min(pooled)), lying=number(lying)
        ),
        section="seeing",
    )
