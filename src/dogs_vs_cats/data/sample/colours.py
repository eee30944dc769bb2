"""Arithmetic with colours, and palettes."""

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

Tone = tuple[int, int, int]
"""Red, green and blue, 0 to 255 each."""

GRASS: tuple[Tone, ...] = (
    (92, 128, 60), (120, 146, 72), (74, 104, 56), (140, 138, 78), (104, 120, 66),
)  # fmt: skip


def tone(values: ArrayLike) -> Tone:
    """Three numbers as a colour, cut off short of pure black and white."""
    red, green, blue = np.clip(values, 8, 250).astype(int).tolist()
    return (red, green, blue)


def scaled(colour: Tone, by: float) -> Tone:
    """A colour ``by`` times as bright."""
    return tone(np.array(colour) * by)


def mixed(first: Tone, second: Tone, share: float) -> Tone:
    """``first`` at share 0, ``second`` at share 1."""
    return tone(np.array(first) * (1 - share) + np.array(second) * share)


def near(palette: tuple[Tone, ...], rng: Generator) -> Tone:
    """A colour close to one of the palette's."""
    return tone(np.array(palette[int(rng.integers(len(palette)))]) + rng.normal(0, 10, 3))


def any_colour(rng: Generator) -> Tone:
    """A colour for things that may have any."""
    return tone(rng.uniform(40, 215) + rng.normal(0, 30, 3))
