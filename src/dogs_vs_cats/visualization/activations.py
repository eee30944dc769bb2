"""What each layer of the small convnet makes of a picture, and how much of it stays silent."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.methods import Method
from dogs_vs_cats.visualization.drawing import COLOURS, Drawing, image_figure, styled_figure

COLOUR_MAP = "magma"
"""Perceptually uniform, and lighter means more, so that it survives greyscale."""
DEAD_COLOUR = "#9aa5b1"
"""Of a channel that is zero everywhere: no colour of the map."""
STRONGEST = 98
"""Percentile of a channel's activations above 0 that is shown as lightest."""
WIDTH = 7.0
"""Inches, of a grid."""
GUTTER = 0.06
"""Space between channels, as part of a channel's side."""

METHOD: Method = "small_convnet"


@dataclass(frozen=True)
class Sparsity:
    """How much of one layer stays silent. All are shares, 0 to 1."""

    zeros: npt.NDArray[np.float64]
    """Shape (pictures,): of the layer's activations that are zero."""
    dead: npt.NDArray[np.float64]
    """Shape (pictures,): of the layer's channels that are zero everywhere in the picture."""
    always_dead: float
    """Of the layer's channels that are zero everywhere in every picture."""


def draw(model: Any, pictures: npt.NDArray[np.uint8], name: str) -> Iterator[Drawing]:
    """A picture, its activations in every convolution and pooling layer, and a chart of silence.

    Args:
        model: the small convnet as saved, see
            :func:`dogs_vs_cats.models.saved.whole_model`.
        pictures: uint8 (pictures, size, size, 3), RGB, one at least. The first is drawn; the chart
            is over all.
        name: of the first picture's file.
    """
    layers = activations(model, pictures)
    file = PurePosixPath(name).name
    yield _picture(pictures[0], file)
    for depth, (layer, channels) in enumerate(layers.items(), start=1):
        yield _grid(channels[0], layer, depth, file)
    yield _chart({layer: sparsity(channels) for layer, channels in layers.items()}, len(pictures))


def activations(model: Any, pictures: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.float32]]:
    """What every convolution and pooling layer of a saved convnet answers.

    Args:
        model: whole model with a layer ``classifier``.
        pictures: uint8 (pictures, size, size, 3).

    Returns:
        Name of the layer, in order of depth, to float32 (pictures, height, width, channels).
    """
    classifier = model.get_layer("classifier")
    layers = [
        layer
        for layer in classifier.layers
        if isinstance(layer, keras.layers.Conv2D | keras.layers.MaxPooling2D)
    ]
    network = keras.Model(classifier.input, [layer.output for layer in layers])
    answers = network.predict(pictures.astype(np.float32), verbose=0)
    return {
        layer.name: np.asarray(answer, np.float32)
        for layer, answer in zip(layers, answers, strict=True)
    }


def sparsity(channels: npt.NDArray[np.float32]) -> Sparsity:
    """Shares of zeros and of dead channels.

    Args:
        channels: activations after ReLU, (pictures, height, width, channels).
    """
    silent = channels == 0
    dead = silent.all(axis=(1, 2))
    return Sparsity(
        zeros=silent.mean(axis=(1, 2, 3)),
        dead=dead.mean(axis=1),
        always_dead=float(dead.all(axis=0).mean()),
    )


def _picture(picture: npt.NDArray[np.uint8], file: str) -> Drawing:
    size = len(picture)
    return Drawing(
        name="activations_picture",
        figure=image_figure(picture, 2.5, interpolation="lanczos"),
        title=_("The picture whose activations follow"),
        alt=_(
            "The test picture {file} as the networks see it: a square of {size}×{size} pixels."
        ).format(file=file, size=size),
        caption=_("""{file}, scaled to {size}×{size} pixels as every method sees it. The grids that
            follow show what the layers of small_convnet make of it.""").format(
            file=file, size=size
        ),
        section="activations",
        method=METHOD,
        suffix="jpg",
    )


def _grid(channels: npt.NDArray[np.float32], layer: str, depth: int, file: str) -> Drawing:
    """All channels (height, width, channels) of one layer for one picture."""
    height, width, count = channels.shape
    columns = 8 if count <= 64 else 16
    mosaic = _mosaic(_normalised(channels), columns, max(1, round(GUTTER * width)))
    colours = mpl.colormaps[COLOUR_MAP].with_extremes(bad=DEAD_COLOUR)
    pixels = np.where(
        np.isinf(mosaic)[..., None], 1.0, colours(np.ma.masked_invalid(mosaic))[..., :3]
    )
    silence = sparsity(channels[None])
    dead = round(float(silence.dead[0]) * count)
    facts = {
        "layer": layer,
        "channels": count,
        "height": height,
        "width": width,
        "dead": dead,
        "zeros": _percent(silence.zeros),
    }
    kind = (
        _(
            "The pooling layer {layer} answers with {channels} channels of {height}×{width}"
            " activations."
        )
        if layer.startswith("pool")
        else _(
            "The convolution {layer} answers with {channels} channels of {height}×{width}"
            " activations."
        )
    )
    told = [
        kind.format(**facts),
        _("""Dark is 0, light is the channel's strongest answer: each channel has a scale of its
            own."""),
        _dead_words(dead, count),
        _("{zeros} of all activations are zero.").format(**facts),
        _coarseness(height),
    ]
    return Drawing(
        name=f"activations_{depth}_{layer}",
        figure=image_figure(pixels, WIDTH, aspect="auto"),
        title=_("{layer}: {channels} channels of {height}×{width}").format(**facts),
        alt=_("""Grid of the {channels} channels of {layer} for the picture {file}; {dead} of them
            are dead, and {zeros} of all activations are zero.""").format(file=file, **facts),
        caption=" ".join(told),
        section="activations",
        method=METHOD,
        suffix="jpg",
    )


