"""What a base's filters look for: pictures that gradient ascent makes to please one filter each.

Activation maximisation: Erhan et al., "Visualizing Higher-Layer Features of a Deep Network", 2009;
for convnets Simonyan et al., "Deep Inside Convolutional Networks", 2013 (arXiv:1312.6034). What
makes the pictures clean is from Olah et al., "Feature Visualization", 2017
(https://doi.org/10.23915/distill.00007): ascent on decorrelated Fourier coefficients, and shifts
between steps. A fixed contrast takes the place of Simonyan's L2 penalty: a filter is pleased most
by contrast itself, and a penalty would need a weight for each layer.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from dogs_vs_cats.backbones.networks import preprocess
from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import mark
from dogs_vs_cats.settings import BackboneSettings, VisualizeSettings
from dogs_vs_cats.visualization.drawing import Drawing, styled_figure
from dogs_vs_cats.visualization.receptive_field import receptive_fields
from dogs_vs_cats.visualization.unfolding import Call, unfold

VGG16: dict[str, tuple[int, str]] = {
    "block1_conv1": (24, mark("edges of every direction, and plain colours")),
    "block2_conv1": (48, mark("stripes, dots and their colours")),
    "block3_conv1": (96, mark("meshes, grains and weaves")),
    "block4_conv1": (128, mark("scales, arcs, plaits and other textures")),
    "block5_conv1": (144, mark("parts of things, such as feathers, petals or eyes")),
}
"""The first convolution of each block of VGG16, to the side of its patterns in pixels (at most 8
receptive fields, so that what repeats is seen to repeat, and few enough pixels for a CPU), and what
the patterns show."""
SIDES = (24, 144)
"""Of the smallest and of the largest patterns of other bases, in pixels, about."""
STRIDE = 32
"""Pixels of a picture for one place of the last maps, at most; in all networks."""

LEARNING_RATE = 0.05
"""Of Adam, for coefficients that reach about 1; Olah et al. use the same."""
FIRST_NOISE = 0.01
"""Standard deviation of the first coefficients; as the contrast is fixed, it sets how soon the
ascent overrules them. Far larger ones leave patches of the opposite colour."""
CONTRAST = 1.0
"""Root mean square of a pattern before the sigmoid that makes it a picture: most pixels stay
within 27 % and 73 % of full light, where the sigmoid is steep."""
LEAK = 0.01
"""Slope of the ReLU below 0 during the ascent: a filter that no noise wakes still shows the way."""
COLOUR_AXES = np.array([[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]], np.float32)
"""RGB in rows, decorrelated axes (about light, blue-yellow, green-magenta) in columns: the square
root of the covariance of ImageNet's colours, from Lucid (tensorflow/lucid, optvis/param/color.py),
the code of Olah et al."""

WIDTH = 7.0
"""Inches, of a grid."""
GUTTER = 0.04
"""Space between patterns, as part of a pattern's side."""


@dataclass(frozen=True)
class Patterns:
    """The patterns of some filters of one layer, and how well they please."""

    pictures: npt.NDArray[np.uint8]
    """Shape (filters, side, side, 3), RGB."""
    before: npt.NDArray[np.float32]
    """Shape (filters,): the filter's mean activation on the noise that its pattern began as."""
    after: npt.NDArray[np.float32]
    """Shape (filters,): its mean activation on its pattern."""


class Layer(NamedTuple):
    """A convolution whose filters' patterns are drawn."""

    name: str
    channels: int
    field: int
    """Side of its units' receptive fields in pixels."""
    side: int
    """Of its patterns, in pixels."""
    shows: str
    """What the patterns are known to show; empty: that is not known."""


def draw(
    conv_base: Any, backbone: BackboneSettings, settings: VisualizeSettings
) -> Iterator[Drawing]:
    """A grid of patterns for the first convolution of every scale, such as of VGG16's five blocks.

    Args:
        conv_base: base with its weights; it computes in the dtype policy it was built in.
        backbone: how pictures reach the base.
        settings: how many filters and steps, and the seed.
    """
    network = BACKBONES[backbone.name].title
    for name, channels, field, side, shows in layers(conv_base):
        count = min(settings.filters, channels)
        patterns = find_patterns(
            conv_base, name, range(count), side, backbone, settings.filter_steps, settings.seed
        )
        shown = _(shows) if shows else ""
        facts = {
            "count": count,
            "channels": channels,
            "network": network,
            "layer": name,
            "shows": shown,
        }
        yield Drawing(
            name=f"filter_patterns_{name}",
            figure=_grid(patterns.pictures),
            title=_("What the filters of {network}'s {layer} look for").format(**facts),
            alt=_alt(count < channels, bool(shows)).format(**facts),
            caption=" ".join(
                (
                    _how_made(count < channels).format(
                        side=side, steps=settings.filter_steps, **facts
                    ),
                    _sees(field, side, shown),
                    _("""The mean activation of the median filter rose from {before} on noise to
                        {after} on its pattern. All patterns have the same contrast, so the filters
                        differ in what they show, not in how loudly.""").format(
                        before=f"{np.median(patterns.before):.3g}",
                        after=f"{np.median(patterns.after):.3g}",
                    ),
                )
            ),
            section="filter_patterns",
            suffix="jpg",
        )


