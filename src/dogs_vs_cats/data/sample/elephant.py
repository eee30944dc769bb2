"""Elephants."""

from functools import partial

import numpy as np

from dogs_vs_cats.data.sample.body import Frame, paint_body
from dogs_vs_cats.data.sample.breed import Breeds
from dogs_vs_cats.data.sample.canvas import Mark
from dogs_vs_cats.data.sample.colours import scaled
from dogs_vs_cats.data.sample.dice import Dice
from dogs_vs_cats.data.sample.head import INK, WHITE, Head
from dogs_vs_cats.data.sample.shapes import Points, closed, ellipse, mirrored, moved, opened, stroke
from dogs_vs_cats.data.sample.species import Species

IVORY = (238, 228, 204)
EARS = {
    "african": [(0.55, -0.75), (1.2, -1.1), (1.9, -0.85), (2.1, -0.1), (1.8, 0.75), (1.3, 1.35),
                (1.0, 0.9), (0.7, 0.5)],
    "indian": [(0.6, -0.6), (1.15, -0.8), (1.6, -0.45), (1.7, 0.15), (1.45, 0.75), (1.1, 1.1),
               (0.9, 0.7), (0.7, 0.4)],
}  # fmt: skip
TRUNKS = {
    "hanging": [(0, 0.2), (0, 0.8), (0.03, 1.5), (0.1, 2.05), (0.36, 2.3)],
    "aside": [(0, 0.2), (0.03, 0.8), (0.3, 1.4), (0.8, 1.7), (1.3, 1.5)],
    "raised": [(0, 0.2), (0.03, 0.9), (0.45, 1.6), (1.15, 1.65), (1.6, 1.1), (1.7, 0.5)],
}


def _paint_head(head: Head, build: Dice) -> None:
    kind, size = build.choose(("african", "indian")), build.spread(1.0, 0.88, 1.08)
    tusks = build.spread(0.85, 0.0, 1.5)
    for side in (-1, 1):
        _paint_ear(head, np.array(EARS[kind]) * (side * size, size))
    skull = mirrored([(0, -0.82), (0.38, -0.98), (0.78, -0.7), (0.92, -0.15), (0.78, 0.4),
                      (0.5, 0.85), (0, 1.0)])  # fmt: skip
    head.skull(closed(skull), 1.0, head.marks())
    _paint_eyes(head, build)
    if tusks > 0.3:
        for side in (-1, 1):
            tusk = np.array([(0.36, 0), (0.5, 0.5), (0.62, 0.85), (0.56, 1.1)]) * (side, tusks)
            line = head.stroke(moved(tusk, 0, 0.6), 0.24, 0.05, 1.0)
            head.canvas.part([line], IVORY, depth=0.45)
    _paint_trunk(head, build)


def _paint_ear(head: Head, ear: Points) -> None:
    outline, side = head.furry(closed(ear), 1.0), np.sign(ear[0, 0])
    middle = outline.mean(axis=0)
    inside = (outline - middle) * 0.74 + middle
    dye = (*scaled(head.coat.ears, 0.74), 150)
    marks: list[Mark] = [(head.at(inside, 0.0), dye)]
    for y in (-0.4, 0.1, 0.6):  # folds
        fold = [(side * 0.8, 0.6 * y), (side * 1.3, y), (side * 1.6, y + 0.08)]
        marks.append((head.stroke(fold, 0.06, 0.02, 0.0), (*scaled(head.coat.ears, 0.6), 120)))
    head.canvas.part([head.at(outline, -0.1)], scaled(head.coat.ears, 0.9), marks, depth=0.55)


def _paint_eyes(head: Head, build: Dice) -> None:
    size, apart = build.spread(0.12, 0.1, 0.14), build.spread(0.58, 0.52, 0.64)
    for side in (-1, 1):
        x, y = side * apart, -0.1
        head.dot(x, y, 2.0 * size, 1.6 * size, (*scaled(head.coat.base, 0.62), 170))
        head.dot(x, y, 1.15 * size, size, INK)
        head.dot(x, y, 0.9 * size, 0.8 * size, head.coat.eye)
        head.dot(x, y, 0.5 * size, 0.5 * size, (10, 8, 8))
        head.dot(x - 0.03, y - 0.04, 0.035, 0.035, WHITE, n=10)
        brow = [(side * 0.38, -0.24), (side * 0.58, -0.32), (side * 0.76, -0.2)]
        head.line(brow, 0.03, 0.03, (*INK[:3], 90))


def _paint_trunk(head: Head, build: Dice) -> None:
    """A tube that tapers from the forehead, with rings across it."""
    pose = "raised" if head.pose.mouth > 0.7 else "hanging" if head.pose.mouth > 0 else "aside"
    line = opened(np.array(TRUNKS[pose]) * (1 if head.pose.roll >= 0 else -1, 1), 6)
    root, tip = build.spread(0.84, 0.74, 0.92), build.spread(0.34, 0.28, 0.4)
    depth = 0.85 + 0.45 * np.linspace(0, 1, len(line))
    outline = stroke(line, root, tip)
    one_side, other = outline[: len(line)], outline[: len(line) - 1 : -1]
    dye = (*scaled(head.coat.base, 0.6), 150)
    rings: list[Mark] = [
        (head.stroke([one_side[k], line[k], other[k]], 0.05, 0.05, depth[k]), dye)
        for k in range(3, len(line), 2)
    ]
    there_and_back = np.concatenate([depth, depth[::-1]])
    head.canvas.part([head.at(outline, there_and_back)], head.coat.base, rings, depth=0.75)
    nostrils = moved(ellipse(0, 0, 0.36 * tip, 0.3 * tip), *line[-1])
    head.shape(nostrils, (*scaled(head.coat.base, 0.4), 230), depth[-1])


ELEPHANT = Species(
    Breeds(
        patterns=("solid", "solid", "points"),
        eyes=((70, 46, 30), (52, 36, 28), (120, 82, 44)),
        hair=0.15,
    ),
    partial(
        paint_body,
        frame=Frame(
            tails={
                "sitting": ((0, 3.2), (0.9, 3.3), (1.25, 3.1), (1.5, 3.2)),
                "lying": ((1.7, 1.6), (2.1, 1.8), (2.3, 2.3)),
                "standing": ((-0.05, 0.8), (0.25, 1.2), (0.3, 2.0), (0.4, 2.6)),
            },
            tail_width=(0.2, 0.14),
            girth=1.25,
            legs=1.6,
        ),
    ),
    _paint_head,
)
