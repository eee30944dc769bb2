"""Shapes and colours that occur both behind and in front of the animal."""

import numpy as np

from dogs_vs_cats.data.sample.canvas import Canvas, Points, moved, rotation
from dogs_vs_cats.data.sample.colours import Tone, tone

GRASS: tuple[Tone, ...] = (
    (92, 128, 60), (120, 146, 72), (74, 104, 56), (140, 138, 78), (104, 120, 66),
)  # fmt: skip


def paint_blade(
    canvas: Canvas, rng: np.random.Generator, x: float, y: float, height: float, colour: Tone
) -> None:
    """Paint one blade of grass that grows from (``x``, ``y``)."""
    lean, width = height * rng.uniform(-0.4, 0.4), 0.008 + 0.03 * height
    tip = (x + lean, y - height)
    bow = (x + lean / 4, y - height * 0.6)
    canvas.scene(np.array([(x - width, y), (bow[0] - width / 2, bow[1]), tip,
                           (bow[0] + width / 2, bow[1]), (x + width, y)]), colour)  # fmt: skip


def leaf(x: float, y: float, length: float, degrees: float) -> Points:
    """A pointed leaf that grows from (``x``, ``y``); upwards at 0 degrees."""
    half = [(0, 0), (0.2, -0.35), (0.16, -0.75), (0, -1)]
    shape = np.array(half + [(-a, b) for a, b in half[2:0:-1]]) * length
    return moved(shape @ rotation(degrees).T, x, y)


def near(palette: tuple[Tone, ...], rng: np.random.Generator) -> Tone:
    """A colour close to one of the palette's."""
    return tone(np.array(palette[int(rng.integers(len(palette)))]) + rng.normal(0, 10, 3))


def any_colour(rng: np.random.Generator) -> Tone:
    """A colour for things that may have any."""
    return tone(rng.uniform(40, 215) + rng.normal(0, 30, 3))
