"""Dogs."""

from functools import partial

import numpy as np

from dogs_vs_cats.data.sample.body import Frame, paint_body
from dogs_vs_cats.data.sample.breed import Breeds
from dogs_vs_cats.data.sample.canvas import Mark
from dogs_vs_cats.data.sample.colours import Tone
from dogs_vs_cats.data.sample.dice import Dice
from dogs_vs_cats.data.sample.head import INK, WHITE, Head
from dogs_vs_cats.data.sample.shapes import closed, ellipse, mirrored, moved
from dogs_vs_cats.data.sample.species import Species

HANGING_EARS = {
    "hanging": [(0.42, -0.84), (0.85, -0.78), (1.2, -0.2), (1.26, 0.4), (1.02, 0.78), (0.8, 0.4),
                (0.72, -0.2)],
    "drop": [(0.36, -0.9), (0.85, -0.9), (1.22, -0.5), (1.2, 0.05), (1.0, 0.28), (0.75, -0.1),
             (0.56, -0.5)],
    "long": [(0.5, -0.7), (0.9, -0.6), (1.25, 0.1), (1.4, 0.9), (1.12, 1.4), (0.84, 0.9),
             (0.76, 0.0)],
    "small": [(0.5, -0.92), (0.88, -0.98), (1.2, -0.7), (1.22, -0.35), (0.98, -0.2), (0.78, -0.42),
              (0.6, -0.7)],
}  # fmt: skip


def _paint_head(head: Head, build: Dice) -> None:
    """Paint the head; ``build`` is of the aspect ``intraclass_variation``."""
    ears = build.choose(("hanging", "drop", "long", "half-erect", "hanging", "small"))
    wide, length = build.spread(0.9, 0.8, 1.0), build.spread(1.0, 0.75, 1.3)
    ear_length = build.spread(1.0, 0.85, 1.2)
    # When the head turns, one ear goes behind it; seen from the front, both hang before it.
    behind = 0 if abs(head.pose.yaw) < 10 else int(np.sign(head.pose.yaw))
    if ears == "half-erect":
        _paint_half_erect_ears(head)
    elif behind:
        _paint_hanging_ear(head, ears, behind * wide / 0.9, ear_length)
    skull = mirrored([(0, -0.88), (0.5, -0.82), (0.88, -0.46), (0.95, 0.0), (0.85, 0.42),
                      (0.58, 0.8), (0, 0.95)]) * (wide, 1)  # fmt: skip
    marks = head.marks()
    if head.coat.pattern == "patches":
        side = 1 if head.coat.rng.random() < 0.5 else -1
        marks.append((head.at(ellipse(side * 0.38, -0.2, 0.36, 0.42)), (*head.coat.second, 245)))
    elif head.coat.pattern == "spots":
        spots = head.coat.blobs(9, 0, -0.3, 0.8, 0.6, 0.09)
        marks += [(head.at(spot), (*head.coat.second, 230)) for spot in spots]
    head.skull(closed(skull), 0.9, marks)
    _paint_eyes(head, build)
    _paint_muzzle(head, length, build)
    if ears != "half-erect":
        for side in (s for s in (-1, 1) if s != behind):
            _paint_hanging_ear(head, ears, side * wide / 0.9, ear_length)


def _paint_half_erect_ears(head: Head) -> None:
    stand = [(0.2, -0.72), (0.5, -1.2), (0.95, -1.3), (1.05, -0.9), (0.9, -0.3)]
    flap = [(0.46, -1.2), (0.92, -1.36), (1.3, -1.02), (1.4, -0.62), (1.05, -0.85)]
    for turn in ((-1, 1), (1, 1)):
        outline = head.furry(closed(np.array(stand) * turn), 0.5)
        head.canvas.part([head.at(outline, 0.0)], head.coat.ears)
        outline = closed(np.array(flap) * turn)
        head.canvas.part([head.at(outline, 0.15)], _darker(head.coat.ears), depth=0.5)


def _paint_hanging_ear(head: Head, kind: str, side: float, length: float) -> None:
    shape = np.array(HANGING_EARS[kind])
    shape = (shape - shape[0]) * (1, length) + shape[0]
    outline = head.furry(closed(shape * (side, 1)), 0.7)
    head.canvas.part([head.at(outline, 0.2)], _darker(head.coat.ears), depth=0.65)