def _alt(some: bool, known: bool) -> str:
    grid = (
        _("""Grid of {count} square patterns, one for each of the first {count} of {channels}
            filters of {network}'s {layer}.""")
        if some
        else _("""Grid of {count} square patterns, one for each of all {channels}
            filters of {network}'s {layer}.""")
    )
    return " ".join((grid, _("They show {shows}."))) if known else grid


def _how_made(some: bool) -> str:
    if some:
        return _("""Each square of {side}×{side} pixels began as noise and was changed in
            {steps} steps of gradient ascent so that one filter answers as strongly as it can; row
            by row the first {count} of the layer's {channels} filters, none left out.""")
    return _("""Each square of {side}×{side} pixels began as noise and was changed in
        {steps} steps of gradient ascent so that one filter answers as strongly as it can; row
        by row all {channels} filters, none left out.""")


def _sees(field: int, side: int, shows: str) -> str:
    if field > side:
        told = _("A unit of this layer sees more than such a square: {field}×{field} pixels.")
    elif shows:
        told = _(
            "A unit of this layer sees {field}×{field} pixels of the picture: room for {shows}."
        )
    else:
        told = _("A unit of this layer sees {field}×{field} pixels of the picture.")
    return told.format(field=field, shows=shows)


def layers(conv_base: Any) -> list[Layer]:
    """The first convolution of a base at every scale of the picture, in order of depth.

    Convolutions of single channels or groups are passed over: they do not look for anything that
    spans the channels.
    """
    image_size = conv_base.input.shape[1]
    calls = unfold(conv_base, keras.Input(conv_base.input.shape[1:]))
    found: dict[int, Layer] = {}
    for (layer, *_others), field in zip(calls, receptive_fields(calls), strict=True):
        whole = isinstance(layer, keras.layers.Conv2D) and layer.groups == 1
        if whole and field and field.step not in found:
            known = VGG16.get(layer.name) if conv_base.name == "vgg16" else None
            side, shows = known or (_side(field.size, image_size), "")
            found[field.step] = Layer(layer.name, layer.filters, field.size, side, shows)
    return list(found.values())


def _side(field: int, image_size: int) -> int:
    """Side of patterns for units that see so much.

    It differs from the pictures' by a multiple of ``STRIDE``, or branches of NASNet, which is built
    for one size, would not meet.
    """
    smallest, largest = SIDES
    wanted = min(max(2 * field, smallest), largest, image_size)
    return wanted + (image_size - wanted) % STRIDE


