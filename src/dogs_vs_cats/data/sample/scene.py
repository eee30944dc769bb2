"""What is behind the animal."""

import numpy as np
from numpy.random import Generator

from dogs_vs_cats.data.sample.canvas import Canvas
from dogs_vs_cats.data.sample.colours import GRASS, Tone, any_colour, mixed, near, scaled
from dogs_vs_cats.data.sample.dice import Dice
from dogs_vs_cats.data.sample.shapes import (
    blade,
    box,
    closed,
    ellipse,
    leaf,
    opened,
    rounded,
    stroke,
)

BACKDROP = (186, 184, 178)
WALLS = (
    (214, 200, 178), (176, 190, 186), (150, 160, 176), (196, 170, 150), (120, 128, 120),
    (226, 222, 212), (168, 140, 110), (100, 96, 104), (184, 120, 96), (140, 168, 140),
    (90, 110, 130), (206, 190, 120),
)  # fmt: skip
FLOORS = (
    (150, 112, 78), (110, 78, 54), (176, 150, 118), (128, 128, 128), (84, 84, 92), (146, 60, 56),
    (96, 120, 84), (60, 72, 96),
)  # fmt: skip
SKIES = ((150, 186, 214), (196, 208, 214), (120, 150, 180), (208, 190, 170), (84, 108, 90))


def paint_background(canvas: Canvas, dice: Dice, ground: float) -> None:
    """Paint a plain backdrop at strength 0, up to a full room or garden at strength 1.

    Args:
        canvas: an empty canvas.
        dice: of the aspect ``background_clutter``.
        ground: where the floor begins, in scene points.
    """
    rng = dice.rng
    outdoors = rng.random() < 0.45
    share = min(1.0, 2 * dice.strength)
    wall = mixed(BACKDROP, near(SKIES if outdoors else WALLS, rng), share)
    floor = mixed(BACKDROP, near(GRASS if outdoors else FLOORS, rng), share)
    canvas.scene(box(-3, -3, 3, 3), wall)
    canvas.scene(box(-3, ground, 3, 3), floor)
    if dice.strength == 0:
        canvas.soften(0.08)
        return
    (_garden if outdoors else _room)(canvas, dice, ground, floor)
    for _ in range(rng.poisson(7 * dice.strength)):
        _thing(canvas, dice)
    canvas.soften(dice.spread(0.02, 0.0, 0.014))


def _room(canvas: Canvas, dice: Dice, ground: float, floor: Tone) -> None:
    rng = dice.rng
    for x in np.arange(-2, 2, rng.uniform(0.15, 0.5)):  # boards or tiles
        canvas.scene(box(x, ground, x + 0.012, 3), (*scaled(floor, 0.75), 160))
    if dice.chance(0.8):  # wallpaper
        step, tone = rng.uniform(0.06, 0.2), any_colour(rng)
        for x in np.arange(-1.5, 1.5, step):
            canvas.scene(box(x, -2, x + step * rng.uniform(0.2, 0.6), ground), (*tone, 60))
    canvas.scene(box(-3, ground - 0.05, 3, ground), scaled(floor, 1.25))
    for _ in range(rng.poisson(3.5 * dice.strength)):
        x, w = rng.uniform(-0.9, 0.9), rng.uniform(0.15, 0.45)
        (_frame, _shelf, _sofa, _window)[int(rng.integers(4))](canvas, rng, x, w, ground)


def _frame(canvas: Canvas, rng: Generator, x: float, w: float, ground: float) -> None:
    y, h = rng.uniform(-0.9, ground - 0.2), rng.uniform(0.12, 0.4)
    canvas.scene(box(x, y, x + w, y + h), any_colour(rng))
    canvas.scene(box(x + 0.03, y + 0.03, x + w - 0.03, y + h - 0.03), any_colour(rng))
    spot = ellipse(x + w / 2, y + h / 2, w * rng.uniform(0.1, 0.35), h * 0.25)
    canvas.scene(spot, any_colour(rng))


def _shelf(canvas: Canvas, rng: Generator, x: float, w: float, ground: float) -> None:
    wood = near(FLOORS, rng)
    for row in range(int(rng.integers(1, 4))):
        y, at = ground - 0.2 - 0.3 * row, x
        while at < x + 1.6 * w:  # books
            thick = rng.uniform(0.025, 0.06)
            top = y - rng.uniform(0.12, 0.24)
            canvas.scene(box(at, top, at + thick, y), any_colour(rng))
            canvas.scene(box(at, top + 0.03, at + thick, top + 0.045), (240, 230, 200, 150))
            at += thick
        canvas.scene(box(x - 0.03, y, x + 1.6 * w + 0.05, y + 0.035), wood)


