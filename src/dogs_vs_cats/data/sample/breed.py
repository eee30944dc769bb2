"""Coats and poses, drawn from the same distributions for all animals."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from dogs_vs_cats.data.sample.canvas import Colour, Mark
from dogs_vs_cats.data.sample.colours import Tone, mixed, scaled, tone
from dogs_vs_cats.data.sample.dice import Dice
from dogs_vs_cats.data.sample.shapes import Points, ellipse, opened, stroke

COATS: tuple[Tone, ...] = (
    (206, 150, 92), (92, 88, 88), (232, 222, 204), (150, 104, 66), (52, 48, 50), (172, 168, 164),
    (188, 116, 62), (110, 74, 52), (216, 186, 146), (126, 132, 144),
)  # fmt: skip
PALE: Tone = (242, 234, 222)


@dataclass(frozen=True)
class Breeds:
    """Between what the breeds of one species choose; the first is taken at strength 0."""

    patterns: tuple[str, ...]
    """See :class:`Coat`."""
    eyes: tuple[Tone, ...]
    hair: float = 1.0
    """Length of the tufts, compared with a cat's."""


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
    rng: Generator

    def marks(self, x: float, y: float, width: float, height: float, chest: float) -> list[Mark]:
        """The pattern over an area of the body around (``x``, ``y``) with these half sides.

        ``chest`` is where a white bib hangs, from left to right.
        """
        dye: Colour = (*self.second, 225)
        marks: list[Mark] = []
        if self.pattern == "tabby":
            for at in np.arange(y - height, y + height, 0.36):
                for side in (-1, 1):
                    drop = at + np.array([0, 0.12, 0.16]) + self.rng.uniform(-0.1, 0.1, 3)
                    outer = x + side * width
                    inner = x + side * width * self.rng.uniform(0.15, 0.45)
                    across = [outer, (outer + inner) / 2, inner]
                    curve = opened(np.stack([across, drop], axis=1), 5)
                    marks.append((stroke(curve, 0.2, 0.03), dye))
        elif self.pattern in ("patches", "spots"):
            count, size = (4, 0.45) if self.pattern == "patches" else (22, 0.1)
            marks += [(blob, dye) for blob in self.blobs(count, x, y, width, height, size)]
        elif self.pattern == "bib":
            marks.append((ellipse(chest, 1.0, 0.5, 0.85), (*PALE, 245)))
        return marks

    def blobs(
        self, count: int, x: float, y: float, width: float, height: float, size: float
    ) -> list[Points]:
        """Patches of uneven outline somewhere in the area."""
        outlines = []
        for _ in range(count):
            cx, cy = self.rng.uniform(-1, 1, 2) * (width, height)
            a, b = self.rng.uniform(0.6, 1.3, 2) * size
            outline = ellipse(x + cx, y + cy, a, b, self.rng.uniform(0, 180), 16)
            outlines.append(outline * (1 + self.rng.normal(0, 0.02, (16, 2))))
        return outlines


def draw_coat(breeds: Breeds, dice: Dice, rng: Generator) -> Coat:
    """Choose colours and pattern. Base colours have the same chances in all species.

    Args:
        breeds: of the species.
        dice: of the aspect ``intraclass_variation``.
        rng: for the animal's own markings, which differ between two of one breed as well.
    """
    jitter = 13 * dice.strength
    base = _jittered(dice.choose(COATS), jitter, dice.rng)
    pattern = dice.choose(breeds.patterns)
    dark = sum(base) < 330
    contrast = PALE if dark else scaled(base, 0.52)
    if dark and pattern == "tabby":
        contrast = scaled(base, 1.5 if sum(base) > 200 else 1.9)
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
        eye=dice.choose(breeds.eyes),
        nose=dice.choose(noses),
        fluff=breeds.hair * dice.spread(0.045, 0.0, 0.1),
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


def _jittered(colour: Tone, by: float, rng: Generator) -> Tone:
    return tone(np.array(colour) + by * (rng.normal() + rng.normal(0, 0.25, 3)))