def find_patterns(
    conv_base: Any,
    name: str,
    filters: Sequence[int],
    side: int,
    backbone: BackboneSettings,
    steps: int,
    seed: int,
) -> Patterns:
    """Gradient ascent in input space, all filters as one batch.

    Maximised is the mean over the layer's places of the filter's activation, so a pattern fills
    its square. The noise is the same for every filter: what differs comes from the filters.

    Args:
        conv_base: the base.
        name: of a convolution of it.
        filters: indices of its filters.
        side: of a pattern in pixels.
        backbone: how pictures reach the base.
        steps: of Adam.
        seed: of the noise and of the shifts.

    Raises:
        ValueError: the layer is none of the base's.
    """
    rng = np.random.default_rng(seed)
    network = _network_up_to(conv_base, name, filters, side, backbone)
    noise = FIRST_NOISE * rng.standard_normal((2, 1, 3, side, side // 2 + 1))
    coefficients = tf.Variable(np.repeat(noise, len(filters), axis=1), dtype=tf.float32)
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    amplitudes = tf.constant(_natural_amplitudes(side))

    def answers(pictures: Any) -> Any:
        """Each filter's mean activation on its own picture, (filters,)."""
        activations = tf.nn.leaky_relu(network(pictures, training=False), LEAK)
        means = tf.reduce_mean(tf.cast(activations, tf.float32), axis=(1, 2))
        return tf.linalg.diag_part(means)

    @tf.function  # type: ignore[untyped-decorator]
    def ascend(shift: Any) -> None:
        with tf.GradientTape() as tape:
            pictures = _pictures(coefficients, amplitudes)
            # The Fourier basis is periodic, so a shift cuts nothing off. It keeps patterns from
            # clinging to the padding at the border and to the pooling layers' lattice.
            loss = -tf.reduce_sum(answers(tf.roll(pictures, shift, axis=(1, 2))))
        optimizer.apply([tape.gradient(loss, coefficients)], [coefficients])

    before = answers(_pictures(coefficients, amplitudes)).numpy()
    for _step in range(steps):
        ascend(tf.constant(rng.integers(side, size=2), tf.int32))
    pictures = _pictures(coefficients, amplitudes)
    return Patterns(
        pictures=np.round(pictures.numpy()).astype(np.uint8),
        before=before,
        after=answers(pictures).numpy(),
    )


def _network_up_to(
    conv_base: Any,
    name: str,
    filters: Sequence[int],
    side: int,
    backbone: BackboneSettings,
) -> Any:
    """Pictures of 0 to 255 (batch, side, side, 3) to a convolution's chosen channels, after batch
    normalisation if that comes next, and before their activation."""
    inputs = keras.Input(conv_base.input.shape[1:])
    calls = unfold(conv_base, inputs)
    place = [call.layer.name for call in calls].index(name)
    pictures = keras.Input((side, side, 3))
    resized = unfold(
        keras.Model(inputs, calls[place].output), preprocess(pictures, backbone), training=False
    )
    layer = calls[place].layer
    chosen = keras.layers.Conv2D.from_config(
        {
            **layer.get_config(),
            "filters": len(filters),
            "activation": "linear",
            "use_bias": True,
            "trainable": False,
        }
    )
    network = keras.Model(pictures, chosen(resized[-1].inputs[0]))
    kernel, bias = _normalised(calls, place)
    chosen.set_weights([kernel[..., list(filters)], bias[list(filters)]])
    return network


def _normalised(calls: Sequence[Call], place: int) -> tuple[Any, Any]:
    """Kernel and bias of a convolution, with the batch normalisation behind it, if any."""
    convolution, _inputs, maps = calls[place]
    kernel, *biases = convolution.get_weights()
    bias = biases[0] if biases else np.zeros(kernel.shape[-1], kernel.dtype)
    takers = [call.layer for call in calls if any(each is maps for each in call.inputs)]
    if len(takers) != 1 or not isinstance(takers[0], keras.layers.BatchNormalization):
        return kernel, bias
    (norm,) = takers
    variance, mean = np.asarray(norm.moving_variance), np.asarray(norm.moving_mean)
    factor = (np.asarray(norm.gamma) if norm.scale else 1) / np.sqrt(variance + norm.epsilon)
    return kernel * factor, (bias - mean) * factor + (np.asarray(norm.beta) if norm.center else 0)


def _natural_amplitudes(side: int) -> npt.NDArray[np.float32]:
    """Weights of the Fourier coefficients, (side, side // 2 + 1): one over the frequency, as in
    photographs (Field, 1987), so that one step moves coarse and fine structure alike."""
    rows, columns = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    frequency = np.hypot(rows, columns)
    weights: npt.NDArray[np.float32] = (1 / np.maximum(frequency, 1 / side)).astype(np.float32)
    return weights


def _pictures(coefficients: Any, amplitudes: Any) -> Any:
    """Fourier coefficients (2, n, 3, side, side // 2 + 1), real and imaginary part, of colours on
    decorrelated axes, to RGB pictures (n, side, side, 3), 0 to 255."""
    spectrum = tf.complex(coefficients[0], coefficients[1]) * tf.cast(amplitudes, tf.complex64)
    side = amplitudes.shape[0]
    values = tf.einsum(
        "nahw,ca->nhwc", tf.signal.irfft2d(spectrum, [side, side]), tf.constant(COLOUR_AXES)
    )
    power = tf.reduce_mean(tf.square(values), axis=(1, 2, 3), keepdims=True)
    return 255 * tf.sigmoid(CONTRAST * values / tf.sqrt(power))


def _grid(pictures: npt.NDArray[np.uint8]) -> Figure:
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    units = [count + GUTTER * (count - 1) for count in (columns, rows)]
    # Few pixels are shown as pixels; many are interpolated, as a photo is.
    interpolation = "nearest" if pictures.shape[1] < 96 else "lanczos"
    with styled_figure(WIDTH, WIDTH * units[1] / units[0]) as figure:
        figure.set_layout_engine("none")
        for index, picture in enumerate(pictures):
            row, column = divmod(index, columns)
            left, top = column * (1 + GUTTER), row * (1 + GUTTER)
            axes = figure.add_axes(
                (left / units[0], 1 - (top + 1) / units[1], 1 / units[0], 1 / units[1])
            )
            axes.imshow(picture, interpolation=interpolation, aspect="auto")
            axes.set_axis_off()
        return figure
