"""Convolution explained on an X and an O of 9×9 pixels, with the layers that the methods use.

The example is a well-known one (Rohrer, "How do Convolutional Neural Networks work?", 2016), as
the lecture tells it. Its numbers are computed here: every map is what a Keras layer answers.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.visualization.drawing import Drawing, styled

Map = npt.NDArray[np.float32]
"""Shape (height, width)."""

WIDTH = 7.0
"""Inches."""
COLOUR_MAP = "RdBu_r"
"""-1 dark blue, 0 white, 1 dark red; in greyscale the numbers tell them apart."""
FRAME_COLOUR = "#ffd400"
POOL = 2
CONVNET_SIZE = 150
"""Side of the pictures in the last figure, as in the lecture."""


def _from_text(rows: str) -> Map:
    """A picture from rows of # (ink, 1) and . (paper, -1)."""
    cells = [[1.0 if cell == "#" else -1.0 for cell in row] for row in rows.split()]
    return np.array(cells, np.float32)


PICTURES = {
    "X": _from_text("""
        .........
        .#.....#.
        ..#...#..
        ...#.#...
        ....#....
        ...#.#...
        ..#...#..
        .#.....#.
        .........
    """),
    "O": _from_text("""
        .........
        ...###...
        ..#...#..
        .#.....#.
        .#.....#.
        .#.....#.
        ..#...#..
        ...###...
        .........
    """),
}

FILTERS = {
    "falling diagonal": _from_text("""
        #..
        .#.
        ..#
    """),
    "centre cross": _from_text("""
        #.#
        .#.
        #.#
    """),
    "rising diagonal": _from_text("""
        ..#
        .#.
        #..
    """),
}


def draw() -> Iterator[Drawing]:
    """The page's figures, in the order in which they are to be read. Needs no data."""
    yield _pictures()
    yield _filters()
    yield _matches()
    for name in PICTURES:
        yield _feature_maps(name)
    yield _strides()
    yield _paddings()
    yield _relu()
    yield _pooling()
    yield _stack()
    yield _convnet()


def convolve(picture: Map, strides: int = 1, padding: str = "valid") -> npt.NDArray[np.float32]:
    """What a Keras convolution with :data:`FILTERS` answers.

    Each filter is divided by its number of cells, so that a perfect match on a picture of ±1
    gives 1 and a perfect mismatch -1.

    Args:
        picture: (height, width).
        strides: pixels from one place of the filter to the next.
        padding: ``valid``, none; ``same``, zeros around the picture.

    Returns:
        float32 (height, width, filters).
    """
    kernel = np.stack([each / each.size for each in FILTERS.values()], axis=-1)[:, :, None]
    layer = keras.layers.Conv2D(
        len(FILTERS), kernel.shape[:2], strides, padding, use_bias=False, dtype="float32"
    )
    return _answer(layer, picture[..., None], [kernel])


