"""Pigs."""

from functools import partial

import numpy as np

from dogs_vs_cats.data.sample.body import Frame, paint_body
from dogs_vs_cats.data.sample.breed import Breeds
from dogs_vs_cats.data.sample.canvas import Mark
from dogs_vs_cats.data.sample.colours import Tone, mixed, scaled
from dogs_vs_cats.data.sample.dice import Dice
from dogs_vs_cats.data.sample.head import INK, WHITE, Head
from dogs_vs_cats.data.sample.shapes import closed, ellipse, mirrored
from dogs_vs_cats.data.sample.species import Species

PINK: Tone = (232, 158, 156)
EARS = {
    "pricked": [(0.36, -0.7), (0.5, -1.15), (0.95, -1.5), (1.12, -1.0), (0.98, -0.4)],
    "forward": [(0.34, -0.82), (0.75, -1.12), (1.2, -0.85), (1.24, -0.3), (0.92, 0.02),
                (0.78, -0.4)],
}  # fmt: skip


def _paint_head(head: Head, build: Dice) -> None:
    ears, wide = build.choose(("pricked", "forward")), build.spread(1.0, 0.92, 1.1)
    if ears == "pricked":
        _paint_ears(head, ears)
    skull = mirrored([(0, -0.84), (0.5, -0.8), (0.88, -0.4), (0.98, 0.1), (0.94, 0.5),
                      (0.6, 0.88), (0, 0.98)]) * (wide, 1)  # fmt: skip
    marks = head.marks()
    if head.coat.pattern == "spots":
        spots = head.coat.blobs(6, 0, -0.3, 0.8, 0.6, 0.14)
        marks += [(head.at(spot), (*head.coat.second, 230)) for spot in spots]
    head.skull(closed(skull), 1.0, marks)
    _paint_eyes(head, build)
    _paint_snout(head, build)
    if ears == "forward":
        _paint_ears(head, ears)


def _paint_ears(head: Head, kind: str) -> None:
    for side in (-1, 1):
        ear = closed(np.array(EARS[kind]) * (side, 1), 5)
        middle = ear.mean(axis=0)
        z = 0.0 if kind == "pricked" else 0.3
        marks: list[Mark] = []
        if kind == "pricked":
            inside = (ear - middle) * (0.58, 0.66) + middle
            marks = [(head.at(inside, z), (*mixed(head.coat.ears, PINK, 0.7), 220))]
        outline = head.at(head.furry(ear, 1.0), z)
        head.canvas.part([outline], scaled(head.coat.ears, 0.93), marks, depth=0.55)


def _paint_eyes(head: Head, build: Dice) -> None:
    size, apart = build.spread(0.13, 0.1, 0.15), build.spread(0.5, 0.44, 0.56)
    for side in (-1, 1):
        x, y = side * apart, -0.2
        head.dot(x, y, 1.7 * size, 1.4 * size, (*mixed(head.coat.base, PINK, 0.5), 200))
        head.dot(x, y, 1.1 * size, size, INK)
        head.dot(x, y, 0.85 * size, 0.85 * size, head.coat.eye)
        head.dot(x, y, 0.5 * size, 0.5 * size, (10, 8, 8))
        head.dot(x - 0.04, y - 0.05, 0.04, 0.04, WHITE, n=10)
        lid = [(side * 0.3, -0.32), (side * 0.5, -0.4), (side * 0.68, -0.3)]
        head.line(lid, 0.03, 0.03, (*INK[:3], 110))


def _paint_snout(head: Head, build: Dice) -> None:
    """A short tube that ends in a flat disc with two nostrils."""
    size, length = build.spread(1.0, 0.9, 1.12), build.spread(0.55, 0.4, 0.75)
    tip = 0.75 + length
    drop = 0.12 * max(0.0, head.pose.mouth)
    jaw = [head.at(ellipse(0, 0.74 + drop, 0.4, 0.18), 0.6 + 0.6 * length * t) for t in (0, 0.5, 1)]
    head.canvas.part(jaw, scaled(head.coat.muzzle, 0.9), depth=0.6)
    if head.pose.mouth > 0.2:
        head.dot(0, 0.68 + drop, 0.3, 0.05 + drop, (110, 44, 50), 0.7 + 0.6 * length)
    tube = [
        head.at(ellipse(0, 0.32 + 0.04 * t, (0.5 - 0.06 * t) * size, (0.4 - 0.06 * t) * size),
                0.65 + t * (tip - 0.65))
        for t in np.linspace(0, 1, 4)
    ]  # fmt: skip
    head.canvas.part(tube, mixed(head.coat.muzzle, PINK, 0.3), depth=0.6)
    head.dot(0, 0.36, 0.48 * size, 0.37 * size, (*INK[:3], 120), tip)
    disc = head.at(ellipse(0, 0.36, 0.46 * size, 0.35 * size), tip + 0.02)
    head.canvas.part([disc], mixed(head.coat.base, PINK, 0.75), depth=0.4)
    for side in (-1, 1):
        head.dot(side * 0.17 * size, 0.36, 0.085 * size, 0.15 * size, (70, 34, 38), tip + 0.04)


PIG = Species(
    Breeds(
        patterns=("solid", "patches", "spots", "bib", "solid"),
        eyes=((66, 44, 34), (50, 36, 30), (104, 78, 56), (120, 150, 170)),
        hair=0.3,
    ),
    partial(
        paint_body,
        frame=Frame(
            tails={
                "sitting": ((0.7, 3.0), (1.1, 2.9), (1.35, 2.65), (1.2, 2.45), (1.1, 2.7),
                            (1.45, 2.75)),
                "lying": ((1.7, 1.6), (2.1, 1.5), (2.3, 1.2), (2.1, 1.0), (2.0, 1.3), (2.5, 1.3)),
                "standing": ((-0.05, 0.8), (0.35, 0.6), (0.55, 0.3), (0.35, 0.1), (0.25, 0.4),
                             (0.75, 0.4)),
            },
            tail_width=(0.2, 0.1),
            girth=1.2,
            legs=0.95,
        ),
    ),
    _paint_head,
)  # fmt: skip
