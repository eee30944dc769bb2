"""Coats and poses: what cats and dogs share, drawn from the same distributions for both."""

from dataclasses import dataclass

import numpy as np

from dogs_vs_cats.data.sample.canvas import Colour, Mark, Points, ellipse, opened, stroke
from dogs_vs_cats.data.sample.colours import Tone, mixed, scaled, tone
from dogs_vs_cats.data.sample.settings import Dice, Label

COATS: tuple[Tone, ...] = (
    (206, 150, 92), (92, 88, 88), (232, 222, 204), (150, 104, 66), (52, 48, 50), (172, 168, 164),
    (188, 116, 62), (110, 74, 52), (216, 186, 146), (126, 132, 144),
)  # fmt: skip
PALE: Tone = (242, 234, 222)
EYES: dict[Label, tuple[Tone, ...]] = {
    "cat": ((150, 176, 70), (206, 164, 52), (110, 170, 196), (120, 160, 110), (188, 120, 44)),
    "dog": ((84, 52, 30), (60, 38, 26), (122, 82, 40), (96, 60, 30), (112, 150, 176)),
}
PATTERNS: dict[Label, tuple[str, ...]] = {
    "cat": ("tabby", "solid", "bib", "patches", "points", "tabby"),
    "dog": ("patches", "solid", "bib", "spots", "points", "patches"),
}


@dataclass(frozen=True)
class Coat:
    """Colours and pattern of one animal's fur."""

    base: Tone
    second: Tone
    """Of stripes, spots and patches."""
    muzzle: Tone
    ears: Tone
    pattern: str
    """tabby | patches | spots | bib | points | solid"""
    eye: Tone
    nose: Tone
    fluff: float
    """Length of the tufts, in head radii."""
    rng: np.random.Generator

    def marks(self, x: float, y: float, width: float, height: float, chest: float) -> list[Mark]:
        """The pattern over an area of the body around (``x``, ``y``) with these half sides.

        ``chest`` is where a white bib hangs, from left to right.
        """
        dye: Colour = (*self.second, 225)
        marks: list[Mark] = []
        if self.pattern == "tabby":
            for at in np.arange(y - height, y + height, 0.36):
                for side in (-1, 1):
                    wave = self.rng.uniform(-0.1, 0.1, 3)
                    inner = x + side * width * self.rng.uniform(0.15, 0.45)
                    line = [
                        (x + side * width, at + wave[0]),
                        ((x + side * width + inner) / 2, at + 0.12 + wave[1]),
                    ]
                    curve = opened([*line, (inner, at + 0.16 + wave[2])], 5)
                    marks.append((stroke(curve, 0.2, 0.03), dye))
        elif self.pattern == "patches":
            for _ in range(4):
                marks.append((self.blob(x, y, width, height, 0.45), dye))
        elif self.pattern == "spots":
            for _ in range(22):
                marks.append((self.blob(x, y, width, height, 0.1), dye))
        elif self.pattern == "bib":
            marks.append((ellipse(chest, 1.0, 0.5, 0.85), (*PALE, 245)))
        return marks

    def blob(self, x: float, y: float, width: float, height: float, size: float) -> Points:
        """A patch of uneven outline somewhere in the area."""
        cx, cy = self.rng.uniform(-1, 1, 2) * (width, height)
        a, b = self.rng.uniform(0.6, 1.3, 2) * size
        return ellipse(x + cx, y + cy, a, b, self.rng.uniform(0, 180), 16) * (
            1 + self.rng.normal(0, 0.02, (16, 2))
        )


def draw_coat(label: Label, dice: Dice, rng: np.random.Generator) -> Coat:
    """Choose colours and pattern. Base colours have the same chances in both classes.

    Args:
        label: cat or dog.
        dice: of the aspect ``intraclass_variation``.
        rng: for the animal's own markings, which differ between two of one breed as well.
    """
    jitter = 13 * dice.strength
    base = _jittered(dice.choose(COATS), jitter, dice.rng)
    pattern = dice.choose(PATTERNS[label])
    dark = sum(base) < 330
    contrast = PALE if dark and pattern != "tabby" else scaled(base, 0.52)
    if dark and pattern == "tabby":
        contrast = scaled(base, 1.5) if sum(base) > 200 else scaled(base, 1.9)
    if dice.chance(0.6) and pattern in ("patches", "spots"):
        base, contrast = PALE, _jittered(dice.choose(COATS), jitter, dice.rng)
        if sum(contrast) > 560:
            contrast = scaled(contrast, 0.4)
    muzzle, ears = mixed(base, PALE, 0.45), base
    if pattern == "points":
        muzzle = ears = scaled(base, 0.45) if not dark else mixed(base, (176, 120, 70), 0.7)
    elif pattern == "bib":
        muzzle = PALE
    elif pattern in ("patches", "spots"):
        ears = contrast
    elif dice.chance(0.4):
        muzzle = base
    noses = ((58, 46, 46), (34, 30, 32), (122, 78, 70))
    return Coat(
        base=base,
        second=contrast,
        muzzle=muzzle,
        ears=ears,
        pattern=pattern,
        eye=dice.choose(EYES[label]),
        nose=dice.choose(noses),
        fluff=dice.spread(0.045, 0.0, 0.1),
        rng=rng,
    )


@dataclass(frozen=True)
class Pose:
    """How the animal holds itself."""

    yaw: float
    """Turn of the head to the right, degrees."""
    pitch: float
    """Nod downwards, degrees."""
    roll: float
    """Tilt of the head, degrees."""
    body: str
    """sitting | lying | standing"""
    lean: float
    """Where the body is beside the head, in head radii."""
    mouth: float
    """How far the mouth is open, 0 to 1."""


def draw_pose(dice: Dice) -> Pose:
    """Choose a pose; at strength 0 the animal sits and looks straight at us."""
    return Pose(
        yaw=dice.swing(52),
        pitch=dice.swing(16),
        roll=dice.swing(24),
        body=dice.choose(("sitting", "sitting", "standing", "lying")),
        lean=dice.swing(0.45),
        mouth=dice.spread(0.3, -0.5, 1.0),
    )


class Head:
    """Places points of the head in space and looks at them from the front.

    The head is a ball of radius 1; x to the right, y down, z towards us.
    """

    def __init__(self, pose: Pose) -> None:
        yaw, pitch, roll = np.deg2rad([pose.yaw, pose.pitch, pose.roll])
        self._across = np.array([np.cos(yaw), 0.0, np.sin(yaw)])
        self._down = np.array(
            [-np.sin(yaw) * np.sin(pitch), np.cos(pitch), np.sin(pitch) * np.cos(yaw)]
        )
        self._roll = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])

    def at(self, points: Points, z: float | Points) -> Points:
        """Points of the given depth, as animal points of shape (n, 2)."""
        depth = np.broadcast_to(z, len(points))
        space = np.column_stack([points, depth])
        seen = np.stack([space @ self._across, space @ self._down], axis=1)
        return np.asarray(seen @ self._roll.T)

    def on(self, points: Points, lift: float = 0.9) -> Points:
        """Points on the face, whose depth is that of a ball flattened by ``lift``."""
        z = lift * np.sqrt(np.maximum(0.04, 1 - (points**2).sum(axis=1)))
        return self.at(points, z)

    def round(self, points: Points) -> Points:
        """An outline that stays what it is when the head turns, as a ball's does."""
        return np.asarray(points @ self._roll.T)


def _jittered(colour: Tone, by: float, rng: np.random.Generator) -> Tone:
    return tone(np.array(colour) + by * (rng.normal() + rng.normal(0, 0.25, 3)))
