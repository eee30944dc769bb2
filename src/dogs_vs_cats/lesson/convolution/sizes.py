"""How stride and padding decide how many answers a filter gives."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import mark
from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.convolution.cells import Panel, draw_panels, size_of
from dogs_vs_cats.lesson.convolution.example import FILTERS, PICTURES, convolve
from dogs_vs_cats.visualization.drawing import Drawing

_X = PICTURES["X"]
_SIDE = len(_X)
_FILTER_SIDE = len(FILTERS["centre cross"])
_CASES = (
    (_SIDE, _FILTER_SIDE, 0, 1, mark("the X")),
    (_SIDE, _FILTER_SIDE, 0, 2, mark("the X, stride 2")),
    (_SIDE, _FILTER_SIDE, 1, 1, mark("the X, padded")),
    (_SIDE, _FILTER_SIDE, 1, 2, mark("the X, padded, stride 2")),
    (5, 3, 1, 2, mark("the three channels below")),
    (150, 3, 0, 1, mark("small_convnet's first convolution")),
    (150, 3, 1, 1, mark("VGG16's convolutions at 150 pixels")),
    (148, 2, 0, 2, mark("max pooling: windows of 2, stride 2")),
)
"""Side, side of the filter, padding, stride, and where they occur."""
_drawing = partial(Drawing, section="convolution")


def places(side: int, filter_side: int, padding: int, stride: int) -> int:
    """Places of a filter along one side: ⌊(n + 2p - k) / s⌋ + 1."""
    return (side + 2 * padding - filter_side) // stride + 1


def draw() -> Iterator[Drawing | Table]:
    """Stride, padding, both together, and the formula for all."""
    yield _strides()
    yield _paddings()
    yield _both()
    yield Table(
        name="convolution_6_sizes",
        title=_("The size of the answer, by one formula"),
        caption=_("""A side of n pixels, padded by p on both ends, has ⌊(n + 2p \N{MINUS SIGN} k) /
            s⌋ + 1 places for a filter of k at a stride of s. ⌊ ⌋ rounds down: what is left over at
            the end is not looked at."""),
        columns=(_("where"), "n", "k", "p", "s", _("computed"), _("answers")),
        rows=tuple(
            (
                _(words),
                *map(str, (side, filter_side, padding, stride)),
                f"⌊({side} + {2 * padding} \N{MINUS SIGN} {filter_side}) / {stride}⌋ + 1",
                str(places(side, filter_side, padding, stride)),
            )
            for side, filter_side, padding, stride, words in _CASES
        ),
    )


def _strides() -> Drawing:
    maps = {strides: convolve(_X, strides=strides)[..., 0] for strides in (1, 2)}
    rows = [
        [
            Panel(
                _X,
                _("stride {strides}: centres of the filter").format(strides=strides),
                size=8,
                centres=range(1, 1 + strides * len(answers), strides),
            ),
            Panel(answers, _("answers: {answers}").format(answers=size_of(answers)), extent=_SIDE),
        ]
        for strides, answers in maps.items()
    ]
    return _drawing(
        name="convolution_5_stride",
        figure=draw_panels(6.6, *rows),
        title=_("Stride: how far the filter steps"),
        alt=_("""The X with the places of a filter marked, and its answers: {size} with stride 1,
            {size_2} with stride 2.""").format(size=size_of(maps[1]), size_2=size_of(maps[2])),
        caption=_("""The stride is the number of pixels from one place of the filter to the next
            (its centres are framed). A picture of n pixels gives ⌊(n - k) / s⌋ + 1 answers with a
            filter of k and a stride of s: here {places} with stride 1 and {places_2} with stride
            2. Stride 2 gives every second answer of stride 1 in each direction: {answers_2}
            instead of {answers}, on large pictures a quarter, and so much less work. All five
            methods convolve with stride 1 and leave the shrinking to max pooling.""").format(
            places=len(maps[1]), places_2=len(maps[2]), answers_2=maps[2].size, answers=maps[1].size
        ),
    )


def _paddings() -> Drawing:
    padded = np.pad(_X, 1)
    valid, same = (convolve(_X, padding=padding)[..., 0] for padding in ("valid", "same"))
    rows = [
        [
            Panel(
                shown,
                f"{words}: {size_of(shown)}",
                size=7,
                extent=len(padded),
                centres=range(1, 1 + len(answers)),
            ),
            Panel(
                answers,
                _("answers: {answers}").format(answers=size_of(answers)),
                extent=len(padded),
            ),
        ]
        for words, shown, answers in (
            (_("no padding"), _X, valid),
            (_("padded with zeros"), padded, same),
        )
    ]
    return _drawing(
        name="convolution_6_padding",
        figure=draw_panels(6.8, *rows),
        title=_("Padding: room at the edges"),
        alt=_("""The X without and with a border of zeros, and a filter's answers: {valid} without,
            {same} with padding.""").format(valid=size_of(valid), same=size_of(same)),
        caption=_("""A filter's centre cannot stand on the outermost pixels, so each convolution
            makes the picture smaller: {picture} becomes {valid}. A border of zeros around the
            picture keeps it at {same} and lets the edges count; the answers inside stay the same.
            small_convnet pads nothing (Keras: valid), VGG16 pads every convolution
            (same).""").format(picture=size_of(_X), valid=size_of(valid), same=size_of(same)),
    )


def _both() -> Drawing:
    padded = np.pad(_X, 1)
    answers = convolve(padded, strides=2)[..., 0]
    side = len(answers)
    panels = [
        Panel(
            padded,
            _("padded by 1, stride 2: {size}").format(size=size_of(padded)),
            size=7,
            centres=range(1, 1 + 2 * side, 2),
        ),
        Panel(
            answers, _("answers: {answers}").format(answers=size_of(answers)), extent=len(padded)
        ),
    ]
    return _drawing(
        name="convolution_6_padding_stride",
        figure=draw_panels(3.6, panels),
        title=_("Padding with stride"),
        alt=_("""The X with a border of zeros and a filter's centre on every second cell, and its
            {answers} answers.""").format(answers=size_of(answers)),
        caption=_("""Both together: ⌊({side} + 2·1 \N{MINUS SIGN} {filter_side}) / 2⌋ + 1 =
            {places}. The padding lets the corners of the picture be centres too; the stride takes
            every second one.""").format(
            side=_SIDE, filter_side=_FILTER_SIDE, places=places(_SIDE, _FILTER_SIDE, 1, 2)
        ),
    )
