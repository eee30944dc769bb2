"""A cat and a dog, painted part by part from back to front."""

import numpy as np

from dogs_vs_cats.data.sample.breed import Coat, Head, Pose
from dogs_vs_cats.data.sample.canvas import (
    Canvas,
    Colour,
    Mark,
    Points,
    closed,
    ellipse,
    furry,
    mirrored,
    moved,
    opened,
    stroke,
)
from dogs_vs_cats.data.sample.settings import Dice, Label

INK: Colour = (32, 26, 26, 230)
PINK: Colour = (206, 140, 134)
WHITE: Colour = (250, 250, 246)


def paint_animal(canvas: Canvas, label: Label, coat: Coat, pose: Pose, build: Dice) -> None:
    """Paint one animal.

    Args:
        canvas: with the background painted.
        label: cat or dog.
        coat: colours and pattern.
        pose: how it holds itself.
        build: dice of the aspect ``intraclass_variation``, for the proportions.
    """
    _paint_body(canvas, label, coat, pose, build)
    (_paint_cat_head if label == "cat" else _paint_dog_head)(canvas, coat, Head(pose), pose, build)


def _paint_body(canvas: Canvas, label: Label, coat: Coat, pose: Pose, build: Dice) -> None:
    girth = build.spread(1.0, 0.82, 1.25)
    x, rng = pose.lean, coat.rng
    side = 1 if x >= 0 else -1
    tail_width = (0.34, 0.24) if label == "cat" else (0.4, 0.12)

    chin: list[Mark] = [
        (ellipse(0, 0.8, size, 0.45 * size), (20, 14, 20, 26)) for size in (0.6, 0.75, 0.9)
    ]  # the head throws a shadow on the chest

    def tail(points: list[tuple[float, float]]) -> None:
        outline = furry(stroke(opened(points), *tail_width), 0.6 * coat.fluff, rng)
        tip = ellipse(*points[-1], 0.5, 0.5)
        end = ellipse(*points[-1], tail_width[1] / 2, tail_width[1] / 2)
        canvas.part([outline, end], coat.base, [(tip, coat.ears)])

    def leg(at: float, top: float, bottom: float, width: float) -> None:
        upper = [(0, top), (width, top + 0.2), (0.72 * width, bottom - 0.4)]
        foot = [(0.95 * width, bottom - 0.12), (0.5 * width, bottom), (0, bottom)]
        outline = moved(closed(mirrored(upper + foot)), at, 0)
        paw: list[Mark] = []
        if coat.pattern in ("bib", "points"):
            sock = ellipse(at, bottom, 1.2 * width, 0.5)
            paw.append((sock, (*coat.muzzle, 240)))
        elif coat.pattern == "tabby":
            for y in np.arange(top + 0.3, bottom - 0.3, 0.3):
                ring = np.array([(at - width, y), (at, y + 0.08), (at + width, y)])
                paw.append((stroke(ring, 0.1, 0.08), (*coat.second, 220)))
        canvas.part([outline], coat.base, paw)
        for toe in (-0.3, 0.3):
            claw = opened([(at + toe * width, bottom - 0.2), (at + toe * width, bottom - 0.02)], 3)
            canvas.animal(stroke(claw, 0.03, 0.04), (*INK[:3], 130))

    if pose.body == "sitting":
        reach = side * 1.5 * girth
        curl = [(x, 3.2), (x + reach * 0.9, 3.35), (x + reach * 1.2, 2.6)]
        tail([*curl, (x + reach * 1.1, 1.9)] if label == "cat" else [*curl, (x + reach * 1.5, 2.0)])
        outline = closed(mirrored([(0, 0.2), (0.62, 0.5), (0.92 * girth, 1.5), (1.22 * girth, 2.7),
                                   (1.1 * girth, 3.4), (0, 3.5)]))  # fmt: skip
        outline[:, 0] += x * np.clip(outline[:, 1] / 2, 0, 1)
        marks = coat.marks(x, 1.9, 1.3 * girth, 1.4, x / 2)
        canvas.part([furry(outline, coat.fluff, rng)], coat.base, marks + chin)
        for at in (-0.42, 0.42):
            leg(x + at * girth, 1.95, 3.6, 0.36)
    elif pose.body == "lying":
        tail([(x + side * 1.8, 2.2), (x + side * 2.6, 2.1), (x + side * 2.7, 1.4)])
        outline = closed(mirrored([(0, 0.2), (0.75, 0.5), (1.5 * girth, 1.0), (1.95 * girth, 1.7),
                                   (1.6 * girth, 2.3), (0, 2.35)]))  # fmt: skip
        outline = moved(outline, 0.6 * x, 0)
        marks = coat.marks(x, 1.4, 1.8 * girth, 0.9, x / 3)
        canvas.part([furry(outline, coat.fluff, rng)], coat.base, marks + chin)
        for at in (-0.55, 0.55):
            leg(at * girth, 1.2, 2.5, 0.4)
    else:
        back = side * 3.1 * girth
        rise = [(back, 1.1), (back + side * 0.7, 0.5), (back + side * 0.9, -0.5)]
        tail([*rise, (back + side * 0.5, -1.1)] if label == "cat" else rise)
        for at in (0.4, 2.7):
            leg(side * at * girth + 0.25, 1.6, 3.9, 0.34)
        above = [(-0.75, 0.6), (0.2, 0.25), (1.6, 0.45), (3.0, 0.5), (3.4, 1.3)]
        below = [(2.7, 2.3), (1.4, 2.15), (0.2, 2.4), (-0.6, 1.7)]
        across = np.array(above + below) * (side * girth, 1)
        marks = coat.marks(side * 1.4, 1.4, 2.0 * girth, 0.9, 0)
        canvas.part([furry(closed(across), coat.fluff, rng)], coat.base, marks + chin)
        for at in (-0.1, 2.4):
            leg(side * at * girth, 1.5, 4.0, 0.36)


