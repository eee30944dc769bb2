"""Arithmetic with colours."""

import numpy as np
from numpy.typing import ArrayLike

Tone = tuple[int, int, int]
"""Red, green and blue, 0 to 255 each."""


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
