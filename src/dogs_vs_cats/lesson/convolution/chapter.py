"""The figures of the page that explains convolution, in the order in which they are to be read."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.convolution import channels, decision, sizes, translation
from dogs_vs_cats.lesson.convolution.cells import WIDTH, Panel, draw_panels, number, size_of
from dogs_vs_cats.lesson.convolution.example import (
    FILTERS,
    PICTURES,
    POOL,
    convolve,
    pool,
    rectify,
)
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.visualization.drawing import Drawing, styled_figure

CONVNET_SIZE = 150
"""Side of the pictures in the last figure, as in the lecture."""

_X = PICTURES["X"]
_SIDE = len(_X)
_FILTER_SIDE = len(FILTERS["centre cross"])
_drawing = partial(Drawing, section="convolution")


def draw() -> Iterator[Drawing | Table]:
    """The chapter's figures and tables. Needs no data."""
    yield _pictures()
    yield _filters()
    yield _matches()
    yield _inverse()
    for name in PICTURES:
        yield _feature_maps(name)
    yield from sizes.draw()
    yield from channels.draw()
    yield _relu()
    yield _pooling()
    yield _stack()
    yield from decision.draw()
    yield from translation.draw()
    yield _convnet()


def _pictures() -> Drawing:
    ink = {name: int((picture > 0).sum()) for name, picture in PICTURES.items()}
    return _drawing(
        name="convolution_1_pictures",
        figure=draw_panels(
            3.7,
            [
                Panel(picture, _("an {name}").format(name=name), size=9)
                for name, picture in PICTURES.items()
            ],
        ),
        title=_("Two pictures as a network sees them"),
        alt=_("""Two grids of {side}×{side} numbers: 1 along the strokes of an X and of an O, -1
            elsewhere.""").format(side=_SIDE),
        caption=_("""A picture is a grid of numbers, here {side}×{side}: 1 is ink, -1 is paper. The
            X has {ink_x} cells of ink, the O {ink_o}. Compared cell by cell, an X that is moved by
            one pixel or drawn a little askew would be another picture. A convolution compares
            small pieces instead.""").format(side=_SIDE, ink_x=ink["X"], ink_o=ink["O"]),
    )


def _filters() -> Drawing:
    return _drawing(
        name="convolution_2_filters",
        figure=draw_panels(2.5, [Panel(each, _(name), size=11) for name, each in FILTERS.items()]),
        title=_("Three filters: the pieces that an X is made of"),
        alt=_("""Three grids of {filter_side}×{filter_side} numbers: the falling diagonal, the
            centre cross and the rising diagonal are 1, the rest is -1.""").format(
            filter_side=_FILTER_SIDE
        ),
        caption=_("""A filter is a small picture of {filter_side}×{filter_side} weights. These
            three look for the parts of an X: its two strokes and the place where they cross. Here
            they are set by hand. A convnet begins with random weights and learns its filters from
            the pictures.""").format(filter_side=_FILTER_SIDE),
    )


def _matches() -> Drawing:
    """The arithmetic of one filter at the place where it fits best and where it fits worst."""
    weights = FILTERS["falling diagonal"]
    name = _("falling diagonal")
    answers = convolve(_X)[..., 0]
    rows, means = [], []
    for place in (answers.argmax(), answers.argmin()):
        top, left = np.unravel_index(place, answers.shape)
        mean = float(answers[top, left])
        patch = _X[top : top + _FILTER_SIDE, left : left + _FILTER_SIDE]
        means.append(mean)
        rows.append(
            [
                Panel(
                    patch,
                    _("X, row {row}, column {column}").format(row=top + 1, column=left + 1),
                    size=11,
                ),
                Panel(weights, _("times {name}").format(name=name), size=11),
                Panel(
                    patch * weights, _("products, mean {mean}").format(mean=number(mean)), size=11
                ),
            ]
        )
    best, worst = means
    agreeing = [int((mean + 1) * weights.size / 2 + 0.5) for mean in means]
    return _drawing(
        name="convolution_3_match",
        figure=draw_panels(4.4, *rows),
        title=_("One filter at two places"),
        alt=_("""Two rows of three grids: a {size} piece of the X, the filter {name}, and their
            products. The mean of the products is {best} above and {worst} below.""").format(
            size=size_of(weights), name=name, best=number(best), worst=number(worst)
        ),
        caption=_("""To see how well a filter fits a piece of the picture, multiply cell by cell
            and take the mean. Where both agree, the product is 1. Above, {agreeing} of {cells}
            cells agree: the answer is {best}. Below, at the worst place, {agreeing_worst} agree:
            {worst}. A layer takes the sum; here the weights are divided by {cells}, which makes it
            the mean.""").format(
            agreeing=agreeing[0],
            cells=weights.size,
            best=number(best),
            agreeing_worst=agreeing[1],
            worst=number(worst),
        ),
    )


