"""What is in front of the animal."""

import numpy as np
from numpy.random import Generator

from dogs_vs_cats.data.sample.canvas import Canvas
from dogs_vs_cats.data.sample.colours import GRASS, any_colour, near, scaled
from dogs_vs_cats.data.sample.dice import Dice
from dogs_vs_cats.data.sample.shapes import (
    blade,
    ellipse,
    leaf,
    moved,
    opened,
    rotation,
    stroke,
)

Point = tuple[float, float]


def paint_occluders(canvas: Canvas, dice: Dice, head: Point, radius: float) -> None:
    """Paint things that hide part of the animal; at strength 0 nothing.

    Args:
        canvas: with the animal painted.
        dice: of the aspect ``occlusion``.
        head: middle of the head, in scene points.
        radius: of the head, in scene points.
    """
    rng = dice.rng
    kinds = (_bars, _branch, _cover, _ball, _tall_grass)
    for _ in range(3):
        # Drawn in any case, so that a higher strength adds to the same picture.
        present, kind = dice.chance(0.5), kinds[int(rng.integers(len(kinds)))]
        own = np.random.default_rng(int(rng.integers(1 << 32)))
        if present:
            kind(canvas, own, head, radius, dice.strength)


def _bars(canvas: Canvas, rng: Generator, head: Point, r: float, strength: float) -> None:
    tone, width = any_colour(rng), r * (0.06 + 0.16 * strength)
    gap, slant = r * rng.uniform(0.7, 1.3), rng.uniform(-0.15, 0.15)
    start = head[0] + rng.uniform(0, gap)
    for k in range(-6, 7):
        x = start + k * gap
        bar = stroke(np.array([(x - slant, -2.0), (x, head[1]), (x + slant, 2.0)]), width, width)
        canvas.scene(bar, tone)
        canvas.scene(moved(bar, -width / 4, 0), (*scaled(tone, 1.3), 60))


def _branch(canvas: Canvas, rng: Generator, head: Point, r: float, strength: float) -> None:
    side = rng.choice([-1, 1])
    y = head[1] + r * rng.uniform(-1.2, 1.4)
    tip = head[0] - side * r * (2 * strength - 1 + rng.uniform(-0.3, 0.3))
    root = (side * 1.6, y + rng.uniform(-0.5, 0.5))
    line = opened([root, ((tip + side) / 2, y), (tip, y + 0.1 * r)])
    canvas.scene(stroke(line, 0.05, 0.01), (86, 62, 44))
    for x, y in line[6::2]:
        size, green = r * rng.uniform(0.3, 0.7), scaled(near(GRASS, rng), rng.uniform(0.6, 1.1))
        canvas.scene(leaf(x, y, size, rng.uniform(0, 360)), green)


def _cover(canvas: Canvas, rng: Generator, head: Point, r: float, strength: float) -> None:
    """A blanket, a box or a door that hides one side or the lower part."""
    tone, angle = any_colour(rng), rng.choice([0, 0, 90, -90]) + rng.uniform(-15, 15)
    edge = r * (1.5 - 1.15 * strength * rng.uniform(0.5, 1))
    x = np.linspace(-3, 3, 25)
    wave = edge + 0.06 * r * rng.uniform(0, 2) * np.sin(x * rng.uniform(4, 9) + rng.uniform(0, 6))
    cloth = np.concatenate([np.stack([x, wave], 1), [(3, 4), (-3, 4)]])
    turn = rotation(angle).T
    canvas.scene(moved(cloth @ turn, *head), tone)
    for k in range(1, 5):
        band = stroke(np.stack([x, wave + 0.25 * r * k], 1), 0.06 * r, 0.06 * r)
        canvas.scene(moved(band @ turn, *head), (*scaled(tone, 0.75), 150))


def _ball(canvas: Canvas, rng: Generator, head: Point, r: float, strength: float) -> None:
    angle, size = rng.uniform(0, 2 * np.pi), r * (0.2 + 0.4 * strength)
    x, y = head[0] + r * 0.9 * np.cos(angle), head[1] + r * 0.9 * np.sin(angle)
    tone = any_colour(rng)
    canvas.scene(ellipse(x, y, size, size), tone)
    canvas.scene(ellipse(x, y, size, size * 0.25, rng.uniform(0, 180)), any_colour(rng))
    canvas.scene(ellipse(x - size / 3, y - size / 3, size / 4, size / 5), (255, 255, 255, 110))


def _tall_grass(canvas: Canvas, rng: Generator, head: Point, r: float, strength: float) -> None:
    tone = near(GRASS, rng)
    for _ in range(int(20 + 50 * strength)):
        x = rng.uniform(-1.0, 1.0)
        height = 0.75 - head[1] - r * (1.3 - 1.5 * strength * rng.random())
        shade = scaled(tone, rng.uniform(0.6, 1.35))
        canvas.scene(blade(x, 0.8, max(0.1, height), rng), shade)
