"""Owls."""

import numpy as np

from dogs_vs_cats.data.sample.breed import Breeds, Coat, Pose
from dogs_vs_cats.data.sample.canvas import Canvas
from dogs_vs_cats.data.sample.colours import scaled
from dogs_vs_cats.data.sample.dice import Dice
from dogs_vs_cats.data.sample.head import INK, SHADOW, WHITE, Head
from dogs_vs_cats.data.sample.shapes import (
    closed,
    ellipse,
    furry,
    leaf,
    mirrored,
    moved,
    opened,
    rotation,
    stroke,
)
from dogs_vs_cats.data.sample.species import Species

ARC = stroke(opened([(-0.09, 0), (0, 0.1), (0.09, 0)], 3), 0.05, 0.05)
"""The edge of a feather on the breast."""
HORN = (206, 172, 92)
WINGS = {"sitting": (172.0, 190.0), "lying": (105.0, 165.0), "standing": (62.0, 150.0)}
"""Degrees of the first and the last feather, where 0 is upwards and 180 down."""


def _paint_body(canvas: Canvas, coat: Coat, pose: Pose, build: Dice) -> None:
    """Paint tail, trunk, wings and feet. Only a sitting owl folds its wings, over the trunk."""
    girth, x = build.spread(1.0, 0.85, 1.2), pose.lean
    tail = [leaf(x, 2.4, 1.9, degrees) for degrees in (164, 172, 180, 188, 196)]
    canvas.part(tail, scaled(coat.base, 0.72), depth=0.5)
    folded = pose.body == "sitting"
    if not folded:
        _paint_wings(canvas, coat, pose, girth)
    trunk = closed(mirrored([(0, 0.2), (0.75, 0.45), (1.16 * girth, 1.3), (1.1 * girth, 2.3),
                             (0.62 * girth, 3.1), (0, 3.3)]))  # fmt: skip
    trunk[:, 0] += x * np.clip(trunk[:, 1] / 2, 0, 1)
    marks = coat.marks(x, 1.8, 1.1 * girth, 1.3, x / 2)
    dye = (*coat.second, 170)
    for row, y in enumerate(np.arange(1.1, 2.9, 0.32)):
        for column in np.arange(-0.75, 0.76, 0.3) + 0.15 * (row % 2):
            marks.append((moved(ARC, x * min(1.0, y / 2) + girth * column, y), dye))
    canvas.part([furry(trunk, coat.fluff, coat.rng)], coat.base, marks + SHADOW)
    if folded:
        _paint_wings(canvas, coat, pose, girth)
    for at in (x - 0.4, x + 0.4):
        lines = [[(at, 3.1), (at + by / 2, 3.45), (at + by, 3.5)] for by in (-0.24, 0.0, 0.24)]
        toes = [stroke(np.array(line), 0.2, 0.08) for line in lines]
        canvas.part(toes, HORN, depth=0.5)


def _paint_wings(canvas: Canvas, coat: Coat, pose: Pose, girth: float) -> None:
    first, last = WINGS[pose.body]
    for side in (-1, 1):
        shoulder = (0.3 * pose.lean + side * 0.8 * girth, 0.7)
        for degrees in np.linspace(first, last, 6):
            feather = leaf(*shoulder, 2.4, side * degrees)
            canvas.part([feather], scaled(coat.base, 0.82), depth=0.6)
            quill = np.stack([feather[0], feather[3]])
            canvas.animal(stroke(quill, 0.05, 0.02), (*scaled(coat.base, 0.55), 120))
        cover = ellipse(*shoulder, 0.36, 0.75, side * (first + last) / 2)
        canvas.part([furry(cover, coat.fluff, coat.rng)], scaled(coat.base, 0.92), depth=0.5)


def _paint_head(head: Head, build: Dice) -> None:
    tufts, wide = build.choose((0.62, 0.0, 0.85, 0.4)), build.spread(1.0, 0.93, 1.08)
    if tufts:
        for side in (-1, 1):
            tuft = [(side * 0.42, -0.7), (side * 0.75, -0.9), (side * 1.1, -0.9 - 0.6 * tufts)]
            outline = furry(stroke(opened(tuft, 5), 0.5, 0.04), 0.05, head.coat.rng)
            head.canvas.part([head.at(outline, 0.2)], scaled(head.coat.ears, 0.7), depth=0.4)
    skull = mirrored([(0, -0.88), (0.55, -0.86), (0.98, -0.45), (1.06, 0.1), (0.9, 0.58),
                      (0.5, 0.88), (0, 0.96)]) * (wide, 1)  # fmt: skip
    head.skull(closed(skull), 1.0, head.marks())
    _paint_discs(head, build)
    _paint_beak(head)


def _paint_discs(head: Head, build: Dice) -> None:
    """The eyes, in the middle of discs of short feathers."""
    size, pupil = build.spread(0.29, 0.25, 0.33), build.spread(0.55, 0.4, 0.7)
    for side in (-1, 1):
        x, y = side * 0.44, -0.06
        rim = head.furry(ellipse(x, y, 0.56, 0.6), 0.6)
        head.shape(rim, (*scaled(head.coat.base, 0.5), 220))
        disc = head.furry(ellipse(x, y, 0.49, 0.53), 0.6)
        head.shape(disc, head.coat.muzzle)
        for degrees in range(0, 360, 30):
            ray = moved(np.array([(0.3, 0), (0.47, 0)]) @ rotation(degrees), x, y)
            head.line(ray, 0.015, 0.03, (*scaled(head.coat.muzzle, 0.7), 130), n=2)
        head.dot(x, y, 1.16 * size, 1.16 * size, INK)
        head.dot(x, y, size, size, head.coat.eye)
        head.dot(x, y, pupil * size, pupil * size, (10, 8, 10))
        head.dot(x - 0.08, y - 0.1, 0.06, 0.06, WHITE, n=10)
        brow = [(side * 0.06, -0.2), (side * 0.3, -0.58), (side * 0.82, -0.74)]
        head.line(brow, 0.06, 0.14, (*scaled(head.coat.base, 0.42), 230))


def _paint_beak(head: Head) -> None:
    drop = 0.1 * max(0.0, head.pose.mouth)
    lower = closed(mirrored([(0, 0.3), (0.1, 0.36), (0, 0.52 + drop)]), 4)
    head.canvas.part([head.at(lower, 1.0)], scaled(HORN, 0.6), depth=0.4)
    upper = closed(mirrored([(0, 0.08), (0.15, 0.2), (0.12, 0.4), (0, 0.62)]), 4)
    head.canvas.part([head.at(upper, 1.15)], HORN, depth=0.5)
    head.line([(0, 0.12), (0, 0.5)], 0.04, 0.02, (255, 255, 255, 90), 1.2, n=3)


OWL = Species(
    Breeds(
        patterns=("solid", "spots", "tabby", "bib", "spots"),
        eyes=((232, 180, 40), (226, 130, 36), (240, 210, 80), (62, 40, 26)),
    ),
    _paint_body,
    _paint_head,
)
