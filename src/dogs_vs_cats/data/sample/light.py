"""Fur, light and the camera's sensor: what happens to the painted picture's pixels."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from dogs_vs_cats.data.sample.dice import Dice

Pixels = NDArray[np.floating]
"""Computed as float32: half the memory of float64."""


def add_fur(pixels: Pixels, silhouette: Pixels, rng: Generator) -> Pixels:
    """Give the animal streaks of fur.

    Args:
        pixels: shape (height, width, 3), 0 to 255.
        silhouette: shape (height, width), 1 on the animal and 0 elsewhere.
        rng: of the picture.
    """
    height, width = silhouette.shape
    streaks = noise(rng, (height, width), (3, 1)) + 0.8 * noise(rng, (height, width), (9, 5))
    return pixels * (1 + 0.055 * streaks * silhouette)[..., None]


def noise(rng: Generator, shape: tuple[int, int], cell: tuple[int, int]) -> Pixels:
    """Smooth noise of mean 0 and deviation of about 1 at the cells' centres, float32."""
    small = rng.standard_normal(
        (shape[0] // cell[0] + 2, shape[1] // cell[1] + 2), dtype=np.float32
    )
    if cell == (1, 1):
        return small[: shape[0], : shape[1]]
    large = Image.fromarray(small).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(large)


def illuminate(pixels: Pixels, dice: Dice, light: tuple[float, float]) -> Pixels:
    """Light the scene: direction, vignette, a cast shadow, exposure, contrast, colour, grain.

    Args:
        pixels: shape (height, width, 3), 0 to 255.
        dice: of the aspect ``illumination``; at strength 0 the pixels stay as they are.
        light: where light comes from.
    """
    if dice.strength == 0:
        return pixels
    rng, strength = dice.rng, dice.strength
    height, width = pixels.shape[:2]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    slope = strength * rng.uniform(0, 0.6)
    field = 1 + slope * (light[0] * x + light[1] * y)
    field = field * (1 - strength * rng.uniform(-0.1, 0.4) * (x * x + y * y) / 2)
    if dice.chance(0.7):
        field = field * _cast_shadow(width, height, strength, rng)
    gain = np.exp(dice.swing(0.45))
    cast = np.exp(strength * rng.normal(0, 0.1, 3))
    contrast = np.exp(dice.swing(0.4))
    # In place: the arrays are large and this runs for each picture.
    lit = pixels * field[..., None]
    lit *= (gain * contrast * cast).astype(np.float32)
    grain = noise(rng, (height, width), (1, 1)) * np.float32(9 * strength * rng.random())
    lit += (grain + np.float32(118 * (1 - contrast)))[..., None]
    return lit


def _cast_shadow(width: int, height: int, strength: float, rng: Generator) -> Pixels:
    """The soft shadow of something outside the picture: an edge or the bars of a window."""
    shadow = Image.new("L", (64, 64), 255)
    draw = ImageDraw.Draw(shadow)
    dark = int(255 * (1 - strength * rng.uniform(0.2, 0.7)))
    slant, start = rng.uniform(-40, 40), rng.uniform(-20, 60)
    bars = [(start, start + 120)]
    if rng.random() >= 0.5:
        step = rng.uniform(14, 30)
        lefts = [start + k * step for k in range(-3, 6)]
        bars = [(left, left + step / 2.5) for left in lefts]
    for left, right in bars:
        draw.polygon([left, -5, right, -5, right + slant, 70, left + slant, 70], dark)
    soft = shadow.filter(ImageFilter.GaussianBlur(rng.uniform(0.8, 4)))
    large = soft.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(large, dtype=np.float32) / 255