def _inverse() -> Drawing:
    """A picture and its negative: each answer changes its sign."""
    name = _("falling diagonal")
    pictures = {_("the X"): _X, _("the X inverted"): -_X}
    answers = {words: convolve(each)[..., 0] for words, each in pictures.items()}
    upright, inverted = answers.values()
    if not np.array_equal(inverted, -upright):
        raise ArithmeticError("a convolution without bias is linear")
    rows = [
        [
            Panel(pictures[words], words, size=0),
            Panel(each, _("answers of the {name}").format(name=name), size=7.5),
        ]
        for words, each in answers.items()
    ]
    return _drawing(
        name="convolution_3_inverse",
        figure=draw_panels(6.4, *rows),
        title=_("A strongly negative answer is the inverse pattern"),
        alt=_("""The X with the answers of the {name}, and the X with ink and paper exchanged: the
            same answers with the opposite sign, {lowest} where there was {highest}.""").format(
            name=name, lowest=number(float(inverted.min())), highest=number(float(upright.max()))
        ),
        caption=_("""Exchange ink and paper, and each answer changes its sign and nothing else. The
            strongest answer, {highest}, becomes {lowest}. So an answer near 0 says that the piece
            is not there, and a strongly negative one that its inverse is: a paper stroke on
            ink.""").format(
            highest=number(float(upright.max())), lowest=number(float(inverted.min()))
        ),
    )


def _feature_maps(picture: str) -> Drawing:
    maps = dict(zip(FILTERS, np.moveaxis(convolve(PICTURES[picture]), -1, 0), strict=True))
    peaks = ", ".join(
        _("{peak:.2f} for the {name}").format(peak=each.max(), name=_(name))
        for name, each in maps.items()
    )
    size = size_of(maps["centre cross"])
    side = len(maps["centre cross"])
    if picture == "X":
        caption = _("""The filter is laid on every place of the picture; each answer is one cell
            of its feature map. A picture of {side} has {places} places for a filter of
            {filter_side} in each direction. Each map is a picture of where its piece was found:
            the diagonals light up along the strokes, the cross in the middle. Strongest answers:
            {peaks}.""").format(side=_SIDE, places=side, filter_side=_FILTER_SIDE, peaks=peaks)
    else:
        caption = _("""The same three filters on the O. Strongest answers: {peaks}. The curves
            contain short diagonals, but the cross is not found: this map alone tells an O from an
            X.""").format(peaks=peaks)
    return _drawing(
        name=f"convolution_4_maps_{picture.lower()}",
        figure=draw_panels(2.7, [Panel(each, _(name)) for name, each in maps.items()]),
        title=_("Feature maps of the {picture}").format(picture=picture),
        alt=_("""Three {size} grids of numbers, the answers of the three filters to the {picture}.
            The strongest are {peaks}.""").format(size=size, picture=picture, peaks=peaks),
        caption=caption,
    )


def _relu() -> Drawing:
    maps = convolve(_X)
    before, after = maps[..., 0], rectify(maps)[..., 0]
    negative, zero = int((before < 0).sum()), int((after == 0).sum())
    return _drawing(
        name="convolution_7_relu",
        figure=draw_panels(
            3.6,
            [Panel(before, _("feature map"), size=7.5), Panel(after, _("after ReLU"), size=7.5)],
        ),
        title=_("ReLU: what does not fit counts for nothing"),
        alt=_("""A feature map of the X before and after ReLU: its {negative} negative answers have
            become 0.""").format(negative=negative),
        caption=_("""A rectified linear unit answers max(0, x): it keeps what is above 0 and sets
            the rest to 0. Here {negative} negative answers of {size} become 0, so {zero} are zero
            in all. How badly a filter misses no longer matters, only where it fits. Without such a
            bend, two convolutions in a row would be no more than one: a sum of sums is a
            sum.""").format(negative=negative, size=after.size, zero=zero),
    )


