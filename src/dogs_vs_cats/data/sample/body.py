"""The body of an animal with four legs, painted part by part from back to front."""

from dataclasses import dataclass

import numpy as np

from dogs_vs_cats.data.sample.breed import Coat, Pose
from dogs_vs_cats.data.sample.canvas import Canvas, Mark
from dogs_vs_cats.data.sample.dice import Dice
from dogs_vs_cats.data.sample.head import INK, SHADOW
from dogs_vs_cats.data.sample.shapes import (
    closed,
    ellipse,
    furry,
    mirrored,
    moved,
    opened,
    stroke,
)

Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Frame:
    """What one species' body has of its own."""

    tails: dict[str, Curve]
    """For each ``Pose.body``: steps away from the body and heights, from root to tip."""
    tail_width: tuple[float, float]
    """At the root and at the tip."""
    girth: float = 1.0
    """Width of the trunk, compared with a cat's."""
    legs: float = 1.0
    """Width of the legs, compared with a cat's."""


def paint_body(canvas: Canvas, coat: Coat, pose: Pose, build: Dice, frame: Frame) -> None:
    """Paint tail, trunk and legs.

    Args:
        canvas: with the background painted.
        coat: colours and pattern.
        pose: how it holds itself.
        build: dice of the aspect ``intraclass_variation``, for the proportions.
        frame: of the species.
    """
    girth, x = frame.girth * build.spread(1.0, 0.82, 1.25), pose.lean
    side = 1 if x >= 0 else -1
    far_legs: list[tuple[float, ...]] = []
    if pose.body == "sitting":
        root, step = x, side * 1.5 * girth
        trunk = closed(mirrored([(0, 0.2), (0.62, 0.5), (0.92 * girth, 1.5), (1.22 * girth, 2.7),
                                 (1.1 * girth, 3.4), (0, 3.5)]))  # fmt: skip
        trunk[:, 0] += x * np.clip(trunk[:, 1] / 2, 0, 1)
        area = (x, 1.9, 1.3 * girth, 1.4, x / 2)
        legs = [(x + at * girth, 1.95, 3.6, 0.36 * frame.legs) for at in (-0.42, 0.42)]
    elif pose.body == "lying":
        root, step = x, float(side)
        trunk = closed(mirrored([(0, 0.2), (0.75, 0.5), (1.5 * girth, 1.0), (1.95 * girth, 1.7),
                                 (1.6 * girth, 2.3), (0, 2.35)]))  # fmt: skip
        trunk = moved(trunk, 0.6 * x, 0)
        area = (x, 1.4, 1.8 * girth, 0.9, x / 3)
        legs = [(at * girth, 1.2, 2.5, 0.4 * frame.legs) for at in (-0.55, 0.55)]
    else:
        root, step = side * 3.1 * girth, float(side)
        far_legs = [(side * at * girth + 0.25, 1.6, 3.9, 0.34 * frame.legs) for at in (0.4, 2.7)]
        above = [(-0.75, 0.6), (0.2, 0.25), (1.6, 0.45), (3.0, 0.5), (3.4, 1.3)]
        below = [(2.7, 2.3), (1.4, 2.15), (0.2, 2.4), (-0.6, 1.7)]
        trunk = closed(np.array(above + below) * (side * girth, 1))
        area = (side * 1.4, 1.4, 2.0 * girth, 0.9, 0)
        legs = [(side * at * girth, 1.5, 4.0, 0.36 * frame.legs) for at in (-0.1, 2.4)]

    tail = [(root + step * along, y) for along, y in frame.tails[pose.body]]
    _paint_tail(canvas, coat, tail, *frame.tail_width)
    for leg in far_legs:
        _paint_leg(canvas, coat, *leg)
    marks = coat.marks(*area) + SHADOW
    canvas.part([furry(trunk, coat.fluff, coat.rng)], coat.base, marks)
    for leg in legs:
        _paint_leg(canvas, coat, *leg)


def _paint_tail(
    canvas: Canvas, coat: Coat, points: list[tuple[float, float]], root: float, tip: float
) -> None:
    outline = furry(stroke(opened(points), root, tip), 0.6 * coat.fluff, coat.rng)
    end = ellipse(*points[-1], tip / 2, tip / 2)
    canvas.part([outline, end], coat.base, [(ellipse(*points[-1], 0.5, 0.5), coat.ears)])


def _paint_leg(
    canvas: Canvas, coat: Coat, at: float, top: float, bottom: float, width: float
) -> None:
    upper = [(0, top), (width, top + 0.2), (0.72 * width, bottom - 0.4)]
    foot = [(0.95 * width, bottom - 0.12), (0.5 * width, bottom), (0, bottom)]
    marks: list[Mark] = []
    if coat.pattern in ("bib", "points"):
        marks = [(ellipse(at, bottom, 1.2 * width, 0.5), (*coat.muzzle, 240))]  # a sock
    elif coat.pattern == "tabby":
        for y in np.arange(top + 0.3, bottom - 0.3, 0.3):
            ring = np.array([(at - width, y), (at, y + 0.08), (at + width, y)])
            marks.append((stroke(ring, 0.1, 0.08), (*coat.second, 220)))
    canvas.part([moved(closed(mirrored(upper + foot)), at, 0)], coat.base, marks)
    for toe in (-0.3, 0.3):
        claw = opened([(at + toe * width, bottom - 0.2), (at + toe * width, bottom - 0.02)], 3)
        canvas.animal(stroke(claw, 0.03, 0.04), (*INK[:3], 130))
