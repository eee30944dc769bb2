"""Several channels in, several filters, a bias each: the arithmetic of a layer on colours.

The sizes are those of the convolution demo of Stanford's CS231n (A. Karpathy, notes on
convolutional networks); the numbers are drawn here.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.convolution.cells import Panel, draw_panels, number, size_of
from dogs_vs_cats.lesson.convolution.example import Kernels, Map, Maps, convolve_maps
from dogs_vs_cats.visualization.drawing import Drawing

SIDE, CHANNELS, PADDING, STRIDE = 5, 3, 1, 2
FILTER_SIDE, FILTERS = 3, 2
PLACE = (1, 1)
"""Row and column of the answer whose arithmetic is shown: the middle one."""
_SEED = 0
_drawing = partial(Drawing, section="convolution")


def example() -> tuple[Maps, Kernels, Map]:
    """Input (5, 5, 3) of 0 to 2, filters (3, 3, 3, 2) of -1 to 1, biases (2,): 1 and 0."""
    rng = np.random.default_rng(_SEED)
    picture = rng.integers(0, 3, (SIDE, SIDE, CHANNELS)).astype(np.float32)
    kernels = rng.integers(-1, 2, (FILTER_SIDE, FILTER_SIDE, CHANNELS, FILTERS))
    return picture, kernels.astype(np.float32), np.array([1, 0], np.float32)


def padded(picture: Maps) -> Maps:
    """With a border of zeros around each channel: (7, 7, 3)."""
    return np.pad(picture, ((PADDING, PADDING), (PADDING, PADDING), (0, 0)))


def answers() -> Maps:
    """What the layer makes of the example: (3, 3, 2)."""
    picture, kernels, biases = example()
    return convolve_maps(padded(picture), kernels, biases, strides=STRIDE)


def draw() -> Iterator[Drawing | Table]:
    """One answer over three channels, written out; then all answers of both filters."""
    picture, kernels, biases = example()
    channels, result = padded(picture), answers()
    top, left = (STRIDE * place for place in PLACE)
    piece = channels[top : top + FILTER_SIDE, left : left + FILTER_SIDE]
    products = piece * kernels[..., 0]
    sums = products.sum(axis=(0, 1))
    value = float(result[*PLACE, 0])
    total = " + ".join(_signed(float(each)) for each in (*sums, biases[0]))
    rows = [
        [
            Panel(
                channels[..., channel],
                _("channel {channel}, padded").format(channel=channel + 1),
                span=2,
                place=(top, left, FILTER_SIDE),
            ),
            Panel(
                kernels[..., channel, 0],
                _("filter 1, channel {channel}").format(channel=channel + 1),
                size=9,
                extent=7,
            ),
            Panel(
                products[..., channel],
                _("products, sum {sum}").format(sum=number(float(sums[channel]), 0)),
                size=9,
                extent=7,
                span=2,
            ),
        ]
        for channel in range(CHANNELS)
    ]
    yield _drawing(
        name="convolution_6_channels",
        figure=draw_panels(7.2, *rows),
        title=_("Three channels and a bias"),
        alt=_("""Three rows, one a channel: a {size} grid with one {filter_side}×{filter_side}
            place outlined, the filter's weights for that channel, and their products.""").format(
            size=size_of(channels[..., 0]), filter_side=FILTER_SIDE
        ),
        caption=_("""A colour picture has three channels, and so has a filter: {filter_side} ×
            {filter_side} × {channels} weights. All {products} products and the bias are added to
            one number: at the outlined place {total} = {answer}. The input is {size}; a border of
            zeros (padding {padding}) makes it {padded}. Where the lecture's example is called
            {padded} with padding {padding}, that is the padded size.""").format(
            filter_side=FILTER_SIDE,
            channels=CHANNELS,
            products=kernels[..., 0].size,
            total=total,
            answer=number(value, 0),
            size=size_of(picture),
            padding=PADDING,
            padded=size_of(channels),
        ),
    )
    yield Table(
        name="convolution_6_arithmetic",
        title=_("That answer, written out"),
        caption=_("""Filter 1 at row {row}, column {column} of its answers: input times weight, row
            by row.""").format(row=PLACE[0] + 1, column=PLACE[1] + 1),
        columns=(_("channel"), _("products"), _("sum")),
        rows=(
            *(
                (
                    str(channel + 1),
                    " + ".join(
                        f"{number(float(x), 0)}·{_signed(float(w))}"
                        for x, w in zip(
                            piece[..., channel].ravel(),
                            kernels[..., channel, 0].ravel(),
                            strict=True,
                        )
                    ),
                    number(float(sums[channel]), 0),
                )
                for channel in range(CHANNELS)
            ),
            (_("bias"), "", number(float(biases[0]), 0)),
            (_("answer"), total, number(value, 0)),
        ),
    )
    span = float(np.abs(result).max())
    panels = [
        Panel(
            result[..., index],
            _("filter {filter}, bias {bias}").format(
                filter=index + 1, bias=number(float(biases[index]), 0)
            ),
            size=12,
            span=span,
            place=(*PLACE, 1) if index == 0 else None,
        )
        for index in range(FILTERS)
    ]
    yield _drawing(
        name="convolution_6_filters",
        figure=draw_panels(3.2, panels),
        title=_("Two filters give two channels"),
        alt=_("Two {size} grids of numbers: the answers of the two filters.").format(
            size=size_of(result[..., 0])
        ),
        caption=_("""At stride {stride} a filter of {filter_side} has ⌊({side} + 2·{padding}
            \N{MINUS SIGN} {filter_side}) / {stride}⌋ + 1 = {places} places along a side. Each
            filter gives one map, so {padded} (padded) becomes {answers}: as many channels as
            filters. The layer learns {weights} weights and {biases} biases, {numbers} numbers. The
            answer from above is outlined.""").format(
            stride=STRIDE,
            filter_side=FILTER_SIDE,
            side=SIDE,
            padding=PADDING,
            places=len(result),
            padded=size_of(channels),
            answers=size_of(result),
            weights=kernels.size,
            biases=biases.size,
            numbers=kernels.size + biases.size,
        ),
    )


def _signed(value: float) -> str:
    """A negative number in brackets, so that it can stand after a sign."""
    return f"({number(value, 0)})" if value < 0 else number(value, 0)