def _paint_eyes(head: Head, build: Dice) -> None:
    size, apart = build.spread(0.16, 0.13, 0.2), build.spread(0.38, 0.34, 0.44)
    for side in (-1, 1):
        x, y = side * apart, -0.2
        head.dot(x, y, 1.2 * size, 1.15 * size, INK)
        head.dot(x, y, size, size, head.coat.eye)
        head.dot(x, y, 0.55 * size, 0.55 * size, (14, 10, 10))
        head.dot(x - 0.05, y - 0.06, 0.045, 0.045, WHITE, n=10)
        brow = [(side * 0.2, -0.42), (side * 0.4, -0.5), (side * 0.58, -0.4)]
        head.line(brow, 0.03, 0.07, (*INK[:3], 60))


def _paint_muzzle(head: Head, length: float, build: Dice) -> None:
    """It reaches out of the face: ellipses from the stop between the eyes to the tip."""
    tube, jaw = [], []
    for t in np.linspace(0, 1, 5):
        shape = ellipse(0, 0.3 + 0.12 * t, 0.5 - 0.1 * t, 0.42 - 0.1 * t)
        tube.append(head.at(shape, 0.6 + length * t))
        shape = ellipse(0, 0.66 + 0.08 * t, 0.38 - 0.1 * t, 0.24 - 0.06 * t)
        jaw.append(head.at(shape, 0.55 + 0.8 * length * t))
    tip = 0.6 + length
    drop = 0.16 * max(0.0, head.pose.mouth)
    head.canvas.part([moved(part, 0, drop) for part in jaw], _darker(head.coat.muzzle), depth=0.6)
    if head.pose.mouth > 0.15:
        head.dot(0, 0.68 + drop / 2, 0.28, 0.14 + drop / 2, (92, 34, 40), tip - 0.2)
    if head.pose.mouth > 0.35:
        long = 0.3 + 0.4 * head.pose.mouth
        tongue = mirrored([(0, 0.66), (0.17, 0.7), (0.2, 0.72 + 0.6 * long), (0.1, 0.72 + long),
                           (0, 0.74 + long)])  # fmt: skip
        head.canvas.part([head.at(closed(tongue), tip - 0.15)], (222, 112, 118), depth=0.35)
        groove = [(0, 0.74), (0, 0.7 + 0.8 * long)]
        head.line(groove, 0.03, 0.02, (168, 70, 82, 200), tip - 0.14, n=3)
    blaze: list[Mark] = []
    if head.coat.pattern == "spots":
        spots = head.coat.blobs(5, 0, 0.45, 0.35, 0.3, 0.05)
        blaze = [(head.at(spot, tip - 0.2), (*head.coat.second, 220)) for spot in spots]
    head.canvas.part(tube, head.coat.muzzle, blaze, depth=0.55)
    for side in (-1, 1):
        lip = [(0, 0.5), (0, 0.64), (side * 0.2, 0.74), (side * 0.36, 0.66)]
        head.line(lip, 0.045, 0.03, INK, tip - 0.03)
        for x, y in ((0.16, 0.52), (0.24, 0.56), (0.2, 0.62)):
            head.dot(side * x, y, 0.017, 0.017, (*INK[:3], 150), tip, n=8)
    nose = closed(mirrored([(0, 0.12), (0.2, 0.14), (0.26, 0.27), (0.12, 0.42), (0, 0.46)]), 5)
    nose = head.at(nose * build.spread(1.0, 0.85, 1.15), tip + 0.08)
    head.canvas.part([nose], head.coat.nose, depth=0.4)
    head.dot(-0.06, 0.2, 0.09, 0.035, (255, 255, 255, 110), tip + 0.12)
    for side in (-1, 1):
        head.dot(side * 0.11, 0.32, 0.05, 0.035, (8, 6, 6), tip + 0.1, n=10)


def _darker(colour: Tone) -> Tone:
    return (int(colour[0] * 0.86), int(colour[1] * 0.85), int(colour[2] * 0.85))


DOG = Species(
    Breeds(
        patterns=("patches", "solid", "bib", "spots", "points", "patches"),
        eyes=((84, 52, 30), (60, 38, 26), (122, 82, 40), (96, 60, 30), (112, 150, 176)),
    ),
    partial(
        paint_body,
        frame=Frame(
            tails={
                "sitting": ((0, 3.2), (0.9, 3.35), (1.2, 2.6), (1.5, 2.0)),
                "lying": ((1.8, 2.2), (2.6, 2.1), (2.7, 1.4)),
                "standing": ((0, 1.1), (0.7, 0.5), (0.9, -0.5)),
            },
            tail_width=(0.4, 0.12),
        ),
    ),
    _paint_head,
)
