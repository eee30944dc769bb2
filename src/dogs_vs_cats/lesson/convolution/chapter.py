"""The figures of the page that explains convolution, in the order in which they are to be read."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import keras
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
            3.7, [Panel(picture, f"an {name}", size=9) for name, picture in PICTURES.items()]
        ),
        title="Two pictures as a network sees them",
        alt=f"""Two grids of {_SIDE}×{_SIDE} numbers: 1 along the strokes of an X and of an O, -1
            elsewhere.""",
        caption=f"""A picture is a grid of numbers, here {_SIDE}×{_SIDE}: 1 is ink, -1 is paper. The
            X has {ink["X"]} cells of ink, the O {ink["O"]}. Compared cell by cell, an X that is
            moved by one pixel or drawn a little askew would be another picture. A convolution
            compares small pieces instead.""",
    )


def _filters() -> Drawing:
    return _drawing(
        name="convolution_2_filters",
        figure=draw_panels(2.5, [Panel(each, name, size=11) for name, each in FILTERS.items()]),
        title="Three filters: the pieces that an X is made of",
        alt=f"""Three grids of {_FILTER_SIDE}×{_FILTER_SIDE} numbers: the falling diagonal, the
            centre cross and the rising diagonal are 1, the rest is -1.""",
        caption=f"""A filter is a small picture of {_FILTER_SIDE}×{_FILTER_SIDE} weights. These
            three look for the parts of an X: its two strokes and the place where they cross. Here
            they are set by hand. A convnet begins with random weights and learns its filters from
            the pictures.""",
    )


def _matches() -> Drawing:
    """The arithmetic of one filter at the place where it fits best and where it fits worst."""
    name, weights = next(iter(FILTERS.items()))
    answers = convolve(_X)[..., 0]
    rows, means = [], []
    for place in (answers.argmax(), answers.argmin()):
        top, left = np.unravel_index(place, answers.shape)
        mean = float(answers[top, left])
        patch = _X[top : top + _FILTER_SIDE, left : left + _FILTER_SIDE]
        means.append(mean)
        rows.append(
            [
                Panel(patch, f"X, row {top + 1}, column {left + 1}", size=11),
                Panel(weights, f"times {name}", size=11),
                Panel(patch * weights, f"products, mean {number(mean)}", size=11),
            ]
        )
    best, worst = means
    agreeing = [int((mean + 1) * weights.size / 2 + 0.5) for mean in means]
    return _drawing(
        name="convolution_3_match",
        figure=draw_panels(4.4, *rows),
        title="One filter at two places",
        alt=f"""Two rows of three grids: a {size_of(weights)} piece of the X, the filter {name}, and
            their products. The mean of the products is {number(best)} above and {number(worst)}
            below.""",
        caption=f"""To see how well a filter fits a piece of the picture, multiply cell by cell and
            take the mean. Where both agree, the product is 1. Above, {agreeing[0]} of
            {weights.size} cells agree: the answer is {number(best)}. Below, at the worst place,
            {agreeing[1]} agree: {number(worst)}. A layer takes the sum; here the weights are
            divided by {weights.size}, which makes it the mean.""",
    )


def _inverse() -> Drawing:
    """A picture and its negative: each answer changes its sign."""
    name = next(iter(FILTERS))
    pictures = {"the X": _X, "the X inverted": -_X}
    answers = {words: convolve(each)[..., 0] for words, each in pictures.items()}
    upright, inverted = answers.values()
    if not np.array_equal(inverted, -upright):
        raise ArithmeticError("a convolution without bias is linear")
    rows = [
        [Panel(pictures[words], words, size=0), Panel(each, f"answers of the {name}", size=7.5)]
        for words, each in answers.items()
    ]
    return _drawing(
        name="convolution_3_inverse",
        figure=draw_panels(6.4, *rows),
        title="A strongly negative answer is the inverse pattern",
        alt=f"""The X with the answers of the {name}, and the X with ink and paper exchanged: the
            same answers with the opposite sign, {number(float(inverted.min()))} where there was
            {number(float(upright.max()))}.""",
        caption=f"""Exchange ink and paper, and each answer changes its sign and nothing else. The
            strongest answer, {number(float(upright.max()))}, becomes
            {number(float(inverted.min()))}. So an answer near 0 says that the piece is not there,
            and a strongly negative one that its inverse is: a paper stroke on ink.""",
    )


def _feature_maps(picture: str) -> Drawing:
    maps = dict(zip(FILTERS, np.moveaxis(convolve(PICTURES[picture]), -1, 0), strict=True))
    peaks = ", ".join(f"{each.max():.2f} for the {name}" for name, each in maps.items())
    size = size_of(maps["centre cross"])
    side = len(maps["centre cross"])
    if picture == "X":
        caption = f"""The filter is laid on every place of the picture; each answer is one cell of
            its feature map. A picture of {_SIDE} has {side} places for a filter of {_FILTER_SIDE}
            in each direction. Each map is a picture of where its piece was found: the diagonals
            light up along the strokes, the cross in the middle. Strongest answers: {peaks}."""
    else:
        caption = f"""The same three filters on the O. Strongest answers: {peaks}. The curves
            contain short diagonals, but the cross is not found: this map alone tells an O from an
            X."""
    return _drawing(
        name=f"convolution_4_maps_{picture.lower()}",
        figure=draw_panels(2.7, [Panel(each, name) for name, each in maps.items()]),
        title=f"Feature maps of the {picture}",
        alt=f"""Three {size} grids of numbers, the answers of the three filters to the {picture}.
            The strongest are {peaks}.""",
        caption=caption,
    )


def _relu() -> Drawing:
    maps = convolve(_X)
    before, after = maps[..., 0], rectify(maps)[..., 0]
    negative, zero = int((before < 0).sum()), int((after == 0).sum())
    return _drawing(
        name="convolution_7_relu",
        figure=draw_panels(
            3.6, [Panel(before, "feature map", size=7.5), Panel(after, "after ReLU", size=7.5)]
        ),
        title="ReLU: what does not fit counts for nothing",
        alt=f"""A feature map of the X before and after ReLU: its {negative} negative answers have
            become 0.""",
        caption=f"""A rectified linear unit answers max(0, x): it keeps what is above 0 and sets the
            rest to 0. Here {negative} negative answers of {after.size} become 0, so {zero} are zero
            in all. How badly a filter misses no longer matters, only where it fits. Without such a
            bend, two convolutions in a row would be no more than one: a sum of sums is a sum.""",
    )


def _pooling() -> Drawing:
    maps = rectify(convolve(_X))
    first = maps[..., 0]
    whole, every = (pool(maps, padding)[..., 0] for padding in ("valid", "same"))
    panels = [
        Panel(first, f"after ReLU: {size_of(first)}", windows=True),
        Panel(whole, f"whole windows: {size_of(whole)}", extent=len(first)),
        Panel(every, f"all windows: {size_of(every)}", extent=len(first)),
    ]
    moved = rectify(convolve(np.roll(_X, 1, axis=1)))
    before, after = _likeness(maps, moved), _likeness(pool(maps, "same"), pool(moved, "same"))
    tolerance = f""" Move the X one pixel to the right, and its feature maps correlate with the old
        ones by {number(before)} before pooling and by {number(after)} after it."""
    return _drawing(
        name="convolution_8_pooling",
        figure=draw_panels(3.0, panels),
        title="Max pooling: keep the best of four",
        alt=f"""A {size_of(first)} map cut into windows of {POOL}×{POOL}, and the largest answer of
            each window: {size_of(whole)} from the whole windows, {size_of(every)} with those at the
            edge.""",
        caption=f"""Of each window of {POOL}×{POOL} only the largest answer is kept: that the piece
            was found matters more than exactly where. {first.size} numbers become {whole.size}, or
            {every.size} when the incomplete windows at the edge (dotted) count too, as in the
            lecture; the methods here drop them.{tolerance if after > before else ""}""",
    )


def _stack() -> Drawing:
    stacks = {name: pool(rectify(convolve(each)), "same") for name, each in PICTURES.items()}
    rows = [
        [Panel(PICTURES[name], f"the {name}", size=0)]
        + [Panel(stack[..., place], each, size=8) for place, each in enumerate(FILTERS)]
        for name, stack in stacks.items()
    ]
    cross = list(FILTERS).index("centre cross")
    x, o = (float(stack[..., cross].max()) for stack in stacks.values())
    size = size_of(stacks["X"])
    return _drawing(
        name="convolution_9_stack",
        figure=draw_panels(4.2, *rows),
        title="Convolution, ReLU and pooling together",
        alt=f"""The X and the O, each followed by three {size} maps. The largest answer of the
            centre cross is {x:.2f} for the X and {o:.2f} for the O.""",
        caption=f"""One picture of {size_of(_X)} has become a stack of {len(FILTERS)} small maps of
            {size}, which say what was found and about where. The centre cross answers with up to
            {x:.2f} on the X and {o:.2f} on the O. The next layer takes this stack for its picture,
            and its filters look for arrangements of pieces; a dense layer at the end weighs what
            was found and votes.""",
    )


def _convnet() -> Drawing:
    """The same steps in small_convnet: how large and how deep its stacks are."""
    layers = [
        layer
        for layer in build_small_convnet(CONVNET_SIZE, classes=2, dropout=0.0).layers
        if isinstance(layer, keras.layers.Conv2D | keras.layers.MaxPooling2D)
    ]
    shapes = [(CONVNET_SIZE, CONVNET_SIZE, 3), *(layer.output.shape[1:] for layer in layers)]
    sides, _, channels = zip(*shapes, strict=True)
    with styled_figure(WIDTH, 3.4) as figure:
        top, bottom = figure.subplots(2, 1, sharex=True)
        for axes, values, label, colour in (
            (top, sides, "side, pixels", "#4878a8"),
            (bottom, channels, "channels", "#b06030"),
        ):
            bars = axes.bar(["picture", *(layer.name for layer in layers)], values, color=colour)
            axes.bar_label(bars, padding=2, fontsize=9)
            axes.margins(y=0.25)
            axes.grid(axis="x", visible=False)
            axes.set_ylabel(label)
    return _drawing(
        name="convolution_10_convnet",
        figure=figure,
        title="The same four times over: small_convnet",
        alt=f"""Bars over the layers of small_convnet: the side shrinks from {sides[0]} to
            {sides[-1]} pixels while the channels grow from {channels[0]} to {channels[-1]}.""",
        caption=f"""small_convnet stacks convolution, ReLU and max pooling {len(layers) // 2} times.
            The side of the maps goes {", ".join(map(str, sides))}: each convolution without padding
            takes 2 pixels, each pooling halves and rounds down. Meanwhile the channels grow from
            {channels[0]} colours to {channels[-1]} kinds of pieces. The dense layers get
            {np.prod(shapes[-1]):,} numbers ({"×".join(map(str, shapes[-1]))}).""",
    )


def _likeness(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """Pearson's correlation of two stacks of maps, -1 to 1."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