def _paint_cat_head(canvas: Canvas, coat: Coat, head: Head, pose: Pose, build: Dice) -> None:
    rng = coat.rng
    wide, cheeks = build.spread(1.0, 0.92, 1.1), build.spread(0.0, -0.06, 0.14)
    height, spread = build.spread(1.55, 1.35, 1.8), build.spread(0.0, -0.08, 0.12)
    for side in (-1, 1):
        tip = (side * (0.78 + spread), -height)
        inner, outer = (side * 0.12, -0.7), (side * 0.98, -0.15)
        ear = _triangle(inner, tip, outer, 0.1)
        canvas.part([head.at(furry(ear, 0.4 * coat.fluff, rng), 0.0)], coat.ears, depth=0.4)
        middle = np.array([side * 0.66, -0.55])
        inside = (ear - middle) * (0.62, 0.74) + middle
        canvas.animal(head.at(inside, 0.1), PINK if sum(coat.ears) > 250 else (140, 96, 96))
        for k in range(4):  # hair that grows into the ear
            root = (side * (0.3 + 0.05 * k), -0.66)
            hair = opened([root, (side * (0.5 + 0.08 * k), -0.95 - 0.04 * k)], 3)
            canvas.animal(head.at(stroke(hair, 0.09, 0.01), 0.12), (*coat.muzzle, 200))
    skull = mirrored([(0, -0.84), (0.48, -0.8), (0.88, -0.42), (1.02, 0.1), (0.98 + cheeks, 0.44),
                      (0.56, 0.76), (0, 0.86)]) * (wide, 1)  # fmt: skip
    marks = _face_marks(coat, head)
    if coat.pattern == "tabby":
        tone: Colour = (*coat.second, 230)
        for x in (-0.36, -0.18, 0.0, 0.18, 0.36):  # the M on the forehead
            line = opened([(1.5 * x, -0.98), (x, -0.6), (0.75 * x, -0.36)], 5)
            marks.append((head.on(stroke(line, 0.13, 0.04)), tone))
        for side in (-1, 1):
            for y in (0.08, 0.32, 0.52):
                line = opened([(side * 1.05, y - 0.1), (side * 0.75, y), (side * 0.5, y - 0.03)], 5)
                marks.append((head.on(stroke(line, 0.13, 0.03)), tone))
    canvas.part([head.round(furry(closed(skull), 1.2 * coat.fluff, rng))], coat.base, marks)

    size, apart = build.spread(0.25, 0.2, 0.3), build.spread(0.43, 0.38, 0.48)
    slit = build.spread(0.28, 0.12, 0.55)
    for side in (-1, 1):
        almond = np.array(
            [(-1.02, 0.2), (-0.5, -0.5), (0.2, -0.74), (1.08, -0.3), (0.72, 0.36), (0, 0.62)]
        )
        eye = closed(almond * size * (side, 1), 5)
        shape, around = (moved(eye * by, side * apart, -0.08) for by in (1, 1.22))
        canvas.animal(head.on(around), INK)
        canvas.animal(head.on(shape), coat.eye)
        x = side * apart
        pupil = closed([(x, -0.08 - 0.95 * size * 0.62), (x + slit * size, -0.08),
                        (x, -0.08 + 0.95 * size * 0.6), (x - slit * size, -0.08)], 5)  # fmt: skip
        canvas.animal(head.on(pupil), (14, 12, 14))
        canvas.animal(head.on(ellipse(x - 0.07, -0.15, 0.05, 0.05, n=10)), WHITE)

    pads = [
        head.at(furry(ellipse(s * 0.19, 0.43, 0.26, 0.2), 0.3 * coat.fluff, rng), 0.98)
        for s in (-1, 1)
    ]
    chin = head.at(ellipse(0, 0.64, 0.2, 0.14), 0.86)
    canvas.part([chin], coat.muzzle, depth=0.5)
    if pose.mouth > 0.75:
        canvas.animal(head.at(ellipse(0, 0.57, 0.12, 0.1), 0.92), (140, 60, 64))
    canvas.part(pads, coat.muzzle, depth=0.3)
    nose = closed(
        [(-0.13, 0.24), (0, 0.22), (0.13, 0.24), (0.06, 0.33), (0, 0.37), (-0.06, 0.33)], 4
    )
    canvas.animal(head.at(nose, 1.05), PINK if coat.nose[0] != 34 else coat.nose)
    for side in (-1, 1):
        smile = opened([(0, 0.36), (0, 0.46), (side * 0.12, 0.55), (side * 0.28, 0.5)], 4)
        canvas.animal(head.at(stroke(smile, 0.03, 0.03), 1.02), INK)
        for k, dot in enumerate(((0.16, 0.4), (0.24, 0.45), (0.2, 0.5))):
            canvas.animal(head.at(ellipse(side * dot[0], dot[1], 0.018, 0.018, n=8), 1.02), INK)
            end = (side * rng.uniform(1.35, 1.65), 0.22 + 0.24 * k + rng.uniform(-0.08, 0.08))
            bow = (side * 0.75, 0.33 + 0.14 * k)
            whisker = opened([(side * dot[0], dot[1]), bow, end], 6)
            canvas.animal(head.at(stroke(whisker, 0.035, 0.012), 0.95), (252, 250, 244, 235))
        brow = opened([(side * 0.42, -0.36), (side * 0.5, -0.66), (side * 0.64, -0.86)], 4)
        canvas.animal(head.at(stroke(brow, 0.02, 0.01), 0.85), (252, 250, 244, 180))


