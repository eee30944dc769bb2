"""Which part of the picture a unit of a convolution or pooling layer sees.

The arithmetic is that of Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional Neural
Networks", Distill, 2019 (https://doi.org/10.23915/distill.00021): equation (1) and section
"Computing receptive field region".
"""

from collections.abc import Iterable
from typing import Any, NamedTuple


class ReceptiveField(NamedTuple):
    """What the units of a layer see along a side of the picture, in pixels."""

    size: int
    """Pixels that one unit sees."""
    step: int
    """From one unit's field to the next one's."""
    first: float
    """Middle of the first unit's field, where pixel i has its middle at i."""


def receptive_field(layers: Iterable[Any]) -> ReceptiveField:
    """The fields of the last of a chain of Keras layers; those without a window change nothing."""
    size, step, first = 1, 1, 0.0
    for layer in layers:
        window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
        if window is None:
            continue
        size += (window[0] - 1) * step
        if layer.padding == "valid":
            first += step * (window[0] - 1) / 2
        # "same" with an odd window and stride 1, as in VGG16, is centred on its own place.
        step *= layer.strides[0]
    return ReceptiveField(size, step, first)
