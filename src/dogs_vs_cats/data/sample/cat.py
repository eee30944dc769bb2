"""Cats."""

from functools import partial

import numpy as np

from dogs_vs_cats.data.sample.body import Frame, paint_body
from dogs_vs_cats.data.sample.breed import Breeds
from dogs_vs_cats.data.sample.canvas import Colour
from dogs_vs_cats.data.sample.dice import Dice
from dogs_vs_cats.data.sample.head import INK, WHITE, Head
from dogs_vs_cats.data.sample.shapes import Points, closed, ellipse, mirrored, moved
from dogs_vs_cats.data.sample.species import Species

PINK: Colour = (206, 140, 134)


def _paint_head(head: Head, build: Dice) -> None:
    """Paint the head; ``build`` is of the aspect ``intraclass_variation``."""
    wide, cheeks = build.spread(1.0, 0.92, 1.1), build.spread(0.0, -0.06, 0.14)
    height, spread = build.spread(1.55, 1.35, 1.8), build.spread(0.0, -0.08, 0.12)
    for side in (-1, 1):
        _paint_ear(head, side, (side * (0.78 + spread), -height))
    skull = mirrored([(0, -0.84), (0.48, -0.8), (0.88, -0.42), (1.02, 0.1), (0.98 + cheeks, 0.44),
                      (0.56, 0.76), (0, 0.86)]) * (wide, 1)  # fmt: skip
    marks = head.marks()
    if head.coat.pattern == "tabby":
        dye: Colour = (*head.coat.second, 230)
        for x in (-0.36, -0.18, 0.0, 0.18, 0.36):  # the M on the forehead
            stripe = [(1.5 * x, -0.98), (x, -0.6), (0.75 * x, -0.36)]
            marks.append((head.stroke(stripe, 0.13, 0.04, n=5), dye))
        for side in (-1, 1):
            for y in (0.08, 0.32, 0.52):
                stripe = [(side * 1.05, y - 0.1), (side * 0.75, y), (side * 0.5, y - 0.03)]
                marks.append((head.stroke(stripe, 0.13, 0.03, n=5), dye))
    head.skull(closed(skull), 1.2, marks)
    _paint_eyes(head, build)
    _paint_muzzle(head)


def _paint_ear(head: Head, side: int, tip: tuple[float, float]) -> None:
    ear = _triangle((side * 0.12, -0.7), tip, (side * 0.98, -0.15), 0.1 * side)
    outline = head.at(head.furry(ear, 0.4), 0.0)
    head.canvas.part([outline], head.coat.ears, depth=0.4)
    middle = np.array([side * 0.66, -0.55])
    inside = (ear - middle) * (0.62, 0.74) + middle
    head.shape(inside, PINK if sum(head.coat.ears) > 250 else (140, 96, 96), 0.1)
    for k in range(4):  # hair that grows into the ear
        hair = [(side * (0.3 + 0.05 * k), -0.66), (side * (0.5 + 0.08 * k), -0.95 - 0.04 * k)]
        head.line(hair, 0.09, 0.01, (*head.coat.muzzle, 200), 0.12, n=3)


def _paint_eyes(head: Head, build: Dice) -> None:
    size, apart = build.spread(0.25, 0.2, 0.3), build.spread(0.43, 0.38, 0.48)
    slit = build.spread(0.28, 0.12, 0.55)
    almond = [(-1.02, 0.2), (-0.5, -0.5), (0.2, -0.74), (1.08, -0.3), (0.72, 0.36), (0, 0.62)]
    for side in (-1, 1):
        x, eye = side * apart, closed(np.array(almond) * size * (side, 1), 5)
        head.shape(moved(eye * 1.22, x, -0.08), INK)
        head.shape(moved(eye, x, -0.08), head.coat.eye)
        pupil = [(x, -0.08 - 0.95 * size * 0.62), (x + slit * size, -0.08),
                 (x, -0.08 + 0.95 * size * 0.6), (x - slit * size, -0.08)]  # fmt: skip
        head.shape(closed(pupil, 5), (14, 12, 14))
        head.dot(x - 0.07, -0.15, 0.05, 0.05, WHITE, n=10)


def _paint_muzzle(head: Head) -> None:
    rng = head.coat.rng
    pads = [ellipse(side * 0.19, 0.43, 0.26, 0.2) for side in (-1, 1)]
    pads = [head.at(head.furry(pad, 0.3), 0.98) for pad in pads]
    head.canvas.part([head.at(ellipse(0, 0.64, 0.2, 0.14), 0.86)], head.coat.muzzle, depth=0.5)
    if head.pose.mouth > 0.75:
        head.dot(0, 0.57, 0.12, 0.1, (140, 60, 64), 0.92)
    head.canvas.part(pads, head.coat.muzzle, depth=0.3)
    nose = [(-0.13, 0.24), (0, 0.22), (0.13, 0.24), (0.06, 0.33), (0, 0.37), (-0.06, 0.33)]
    head.shape(closed(nose, 4), PINK if head.coat.nose[0] != 34 else head.coat.nose, 1.05)
    for side in (-1, 1):
        smile = [(0, 0.36), (0, 0.46), (side * 0.12, 0.55), (side * 0.28, 0.5)]
        head.line(smile, 0.03, 0.03, INK, 1.02)
        for k, (x, y) in enumerate(((0.16, 0.4), (0.24, 0.45), (0.2, 0.5))):
            head.dot(side * x, y, 0.018, 0.018, INK, 1.02, n=8)
            end = (side * rng.uniform(1.35, 1.65), 0.22 + 0.24 * k + rng.uniform(-0.08, 0.08))
            whisker = [(side * x, y), (side * 0.75, 0.33 + 0.14 * k), end]
            head.line(whisker, 0.035, 0.012, (252, 250, 244, 235), 0.95, n=6)
        brow = [(side * 0.42, -0.36), (side * 0.5, -0.66), (side * 0.64, -0.86)]
        head.line(brow, 0.02, 0.01, (252, 250, 244, 180), 0.85)


def _triangle(
    inner: tuple[float, float], tip: tuple[float, float], outer: tuple[float, float], bow: float
) -> Points:
    """A pointed ear: two sides that bow outwards and meet in a sharp tip."""
    t = np.linspace(0, 1, 9)[:, None]

    def side(start: Points, end: Points) -> Points:
        middle = (start + end) / 2 + np.array([(end - start)[1], -(end - start)[0]]) * bow
        return np.asarray((1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end)

    a, b, c = np.array([inner, tip, outer])
    return np.concatenate([side(a, b), side(b, c)[1:]])


CAT = Species(
    Breeds(
        patterns=("tabby", "solid", "bib", "patches", "points", "tabby"),
        eyes=((150, 176, 70), (206, 164, 52), (110, 170, 196), (120, 160, 110), (188, 120, 44)),
    ),
    partial(
        paint_body,
        frame=Frame(
            tails={
                "sitting": ((0, 3.2), (0.9, 3.35), (1.2, 2.6), (1.1, 1.9)),
                "lying": ((1.8, 2.2), (2.6, 2.1), (2.7, 1.4)),
                "standing": ((0, 1.1), (0.7, 0.5), (0.9, -0.5), (0.5, -1.1)),
            },
            tail_width=(0.34, 0.24),
        ),
    ),
    _paint_head,
)