def _paint_dog_head(canvas: Canvas, coat: Coat, head: Head, pose: Pose, build: Dice) -> None:
    rng = coat.rng
    ears = build.choose(("hanging", "drop", "long", "half-erect", "hanging", "small"))
    wide, length = build.spread(0.9, 0.8, 1.0), build.spread(1.0, 0.75, 1.3)
    ear_length = build.spread(1.0, 0.85, 1.2)
    # When the head turns, one ear goes behind it; seen from the front, both hang before it.
    behind = 0 if abs(pose.yaw) < 10 else int(np.sign(pose.yaw))
    if ears == "half-erect":
        _paint_half_erect_ears(canvas, coat, head)
    elif behind:
        _paint_hanging_ear(canvas, coat, head, ears, behind * wide / 0.9, ear_length)
    skull = mirrored([(0, -0.88), (0.5, -0.82), (0.88, -0.46), (0.95, 0.0), (0.85, 0.42),
                      (0.58, 0.8), (0, 0.95)]) * (wide, 1)  # fmt: skip
    marks = _face_marks(coat, head)
    if coat.pattern == "patches":
        side = 1 if rng.random() < 0.5 else -1
        marks.append((head.on(ellipse(side * 0.38, -0.2, 0.36, 0.42)), (*coat.second, 245)))
    elif coat.pattern == "spots":
        marks += [
            (head.on(coat.blob(0, -0.3, 0.8, 0.6, 0.09)), (*coat.second, 230)) for _ in range(9)
        ]
    canvas.part([head.round(furry(closed(skull), 0.9 * coat.fluff, rng))], coat.base, marks)

    size, apart = build.spread(0.16, 0.13, 0.2), build.spread(0.38, 0.34, 0.44)
    for side in (-1, 1):
        x, y = side * apart, -0.2
        canvas.animal(head.on(ellipse(x, y, 1.2 * size, 1.15 * size)), INK)
        canvas.animal(head.on(ellipse(x, y, size, size)), coat.eye)
        canvas.animal(head.on(ellipse(x, y, 0.55 * size, 0.55 * size)), (14, 10, 10))
        canvas.animal(head.on(ellipse(x - 0.05, y - 0.06, 0.045, 0.045, n=10)), WHITE)
        brow = opened([(side * 0.2, -0.42), (side * 0.4, -0.5), (side * 0.58, -0.4)], 4)
        canvas.animal(head.on(stroke(brow, 0.03, 0.07)), (*INK[:3], 60))

    # The muzzle reaches out of the face: ellipses from the stop between the eyes to the tip.
    reach = np.linspace(0, 1, 5)
    tube = [
        head.at(ellipse(0, 0.3 + 0.12 * t, 0.5 - 0.1 * t, 0.42 - 0.1 * t), 0.6 + length * t)
        for t in reach
    ]
    jaw = [
        head.at(
            ellipse(0, 0.66 + 0.08 * t, 0.38 - 0.1 * t, 0.24 - 0.06 * t), 0.55 + 0.8 * length * t
        )
        for t in reach
    ]
    tip = 0.6 + length
    drop = 0.16 * max(0.0, pose.mouth)
    canvas.part([moved(part, 0, drop) for part in jaw], _darker(coat.muzzle), depth=0.6)
    if pose.mouth > 0.15:
        canvas.animal(
            head.at(ellipse(0, 0.68 + drop / 2, 0.28, 0.14 + drop / 2), tip - 0.2), (92, 34, 40)
        )
    if pose.mouth > 0.35:
        long = 0.3 + 0.4 * pose.mouth
        tongue = mirrored(
            [(0, 0.66), (0.17, 0.7), (0.2, 0.72 + 0.6 * long), (0.1, 0.72 + long), (0, 0.74 + long)]
        )
        canvas.part([head.at(closed(tongue), tip - 0.15)], (222, 112, 118), depth=0.35)
        line = opened([(0, 0.74), (0, 0.7 + 0.8 * long)], 3)
        canvas.animal(head.at(stroke(line, 0.03, 0.02), tip - 0.14), (168, 70, 82, 200))
    blaze: list[Mark] = []
    if coat.pattern == "spots":
        blaze = [(head.at(coat.blob(0, 0.45, 0.35, 0.3, 0.05), tip - 0.2), (*coat.second, 220))
                 for _ in range(5)]  # fmt: skip
    canvas.part(tube, coat.muzzle, blaze, depth=0.55)
    for side in (-1, 1):
        lip = opened([(0, 0.5), (0, 0.64), (side * 0.2, 0.74), (side * 0.36, 0.66)], 4)
        canvas.animal(head.at(stroke(lip, 0.045, 0.03), tip - 0.03), INK)
        for dot in ((0.16, 0.52), (0.24, 0.56), (0.2, 0.62)):
            canvas.animal(
                head.at(ellipse(side * dot[0], dot[1], 0.017, 0.017, n=8), tip), (*INK[:3], 150)
            )
    nose = closed(mirrored([(0, 0.12), (0.2, 0.14), (0.26, 0.27), (0.12, 0.42), (0, 0.46)]), 5)
    canvas.part([head.at(nose * build.spread(1.0, 0.85, 1.15), tip + 0.08)], coat.nose, depth=0.4)
    canvas.animal(head.at(ellipse(-0.06, 0.2, 0.09, 0.035), tip + 0.12), (255, 255, 255, 110))
    for side in (-1, 1):
        canvas.animal(head.at(ellipse(side * 0.11, 0.32, 0.05, 0.035, n=10), tip + 0.1), (8, 6, 6))
    if ears != "half-erect":
        for side in (s for s in (-1, 1) if s != behind):
            _paint_hanging_ear(canvas, coat, head, ears, side * wide / 0.9, ear_length)