def _dead_words(dead: int, count: int) -> str:
    if dead == 0:
        return _("No channel is zero everywhere.")
    return _(
        "{dead} of {channels} channels ({share} %) are zero everywhere and shown in grey: what they"
        " look for is not in this picture, or they died in training (the chart below tells which)."
    ).format(dead=dead, channels=count, share=f"{100 * dead / count:.0f}")


def _coarseness(height: int) -> str:
    """What a channel of so many rows can still say."""
    if height >= 64:
        return _("At this resolution the picture itself is still easily recognised.")
    if height >= 24:
        return _("Outlines remain; what lights up is rather a part than a line.")
    return _(
        "Little is left of the picture: a light cell says that something is there, not its look."
    )


def _normalised(channels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Divide each channel by its strongest answer, to at most 1; a dead one becomes NaN."""
    normalised = np.full_like(channels, np.nan)
    for index in range(channels.shape[-1]):
        channel = channels[..., index]
        if channel.any():
            # A single unit that stands out would leave all others in the dark.
            strongest = np.percentile(channel[channel > 0], STRONGEST)
            normalised[..., index] = np.minimum(channel / strongest, 1)
    return normalised


def _mosaic(channels: npt.NDArray[np.float32], columns: int, gap: int) -> npt.NDArray[np.float32]:
    """Put channels (height, width, n) side by side, row by row, with infinity in the gaps."""
    height, width, count = channels.shape
    rows = math.ceil(count / columns)
    padding = ((0, gap), (0, gap), (0, rows * columns - count))
    cells = np.pad(channels, padding, constant_values=np.inf)
    grid = cells.reshape(height + gap, width + gap, rows, columns).transpose(2, 0, 3, 1)
    return grid.reshape(rows * (height + gap), -1)[:-gap, :-gap]


def _chart(layers: Mapping[str, Sparsity], pictures: int) -> Drawing:
    """Dead channels and zero activations over the layers."""
    names = list(layers)
    with styled_figure(WIDTH, 3.2) as figure:
        dead, zeros = figure.subplots(1, 2, sharey=True)
        for axes, quantity in ((dead, "dead"), (zeros, "zeros")):
            shares = 100 * np.array([getattr(each, quantity) for each in layers.values()])
            axes.plot(
                names, shares[:, 0], "o-", color=COLOURS[METHOD], label=_("the picture above")
            )
            if pictures > 1:
                mean = _("mean of {pictures} pictures").format(pictures=pictures)
                axes.plot(names, shares.mean(axis=1), "s--", color="#333333", label=mean)
        if pictures > 1:
            always = [100 * each.always_dead for each in layers.values()]
            label = _("dead in all {pictures} pictures").format(pictures=pictures)
            dead.plot(names, always, "^:", color="#777777", label=label)
        dead.set_ylabel(_("share of the layer, %"))
        dead.set_xlabel(_("dead channels, layer by depth"))
        zeros.set_xlabel(_("zero activations, layer by depth"))
        dead.set_ylim(-3, 103)
        for axes in (dead, zeros):
            axes.tick_params(axis="x", rotation=45)
            axes.legend(loc="upper left", fontsize="small")
    convolutions = [each for name, each in layers.items() if name.startswith("conv")]
    first, last = convolutions[0], convolutions[-1]
    told = [
        _("A channel is dead for a picture when it is zero everywhere."),
        _trend(convolutions),
        _("""Max pooling keeps the largest of four activations: it has fewer zeros than the
            convolution before it, but wakes no dead channel."""),
    ]
    if pictures > 1:
        in_all = _(
            "{share} of the last convolution's channels are dead in all {pictures} pictures."
        )
        told.append(in_all.format(share=_percent(last.always_dead), pictures=pictures))
    return Drawing(
        name="activations_sparsity",
        figure=figure,
        title=_("Deeper layers and silence"),
        alt=_("""Two line charts over the layers of small_convnet. From the first convolution to the
            last, dead channels go from {first_dead} to {last_dead} and zero activations from
            {first_zeros} to {last_zeros}.""").format(
            first_dead=_percent(first.dead),
            last_dead=_percent(last.dead),
            first_zeros=_percent(first.zeros),
            last_zeros=_percent(last.zeros),
        ),
        caption=" ".join(told),
        section="activations",
        method=METHOD,
    )


def _trend(convolutions: Sequence[Sparsity]) -> str:
    """Whether layers get sparser with depth."""
    zeros = [float(each.zeros.mean()) for each in convolutions]
    path = ", ".join(_percent(share) for share in zeros)
    if zeros == sorted(zeros) and zeros[-1] > zeros[0]:
        seen = _(
            "From the first convolution to the last, zeros make up {zeros} of the activations and"
            " dead channels {dead} of the channels: the deeper, the sparser, as the lecture says."
        )
    elif zeros[-1] > zeros[0]:
        seen = _(
            "From the first convolution to the last, zeros make up {zeros} of the activations and"
            " dead channels {dead} of the channels: sparser in the end, as the lecture says, though"
            " not at every step."
        )
    else:
        seen = _(
            "From the first convolution to the last, zeros make up {zeros} of the activations and"
            " dead channels {dead} of the channels: here, against the lecture, activations do not"
            " get sparser with depth."
        )
    return seen.format(zeros=path, dead=", ".join(_percent(each.dead) for each in convolutions))


def _percent(share: Any) -> str:
    return _("{number} %").format(number=f"{100 * float(np.mean(share)):.0f}")