def _pooling() -> Drawing:
    maps = rectify(convolve(_X))
    first = maps[..., 0]
    whole, every = (pool(maps, padding)[..., 0] for padding in ("valid", "same"))
    panels = [
        Panel(first, _("after ReLU: {size}").format(size=size_of(first)), windows=True),
        Panel(whole, _("whole windows: {whole}").format(whole=size_of(whole)), extent=len(first)),
        Panel(every, _("all windows: {every}").format(every=size_of(every)), extent=len(first)),
    ]
    moved = rectify(convolve(np.roll(_X, 1, axis=1)))
    before, after = _likeness(maps, moved), _likeness(pool(maps, "same"), pool(moved, "same"))
    caption = _("""Of each window of {pool}×{pool} only the largest answer is kept: that the piece
        was found matters more than exactly where. {numbers} numbers become {numbers_whole}, or
        {numbers_every} when the incomplete windows at the edge (dotted) count too, as in the
        lecture; the methods here drop them.""").format(
        pool=POOL, numbers=first.size, numbers_whole=whole.size, numbers_every=every.size
    )
    tolerance = _("""Move the X one pixel to the right, and its feature maps correlate with the old
        ones by {before} before pooling and by {after} after it.""").format(
        before=number(before), after=number(after)
    )
    return _drawing(
        name="convolution_8_pooling",
        figure=draw_panels(3.0, panels),
        title=_("Max pooling: keep the best of four"),
        alt=_("""A {size} map cut into windows of {pool}×{pool}, and the largest answer of each
            window: {whole} from the whole windows, {every} with those at the edge.""").format(
            size=size_of(first), pool=POOL, whole=size_of(whole), every=size_of(every)
        ),
        caption=f"{caption} {tolerance}" if after > before else caption,
    )


def _stack() -> Drawing:
    stacks = {name: pool(rectify(convolve(each)), "same") for name, each in PICTURES.items()}
    rows = [
        [Panel(PICTURES[name], _("the {name}").format(name=name), size=0)]
        + [Panel(stack[..., place], _(each), size=8) for place, each in enumerate(FILTERS)]
        for name, stack in stacks.items()
    ]
    cross = list(FILTERS).index("centre cross")
    x, o = (float(stack[..., cross].max()) for stack in stacks.values())
    size = size_of(stacks["X"][..., 0])
    return _drawing(
        name="convolution_9_stack",
        figure=draw_panels(4.2, *rows),
        title=_("Convolution, ReLU and pooling together"),
        alt=_("""The X and the O, each followed by three {size} maps. The largest answer of the
            centre cross is {x:.2f} for the X and {o:.2f} for the O.""").format(
            size=size, x=x, o=o
        ),
        caption=_("""One picture of {picture} has become a stack of {filters} small maps of {size},
            which say what was found and about where. The centre cross answers with up to {x:.2f}
            on the X and {o:.2f} on the O. The next layer takes this stack for its picture, and its
            filters look for arrangements of pieces; a dense layer at the end weighs what was found
            and votes.""").format(picture=size_of(_X), filters=len(FILTERS), size=size, x=x, o=o),
    )


def _convnet() -> Drawing:
    """The same steps in small_convnet: how large and how deep its stacks are."""
    layers = [
        layer
        for layer in build_small_convnet(CONVNET_SIZE, classes=2, dropout=0.0).layers
        if isinstance(layer, keras.layers.Conv2D | keras.layers.MaxPooling2D)
    ]
    shapes = [(CONVNET_SIZE, CONVNET_SIZE, 3), *(layer.output.shape[1:] for layer in layers)]
    sides, _widths, channels = zip(*shapes, strict=True)
    with styled_figure(WIDTH, 3.4) as figure:
        top, bottom = figure.subplots(2, 1, sharex=True)
        for axes, values, label, colour in (
            (top, sides, _("side, pixels"), "#4878a8"),
            (bottom, channels, _("channels"), "#b06030"),
        ):
            names = [_("picture"), *(layer.name for layer in layers)]
            bars = axes.bar(names, values, color=colour)
            axes.bar_label(bars, padding=2, fontsize=9)
            axes.margins(y=0.25)
            axes.grid(axis="x", visible=False)
            axes.set_ylabel(label)
    return _drawing(
        name="convolution_10_convnet",
        figure=figure,
        title=_("The same four times over: small_convnet"),
        alt=_("""Bars over the layers of small_convnet: the side shrinks from {first} to {last}
            pixels while the channels grow from {channels_in} to {channels_out}.""").format(
            first=sides[0], last=sides[-1], channels_in=channels[0], channels_out=channels[-1]
        ),
        caption=_("""small_convnet stacks convolution, ReLU and max pooling {times} times. The side
            of the maps goes {sides}: each convolution without padding takes 2 pixels, each pooling
            halves and rounds down. Meanwhile the channels grow from {channels_in} colours to
            {channels_out} kinds of pieces. The dense layers get {numbers:,} numbers
            ({shape}).""").format(
            times=len(layers) // 2,
            sides=", ".join(map(str, sides)),
            channels_in=channels[0],
            channels_out=channels[-1],
            numbers=np.prod(shapes[-1]),
            shape="×".join(map(str, shapes[-1])),
        ),
    )


def _likeness(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """Pearson's correlation of two stacks of maps, -1 to 1."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