def _paint_half_erect_ears(canvas: Canvas, coat: Coat, head: Head) -> None:
    for side in (-1, 1):
        turn = np.array([side, 1.0])
        stand = closed(
            np.array([(0.2, -0.72), (0.5, -1.2), (0.95, -1.3), (1.05, -0.9), (0.9, -0.3)]) * turn
        )
        canvas.part([head.at(furry(stand, 0.5 * coat.fluff, coat.rng), 0.0)], coat.ears)
        flap = closed(
            np.array([(0.46, -1.2), (0.92, -1.36), (1.3, -1.02), (1.4, -0.62), (1.05, -0.85)])
            * turn
        )
        canvas.part([head.at(flap, 0.15)], _darker(coat.ears), depth=0.5)


def _paint_hanging_ear(
    canvas: Canvas, coat: Coat, head: Head, kind: str, side: float, length: float
) -> None:
    shapes = {
        "hanging": [(0.42, -0.84), (0.85, -0.78), (1.2, -0.2), (1.26, 0.4), (1.02, 0.78),
                    (0.8, 0.4), (0.72, -0.2)],
        "drop": [(0.36, -0.9), (0.85, -0.9), (1.22, -0.5), (1.2, 0.05), (1.0, 0.28),
                 (0.75, -0.1), (0.56, -0.5)],
        "long": [(0.5, -0.7), (0.9, -0.6), (1.25, 0.1), (1.4, 0.9), (1.12, 1.4),
                 (0.84, 0.9), (0.76, 0.0)],
        "small": [(0.5, -0.92), (0.88, -0.98), (1.2, -0.7), (1.22, -0.35), (0.98, -0.2),
                  (0.78, -0.42), (0.6, -0.7)],
    }  # fmt: skip
    root = np.array(shapes[kind][0])
    shape = (np.array(shapes[kind]) - root) * (1, length) + root
    outline = furry(closed(shape * (side, 1)), 0.7 * coat.fluff, coat.rng)
    canvas.part([head.at(outline, 0.2)], _darker(coat.ears), depth=0.65)


