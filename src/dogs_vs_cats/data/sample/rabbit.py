"""Rabbits."""

from functools import partial

import numpy as np

from dogs_vs_cats.data.sample.body import Frame, paint_body
from dogs_vs_cats.data.sample.breed import Breeds
from dogs_vs_cats.data.sample.canvas import Colour
from dogs_vs_cats.data.sample.dice import Dice
from dogs_vs_cats.data.sample.head import INK, WHITE, Head
from dogs_vs_cats.data.sample.shapes import box, closed, ellipse, mirrored
from dogs_vs_cats.data.sample.species import Species

PINK: Colour = (214, 150, 144)
EARS = {
    "upright": [(0.12, -0.6), (0.1, -1.2), (0.24, -1.85), (0.42, -2.0), (0.6, -1.8), (0.68, -1.2),
                (0.56, -0.6)],
    "apart": [(0.2, -0.6), (0.45, -1.1), (0.95, -1.6), (1.2, -1.68), (1.3, -1.42), (1.1, -0.95),
              (0.7, -0.45)],
    "bent": [(0.12, -0.6), (0.12, -1.1), (0.42, -1.4), (1.0, -1.25), (1.36, -0.75), (1.16, -0.6),
             (0.86, -0.88), (0.58, -0.6)],
}  # fmt: skip


def _paint_head(head: Head, build: Dice) -> None:
    cheeks, length = build.spread(0.0, -0.05, 0.1), build.spread(0.92, 0.85, 1.15)
    left, right = build.choose((("upright", "upright"), ("apart", "apart"), ("upright", "bent"),
                                ("upright", "apart")))  # fmt: skip
    for side, kind in ((-1, left), (1, right)):
        _paint_ear(head, side, kind, length)
    skull = mirrored([(0, -0.86), (0.4, -0.8), (0.72, -0.42), (0.86, 0.08), (0.92 + cheeks, 0.48),
                      (0.58, 0.84), (0, 0.94)])  # fmt: skip
    head.skull(closed(skull), 1.2, head.marks())
    _paint_eyes(head, build)
    _paint_muzzle(head)


def _paint_ear(head: Head, side: int, kind: str, length: float) -> None:
    ear = closed(np.array(EARS[kind]) * (side, 1)) * (1, length)
    head.canvas.part([head.at(head.furry(ear, 0.5), 0.0)], head.coat.ears, depth=0.45)
    middle = ear.mean(axis=0)
    inside = (ear - middle) * (0.5, 0.74) + middle
    head.shape(inside, PINK if sum(head.coat.ears) > 250 else (146, 100, 98), 0.06)


def _paint_eyes(head: Head, build: Dice) -> None:
    size, apart = build.spread(0.2, 0.17, 0.24), build.spread(0.56, 0.5, 0.6)
    for side in (-1, 1):
        x, y = side * apart, -0.14
        head.dot(x, y, 1.3 * size, 1.4 * size, (*head.coat.muzzle, 200))
        head.dot(x, y, size, 1.15 * size, INK)
        head.dot(x, y, 0.86 * size, size, head.coat.eye)
        head.dot(x, y, 0.6 * size, 0.75 * size, (12, 10, 10))
        head.dot(x - 0.06, y - 0.08, 0.055, 0.055, WHITE, n=10)


def _paint_muzzle(head: Head) -> None:
    rng = head.coat.rng
    chin = head.at(ellipse(0, 0.72, 0.24, 0.14), 0.85)
    head.canvas.part([chin], head.coat.muzzle, depth=0.5)
    drop = 0.06 * max(0.0, head.pose.mouth)
    for side in (-1, 1):  # the two long teeth
        x = side * 0.075
        head.shape(box(x - 0.09, 0.5, x + 0.09, 0.87 + drop), (*INK[:3], 130), 1.0)
        head.shape(box(x - 0.065, 0.5, x + 0.065, 0.84 + drop), WHITE, 1.02)
    pads = [ellipse(side * 0.2, 0.42, 0.26, 0.2) for side in (-1, 1)]
    pads = [head.at(head.furry(pad, 0.3), 1.05) for pad in pads]
    head.canvas.part(pads, head.coat.muzzle, depth=0.35)
    nose = closed(mirrored([(0, 0.2), (0.13, 0.2), (0.1, 0.3), (0, 0.37)]), 4)
    head.shape(nose, PINK if head.coat.nose[0] != 34 else (120, 78, 76), 1.12)
    head.line([(0, 0.36), (0, 0.52)], 0.035, 0.03, INK, 1.1, n=3)
    for side in (-1, 1):
        for k, (x, y) in enumerate(((0.18, 0.38), (0.26, 0.43), (0.22, 0.49))):
            end = (side * rng.uniform(1.1, 1.4), 0.26 + 0.2 * k + rng.uniform(-0.08, 0.08))
            whisker = [(side * x, y), (side * 0.7, 0.36 + 0.1 * k), end]
            head.line(whisker, 0.025, 0.01, (252, 250, 244, 200), 1.0, n=6)


RABBIT = Species(
    Breeds(
        patterns=("solid", "bib", "patches", "points", "solid"),
        eyes=((70, 44, 30), (50, 34, 28), (108, 70, 42), (150, 60, 62)),
        hair=1.2,
    ),
    partial(
        paint_body,
        frame=Frame(
            tails={
                "sitting": ((0.75, 3.1), (0.9, 3.0), (1.0, 2.9)),
                "lying": ((1.7, 1.6), (1.95, 1.5), (2.1, 1.4)),
                "standing": ((-0.05, 0.9), (0.2, 0.7), (0.35, 0.55)),
            },
            tail_width=(0.6, 0.7),
            legs=0.9,
        ),
    ),
    _paint_head,
)