def _sofa(canvas: Canvas, rng: Generator, x: float, w: float, ground: float) -> None:
    colour, y = any_colour(rng), ground - 0.1
    left, right = x - 1.5 * w, x + 1.5 * w
    canvas.scene(rounded(left, y - 0.45, right, y + 0.5), scaled(colour, 0.85))
    for side in (left - 0.1, right - 0.1):
        canvas.scene(rounded(side, y - 0.2, side + 0.2, y + 0.5), scaled(colour, 0.7))
    middle = (left + right) / 2
    for start, end in ((left + 0.08, middle), (middle + 0.01, right - 0.08)):
        canvas.scene(rounded(start, y - 0.02, end, y + 0.2), colour)


def _window(canvas: Canvas, rng: Generator, x: float, w: float, ground: float) -> None:
    y, h = ground - rng.uniform(0.8, 1.2), rng.uniform(0.4, 0.6)
    canvas.scene(box(x - 0.03, y - 0.03, x + w + 0.03, y + h + 0.03), (236, 232, 224))
    canvas.scene(box(x, y, x + w, y + h), near(SKIES, rng))
    canvas.scene(box(x + w / 2 - 0.01, y, x + w / 2 + 0.01, y + h), (236, 232, 224))
    canvas.scene(box(x, y + h / 2 - 0.01, x + w, y + h / 2 + 0.01), (236, 232, 224))
    cloth = any_colour(rng)
    for side in (x - 0.1, x + w - 0.05):
        canvas.scene(rounded(side, y - 0.06, side + 0.15, y + h + 0.25), cloth)


def _garden(canvas: Canvas, dice: Dice, ground: float, floor: Tone) -> None:
    rng = dice.rng
    for _ in range(rng.poisson(6 * dice.strength)):  # trees and bushes
        x, size = rng.uniform(-1.1, 1.1), rng.uniform(0.1, 0.4)
        green = scaled(near(GRASS, rng), rng.uniform(0.5, 1.1))
        if rng.random() < 0.5:
            trunk = box(x - size / 8, ground - 2 * size, x + size / 8, ground + 0.05)
            canvas.scene(trunk, scaled(near(FLOORS, rng), 0.8))
        y = ground - size * rng.uniform(0.3, 2)
        angle = np.linspace(0, 2 * np.pi, 9, endpoint=False)
        reach = size * rng.uniform(0.6, 1.2, 9)
        crown = np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], axis=1)
        canvas.scene(closed(crown), green)
    if dice.chance(0.6):  # fence
        tone = near(WALLS, rng)
        for x in np.arange(-1.4, 1.4, 0.13):
            top = [(x, ground), (x, ground - 0.35), (x + 0.045, ground - 0.4)]
            canvas.scene(np.array([*top, (x + 0.09, ground - 0.35), (x + 0.09, ground)]), tone)
    for _ in range(int(140 * dice.strength)):
        x, y = rng.uniform(-1, 1), ground + rng.uniform(0, 0.6)
        height, shade = rng.uniform(0.03, 0.1), scaled(floor, rng.uniform(0.6, 1.4))
        canvas.scene(blade(x, y, height, rng), shade)


def _thing(canvas: Canvas, dice: Dice) -> None:
    """A shape of no meaning, or a ball, cushion or plant."""
    rng = dice.rng
    x, y = rng.uniform(-0.9, 0.9, 2)
    size = rng.uniform(0.04, 0.05 + 0.16 * dice.strength)
    colour = any_colour(rng)
    match int(rng.integers(6)):
        case 0:
            canvas.scene(ellipse(x, y, size, size), colour)
            gleam = ellipse(x - size / 3, y - size / 3, size / 4, size / 4)
            canvas.scene(gleam, (255, 255, 255, 90))
        case 1:
            corners = ellipse(x, y, size, size, rng.uniform(0, 360), int(rng.integers(3, 6)))
            canvas.scene(corners, colour)
        case 2:
            canvas.scene(rounded(x - size, y - size / 2, x + size, y + size), colour)
        case 3:
            line = opened(rng.uniform(-3, 3, (4, 2)) * size + (x, y))
            canvas.scene(stroke(line, 0.03, 0.015), colour)
        case 4:
            for degrees in range(-60, 61, 30):
                frond = leaf(x, y, 2.5 * size, degrees + rng.uniform(-9, 9))
                canvas.scene(frond, scaled(near(GRASS, rng), 0.85))
            pot = [(x - size / 2, y), (x + size / 2, y), (x + size / 3, y + size)]
            canvas.scene(np.array([*pot, (x - size / 3, y + size)]), near(FLOORS, rng))
        case _:
            angle = rng.uniform(0, 360)
            for k in range(4):
                ring = ellipse(x, y, size * (1 - k / 4), size * (0.7 - k / 6), angle)
                canvas.scene(ring, colour if k % 2 else any_colour(rng))
