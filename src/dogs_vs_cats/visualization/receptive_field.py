"""Which part of the picture a unit of a network sees.

The arithmetic is that of Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional Neural
Networks", Distill, 2019 (https://doi.org/10.23915/distill.00021): equation (1), and sections
"Computing receptive field region" and "Arbitrary computation graphs".
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.visualization.unfolding import Call


class ReceptiveField(NamedTuple):
    """What the units of a layer see along a side of the picture, in pixels."""

    size: int
    """Pixels that one unit sees."""
    step: int
    """From one unit's field to the next one's."""
    first: float
    """Middle of the first unit's field, where pixel i has its middle at i."""


class _Span(NamedTuple):
    """From the first to the last pixel that the first unit sees, which may lie in the padding."""

    low: int
    high: int
    step: int

    @property
    def field(self) -> ReceptiveField:
        return ReceptiveField(self.high - self.low + 1, self.step, (self.low + self.high) / 2)


def receptive_fields(calls: Sequence[Call]) -> list[ReceptiveField | None]:
    """The fields of the units of each call's output, along the picture's height.

    Where branches meet, a unit sees all that it sees through any of them. What a network makes of
    all places together (squeeze-and-excitation) is left out: it says nothing of a place.

    Args:
        calls: of the network, see :func:`dogs_vs_cats.visualization.unfolding.unfold`; the first
            takes the picture.

    Returns:
        One for each call; ``None`` where the output has no places in the picture.
    """
    spans = {id(calls[0].inputs[0]): _Span(0, 0, 1)}
    for call in calls:
        through = [
            _seen_through(call, spans[id(source)], source.shape)
            for source in call.inputs
            if id(source) in spans and _keeps_places(call, source.shape)
        ]
        if through:
            lows, highs, steps = zip(*through, strict=True)
            spans[id(call.output)] = _Span(min(lows), max(highs), max(steps))
    of_outputs = [spans.get(id(call.output)) for call in calls]
    return [span.field if span else None for span in of_outputs]


def _window(layer: Any) -> tuple[int, ...] | None:
    return getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)


def _cut_off(layer: Any) -> int | None:
    """How many rows a layer cuts off above; negative: it adds some; None: it does neither."""
    if isinstance(layer, keras.layers.ZeroPadding2D):
        return -int(layer.padding[0][0])
    return int(layer.cropping[0][0]) if isinstance(layer, keras.layers.Cropping2D) else None


def _keeps_places(call: Call, shape: tuple[int, ...]) -> bool:
    """Whether units of the output have the places of an input of this shape, or a window of it."""
    if _window(call.layer) or _cut_off(call.layer) is not None:
        return True
    output = getattr(call.output, "shape", ())  # none: a list
    return len(shape) == len(output) == 4 and output[1:3] == shape[1:3]


def _seen_through(call: Call, span: _Span, shape: tuple[int, ...]) -> _Span:
    """What the first unit of a call sees, of what the first unit of its input sees."""
    layer, (low, high, step) = call.layer, span
    window = _window(layer)
    if not window:
        moved = (_cut_off(layer) or 0) * step
        return _Span(low + moved, high + moved, step)
    reach = (window[0] - 1) * getattr(layer, "dilation_rate", (1,))[0]
    stride, before = layer.strides[0], 0
    if layer.padding == "same":
        # As TensorFlow pads, one more at the end where the number is odd.
        before = max((call.output.shape[1] - 1) * stride + reach + 1 - shape[1], 0) // 2
    return _Span(low - before * step, high + (reach - before) * step, step * stride)