def rectify(maps: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What Keras' ReLU answers; float32 of the same shape."""
    return _answer(keras.layers.ReLU(dtype="float32"), maps)


def pool(maps: npt.NDArray[np.float32], padding: str = "valid") -> npt.NDArray[np.float32]:
    """What Keras' 2×2 max pooling answers to (height, width, channels), about half as high and
    wide."""
    return _answer(keras.layers.MaxPooling2D(POOL, padding=padding, dtype="float32"), maps)


def _answer(
    layer: Any, picture: npt.NDArray[np.float32], weights: Sequence[Any] = ()
) -> npt.NDArray[np.float32]:
    """What a layer with these weights answers to one picture (height, width, channels)."""
    layer.build((None, *picture.shape))
    layer.set_weights(list(weights))
    return np.asarray(layer(picture[None])[0], np.float32)


def _pictures() -> Drawing:
    with styled():
        figure = Figure(figsize=(WIDTH, 3.7))
        for axes, (name, picture) in zip(figure.subplots(1, 2), PICTURES.items(), strict=True):
            _cells(axes, picture, f"an {name}", size=9)
    ink = {name: int((picture > 0).sum()) for name, picture in PICTURES.items()}
    side = len(PICTURES["X"])
    return Drawing(
        name="convolution_1_pictures",
        figure=figure,
        title="Two pictures as a network sees them",
        alt=f"Two grids of {side}×{side} numbers: 1 along the strokes of an X and of an O, -1"
        " elsewhere.",
        caption=(
            f"A picture is a grid of numbers, here {side}×{side}: 1 is ink, -1 is paper. The X has"
            f" {ink['X']} cells of ink, the O {ink['O']}. Compared cell by cell, an X that is moved"
            " by one pixel or drawn a little askew would be another picture. A convolution compares"
            " small pieces instead."
        ),
        section="convolution",
    )


def _filters() -> Drawing:
    with styled():
        figure = Figure(figsize=(WIDTH, 2.5))
        for axes, (name, each) in zip(figure.subplots(1, 3), FILTERS.items(), strict=True):
            _cells(axes, each, name, size=11)
    side = len(FILTERS["centre cross"])
    return Drawing(
        name="convolution_2_filters",
        figure=figure,
        title="Three filters: the pieces that an X is made of",
        alt=f"Three grids of {side}×{side} numbers: the falling diagonal, the centre cross and the"
        " rising diagonal are 1, the rest is -1.",
        caption=(
            f"A filter is a small picture of {side}×{side} weights. These three look for the parts"
            " of an X: its two strokes and the place where they cross. Here they are set by hand. A"
            " convnet begins with random weights and learns its filters from the pictures."
        ),
        section="convolution",
    )


def _matches() -> Drawing:
    """The arithmetic of one filter at the place where it fits best and where it fits worst."""
    name = next(iter(FILTERS))
    filter_, answers = FILTERS[name], convolve(PICTURES["X"])[..., 0]
    size = len(filter_)
    places = [
        np.unravel_index(index, answers.shape) for index in (answers.argmax(), answers.argmin())
    ]
    with styled():
        figure = Figure(figsize=(WIDTH, 4.4))
        grid = figure.subplots(2, 3)
        for row, (top, left) in zip(grid, places, strict=True):
            patch = PICTURES["X"][top : top + size, left : left + size]
            products = patch * filter_
            _cells(row[0], patch, f"X, row {top + 1}, column {left + 1}", size=11)
            _cells(row[1], filter_, f"times {name}", size=11)
            _cells(
                row[2], products, f"products, mean {_number(float(answers[top, left]))}", size=11
            )
    best, worst = (float(answers[place]) for place in places)
    agreeing = int((best + 1) * filter_.size / 2 + 0.5), int((worst + 1) * filter_.size / 2 + 0.5)
    return Drawing(
        name="convolution_3_match",
        figure=figure,
        title="One filter at two places",
        alt=(
            f"Two rows of three grids: a {size}×{size} piece of the X, the filter {name}, and their"
            f" products. The mean of the products is {_number(best)} above and {_number(worst)}"
            " below."
        ),
        caption=(
            "To see how well a filter fits a piece of the picture, multiply cell by cell and take"
            f" the mean. Where both agree, the product is 1. Above, {agreeing[0]} of"
            f" {filter_.size} cells agree: the answer is {_number(best)}. Below, at the worst"
            f" place, {agreeing[1]} agree: {_number(worst)}. A layer takes the sum; here the"
            f" weights are divided by {filter_.size}, which makes it the mean."
        ),
        section="convolution",
    )


def _feature_maps(picture: str) -> Drawing:
    maps = convolve(PICTURES[picture])
    with styled():
        figure = Figure(figsize=(WIDTH, 2.7))
        for index, (axes, name) in enumerate(zip(figure.subplots(1, 3), FILTERS, strict=True)):
            _cells(axes, maps[..., index], name)
    side = len(maps)
    peaks = ", ".join(
        f"{maps[..., index].max():.2f} for the {name}" for index, name in enumerate(FILTERS)
    )
    filter_side = len(FILTERS["centre cross"])
    caption = {
        "X": (
            f"The filter is laid on every place of the picture; each answer is one cell of its"
            f" feature map. A picture of {len(PICTURES['X'])} has {side} places for a filter of"
            f" {filter_side} in each direction. Each map is a picture of where its"
            f" piece was found: the diagonals light up along the strokes, the cross in the middle."
            f" Strongest answers: {peaks}."
        ),
        "O": (
            f"The same three filters on the O. Strongest answers: {peaks}. The curves contain short"
            " diagonals, but the cross is not found: this map alone tells an O from an X."
        ),
    }[picture]
    return Drawing(
        name=f"convolution_4_maps_{picture.lower()}",
        figure=figure,
        title=f"Feature maps of the {picture}",
        alt=(
            f"Three {side}×{side} grids of numbers, the answers of the three filters to the"
            f" {picture}. The strongest are {peaks}."
        ),
        caption=caption,
        section="convolution",
    )


def _strides() -> Drawing:
    maps = {strides: convolve(PICTURES["X"], strides=strides)[..., 0] for strides in (1, 2)}
    with styled():
        figure = Figure(figsize=(WIDTH, 6.6))
        for row, (strides, answers) in zip(figure.subplots(2, 2), maps.items(), strict=True):
            _cells(row[0], PICTURES["X"], f"stride {strides}: centres of the filter", size=8)
            centres = 1 + strides * np.arange(len(answers))
            _frame(row[0], centres)
            _cells(row[1], answers, f"answers: {_size(answers)}", extent=len(PICTURES["X"]))
    sizes = [len(answers) for answers in maps.values()]
    return Drawing(
        name="convolution_5_stride",
        figure=figure,
        title="Stride: how far the filter steps",
        alt=(
            f"The X with the places of a filter marked, and its answers: {_size(maps[1])} with"
            f" stride 1, {_size(maps[2])} with stride 2."
        ),
        caption=(
            "The stride is the number of pixels from one place of the filter to the next (its"
            " centres are framed). A picture of n pixels gives ⌊(n - k) / s⌋ + 1 answers"
            f" with a filter of k and a stride of s: here {sizes[0]} with stride 1 and {sizes[1]}"
            " with stride 2. Stride 2 gives"
            f" every second answer of stride 1 in each direction: {maps[2].size} instead of"
            f" {maps[1].size}, on large pictures a quarter, and so much less work. All five methods"
            " convolve with stride 1 and leave the shrinking to max pooling."
        ),
        section="convolution",
    )


def _paddings() -> Drawing:
    picture = PICTURES["X"]
    maps = {padding: convolve(picture, padding=padding)[..., 0] for padding in ("valid", "same")}
    inputs = {"valid": picture, "same": np.pad(picture, 1)}
    extent = len(inputs["same"])
    words = {"valid": "no padding", "same": "padded with zeros"}
    with styled():
        figure = Figure(figsize=(WIDTH, 6.8))
        for row, (padding, answers) in zip(figure.subplots(2, 2), maps.items(), strict=True):
            shown = inputs[padding]
            _cells(row[0], shown, f"{words[padding]}: {_size(shown)}", size=7, extent=extent)
            _frame(row[0], 1 + np.arange(len(answers)))
            _cells(row[1], answers, f"answers: {_size(answers)}", extent=extent)
    return Drawing(
        name="convolution_6_padding",
        figure=figure,
        title="Padding: room at the edges",
        alt=(
            f"The X without and with a border of zeros, and a filter's answers:"
            f" {_size(maps['valid'])} without, {_size(maps['same'])} with padding."
        ),
        caption=(
            "A filter's centre cannot stand on the outermost pixels, so each convolution makes the"
            f" picture smaller: {_size(picture)} becomes {_size(maps['valid'])}. A border of zeros"
            f" around the picture keeps it at {_size(maps['same'])} and lets the edges count; the"
            " answers inside stay the same. small_convnet pads nothing (Keras: valid), VGG16 pads"
            " every convolution (same)."
        ),
        section="convolution",
    )


def _relu() -> Drawing:
    before = convolve(PICTURES["X"])
    after = rectify(before)
    with styled():
        figure = Figure(figsize=(WIDTH, 3.6))
        left, right = figure.subplots(1, 2)
        _cells(left, before[..., 0], "feature map", size=7.5)
        _cells(right, after[..., 0], "after ReLU", size=7.5)
    negative, zero = int((before[..., 0] < 0).sum()), int((after[..., 0] == 0).sum())
    count = after[..., 0].size
    return Drawing(
        name="convolution_7_relu",
        figure=figure,
        title="ReLU: what does not fit counts for nothing",
        alt=(
            f"A feature map of the X before and after ReLU: its {negative} negative answers have"
            f" become 0."
        ),
        caption=(
            "A rectified linear unit answers max(0, x): it keeps what is above 0 and sets the rest"
            f" to 0. Here {negative} negative answers of {count} become 0, so {zero} are zero in"
            " all. How badly a filter misses no longer matters, only where it fits. Without such a"
            " bend, two convolutions in a row would be no more than one: a sum of sums is a sum."
        ),
        section="convolution",
    )


def _pooling() -> Drawing:
    maps = rectify(convolve(PICTURES["X"]))
    pooled = {padding: pool(maps, padding)[..., 0] for padding in ("valid", "same")}
    side = len(maps)
    with styled():
        figure = Figure(figsize=(WIDTH, 3.0))
        first, second, third = figure.subplots(1, 3)
        _cells(first, maps[..., 0], f"after ReLU: {_size(maps)}")
        for top in range(0, side, POOL):
            for left in range(0, side, POOL):
                whole = top + POOL <= side and left + POOL <= side
                first.add_patch(
                    Rectangle(
                        (left - 0.5, top - 0.5),
                        min(POOL, side - left),
                        min(POOL, side - top),
                        fill=False,
                        linewidth=1.6,
                        linestyle="-" if whole else ":",
                    )
                )
        _cells(second, pooled["valid"], f"whole windows: {_size(pooled['valid'])}", extent=side)
        _cells(third, pooled["same"], f"all windows: {_size(pooled['same'])}", extent=side)
    moved = np.roll(PICTURES["X"], 1, axis=1)
    moved_maps = rectify(convolve(moved))
    change = {
        "before": _likeness(maps, moved_maps),
        "after": _likeness(pool(maps, "same"), pool(moved_maps, "same")),
    }
    tolerance = (
        f" Move the X one pixel to the right, and its feature maps correlate with the old ones by"
        f" {_number(change['before'])} before pooling and by {_number(change['after'])} after it."
    )
    return Drawing(
        name="convolution_8_pooling",
        figure=figure,
        title="Max pooling: keep the best of four",
        alt=(
            f"A {_size(maps)} map cut into windows of {POOL}×{POOL}, and the largest answer of each"
            f" window: {_size(pooled['valid'])} from the whole windows, {_size(pooled['same'])}"
            " with those at the edge."
        ),
        caption=(
            f"Of each window of {POOL}×{POOL} only the largest answer is kept: that the piece was"
            f" found matters more than exactly where. {maps[..., 0].size} numbers become"
            f" {pooled['valid'].size}, or {pooled['same'].size} when the incomplete windows at the"
            " edge (dotted) count too, as in the lecture; the methods here drop them."
            + (tolerance if change["after"] > change["before"] else "")
        ),
        section="convolution",
    )


def _stack() -> Drawing:
    stacks = {name: pool(rectify(convolve(each)), "same") for name, each in PICTURES.items()}
    with styled():
        figure = Figure(figsize=(WIDTH, 4.2))
        grid = figure.subplots(2, 1 + len(FILTERS))
        for row, (name, stack) in zip(grid, stacks.items(), strict=True):
            _cells(row[0], PICTURES[name], f"the {name}", size=0)
            for index, filter_name in enumerate(FILTERS):
                _cells(row[1 + index], stack[..., index], filter_name, size=8)
    cross = list(FILTERS).index("centre cross")
    peaks = {name: float(stack[..., cross].max()) for name, stack in stacks.items()}
    first = stacks["X"]
    return Drawing(
        name="convolution_9_stack",
        figure=figure,
        title="Convolution, ReLU and pooling together",
        alt=(
            f"The X and the O, each followed by three {_size(first)} maps. The largest answer of"
            f" the centre cross is {peaks['X']:.2f} for the X and {peaks['O']:.2f} for the O."
        ),
        caption=(
            f"One picture of {_size(PICTURES['X'])} has become a stack of {first.shape[-1]} small"
            f" maps of {_size(first)}, which say what was found and about where. The"
            f" centre cross answers with up to {peaks['X']:.2f} on the X and {peaks['O']:.2f} on"
            " the O. The next layer takes this stack for its picture, and"
            " its filters look for arrangements of pieces; a dense layer at the end weighs what was"
            " found and votes."
        ),
        section="convolution",
    )


def _convnet() -> Drawing:
    """The same steps in small_convnet: how large and how deep its stacks are."""
    layers = [
        layer
        for layer in build_small_convnet(CONVNET_SIZE, dropout=0.0).layers
        if isinstance(layer, keras.layers.Conv2D | keras.layers.MaxPooling2D)
    ]
    shapes = {"picture": (CONVNET_SIZE, CONVNET_SIZE, 3)}
    shapes |= {layer.name: tuple(layer.output.shape[1:]) for layer in layers}
    with styled():
        figure = Figure(figsize=(WIDTH, 3.4))
        side_axes, channel_axes = figure.subplots(2, 1, sharex=True)
        sides = [shape[0] for shape in shapes.values()]
        channels = [shape[2] for shape in shapes.values()]
        for axes, values, colour in (
            (side_axes, sides, "#4878a8"),
            (channel_axes, channels, "#b06030"),
        ):
            bars = axes.bar(list(shapes), values, color=colour)
            axes.bar_label(bars, padding=2, fontsize=9)
            axes.margins(y=0.25)
            axes.grid(axis="x", visible=False)
        side_axes.set_ylabel("side, pixels")
        channel_axes.set_ylabel("channels")
    path = ", ".join(f"{each}" for each in sides)
    last = next(reversed(shapes.values()))
    numbers = int(np.prod(last))
    return Drawing(
        name="convolution_10_convnet",
        figure=figure,
        title="The same four times over: small_convnet",
        alt=(
            f"Bars over the layers of small_convnet: the side shrinks from {sides[0]} to"
            f" {sides[-1]} pixels while the channels grow from {channels[0]} to {channels[-1]}."
        ),
        caption=(
            f"small_convnet stacks convolution, ReLU and max pooling {len(layers) // 2} times. The"
            f" side of the maps goes {path}: each convolution without padding takes 2 pixels, each"
            f" pooling halves and rounds down. Meanwhile the channels grow from {channels[0]}"
            f" colours to {channels[-1]} kinds of pieces. The dense layers get {numbers:,} numbers"
            f" ({last[0]}×{last[1]}×{last[2]})."
        ),
        section="convolution",
    )


def _likeness(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """Pearson's correlation of two stacks of maps, -1 to 1."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def _size(values: npt.NDArray[Any]) -> str:
    return f"{values.shape[0]}×{values.shape[1]}"


def _number(value: float, decimals: int = 2) -> str:
    """With a true minus sign, and none before a zero."""
    return f"{value:z.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def _frame(axes: Axes, centres: npt.NDArray[Any]) -> None:
    """Frame the cells on which the filter's centre stands."""
    for row in centres:
        for column in centres:
            axes.add_patch(
                Rectangle(
                    (column - 0.4, row - 0.4),
                    0.8,
                    0.8,
                    fill=False,
                    edgecolor=FRAME_COLOUR,
                    linewidth=1.6,
                )
            )


def _cells(
    axes: Axes, values: Map, title: str, size: float = 6.5, extent: int | None = None
) -> None:
    """Draw a map as coloured cells with their numbers.

    Args:
        axes: to draw on.
        values: -1 to 1.
        title: above the map.
        size: of the numbers in points; 0 leaves them out.
        extent: cells that the axes are wide, so that a small map has cells as large as a large
            one's; by default the map fills the axes.
    """
    height, width = values.shape
    colours = mpl.colormaps[COLOUR_MAP]
    axes.pcolormesh(
        np.arange(width + 1) - 0.5,
        np.arange(height + 1) - 0.5,
        values,
        cmap=colours,
        vmin=-1.3,  # paler than the map's ends, so that numbers can be read on them
        vmax=1.3,
        edgecolors="#888888",
        linewidth=0.4,
    )
    whole = bool(np.all(values == np.round(values)))
    if size:
        for (row, column), value in np.ndenumerate(values):
            axes.text(
                column,
                row,
                _number(float(value), 0 if whole else 2),
                ha="center",
                va="center",
                fontsize=size,
                color="white" if abs(value) > 0.85 else "black",
            )
    margin = ((extent or width) - width) / 2
    axes.set_xlim(-0.5 - margin, width - 0.5 + margin)
    axes.set_ylim(height - 0.5 + margin, -0.5 - margin)
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.set_title(title, fontsize=9)