def _face_marks(coat: Coat, head: Head) -> list[Mark]:
    """The patterns that both animals wear on the face."""
    if coat.pattern == "bib":
        blaze = closed(
            mirrored([(0, -0.95), (0.1, -0.5), (0.16, 0.0), (0.5, 0.45), (0.45, 1.0), (0, 1.1)])
        )
        return [(head.on(blaze), (*coat.muzzle, 250))]
    if coat.pattern == "points":
        mask = closed(mirrored([(0, -0.35), (0.4, -0.3), (0.6, 0.1), (0.5, 0.7), (0, 0.95)]))
        return [(head.on(mask), (*coat.muzzle, 170))]
    if coat.pattern == "patches":
        return [(head.on(coat.blob(0, -0.2, 0.8, 0.6, 0.4)), (*coat.second, 235)) for _ in range(2)]
    return []


def _triangle(
    inner: tuple[float, float], tip: tuple[float, float], outer: tuple[float, float], bow: float
) -> Points:
    """A pointed ear: two sides that bow outwards and meet in a sharp tip."""
    t = np.linspace(0, 1, 9)[:, None]
    a, b, c = np.array(inner), np.array(tip), np.array(outer)

    def side(start: Points, end: Points, out: float) -> Points:
        middle = (start + end) / 2 + np.array([(end - start)[1], -(end - start)[0]]) * out
        return np.asarray((1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end)

    turn = 1 if outer[0] > 0 else -1
    return np.concatenate([side(a, b, bow * turn), side(b, c, bow * turn)[1:]])


def _darker(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    return (int(colour[0] * 0.86), int(colour[1] * 0.85), int(colour[2] * 0.85))
