"""Curves, the way from the animal to the picture's pixels, and a canvas that paints furry parts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

Points = NDArray[np.float64]
"""Shape (n, 2), x to the right and y down."""
Colour = tuple[int, int, int] | tuple[int, int, int, int]
"""Red, green, blue and, where it is not 255, opacity; 0 to 255 each."""
Mark = tuple[Points, Colour]

SUPERSAMPLING = 2
"""Pictures are painted this many times larger and averaged down, which smooths the edges."""


def rotation(degrees: float) -> NDArray[np.float64]:
    """The 2×2 matrix that turns column vectors clockwise (y points down)."""
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def ellipse(
    x: float, y: float, width: float, height: float, degrees: float = 0, n: int = 32
) -> Points:
    """An ellipse around (``x``, ``y``) with the given half axes, as ``n`` points."""
    points = _circle(n) * (width, height)
    return (points @ rotation(degrees).T if degrees else points) + (x, y)


@cache
def _circle(n: int) -> Points:
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def closed(control: ArrayLike, n: int = 8) -> Points:
    """A closed Catmull-Rom curve through the control points, ``n`` points a segment."""
    p = np.asarray(control, float)
    return _catmull_rom(np.roll(p, 1, 0), p, np.roll(p, -1, 0), np.roll(p, -2, 0), n)


def opened(control: ArrayLike, n: int = 8) -> Points:
    """An open Catmull-Rom curve through the control points, ``n`` points a segment."""
    p = np.asarray(control, float)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    curve = _catmull_rom(p[:-3], p[1:-2], p[2:-1], p[3:], n)
    return np.concatenate([curve, p[-2:-1]])


def _catmull_rom(a: Points, b: Points, c: Points, d: Points, n: int) -> Points:
    t = np.linspace(0, 1, n, endpoint=False)[None, :, None]
    a, b, c, d = (points[:, None, :] for points in (a, b, c, d))
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.asarray(curve.reshape(-1, 2))


def moved(points: Points, x: float, y: float) -> Points:
    """The points, ``x`` further to the right and ``y`` further down."""
    return np.add(points, (x, y))


def mirrored(half: ArrayLike) -> Points:
    """Control points of the right half, from top to bottom, completed by those of the left."""
    right = np.asarray(half, float)
    inner = right[np.abs(right[:, 0]) > 1e-9]
    return np.concatenate([right, inner[::-1] * (-1, 1)])


def stroke(line: Points, start: float, end: float) -> Points:
    """The outline of a brush stroke along ``line`` whose width goes from ``start`` to ``end``."""
    along = np.concatenate([line[1:2] - line[:1], line[2:] - line[:-2], line[-1:] - line[-2:-1]])
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, None]
    half = normal * np.linspace(start / 2, end / 2, len(line))[:, None]
    return np.concatenate([line + half, (line - half)[::-1]])


def furry(outline: Points, tuft: float, rng: np.random.Generator) -> Points:
    """The outline with tufts of about ``tuft`` length that lean one way, as fur does."""
    step = np.roll(outline, -1, 0) - outline
    length = np.hypot(step[:, 0], step[:, 1])
    count = int(min(240, max(24, length.sum() / 0.07)))
    where = np.linspace(0, length.sum(), count, endpoint=False)
    along = np.concatenate([[0], np.cumsum(length)])
    ring = np.concatenate([outline, outline[:1]])
    points = np.stack([np.interp(where, along, ring[:, i]) for i in (0, 1)], axis=1)
    tangent = np.roll(points, -1, 0) - np.roll(points, 1, 0)
    tangent /= np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-9)[:, None]
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    out = rng.uniform(0.2, 1, count) * (np.arange(count) % 2)
    return np.asarray(points + tuft * out[:, None] * (normal + 0.5 * tangent))


@dataclass(frozen=True)
class Lens:
    """Maps points of the animal or of the scene to pixels of the painted picture.

    Scene points have their origin in the middle of the picture and the shorter side as unit.
    Animal points have their origin in the middle of the head and the head's radius as unit.
    """

    size: tuple[int, int]
    """Width and height of the canvas in pixels."""
    homography: NDArray[np.float64]
    """3×3, from scene to scene, around the head: the viewpoint."""
    centre: tuple[float, float]
    """Middle of the head, in scene points; it stays where it is from every viewpoint."""
    radius: float
    turn: NDArray[np.float64]
    """2×2: rotation and mirror of the animal."""
    bend: NDArray[np.float64]
    """Rows of a smooth warp: x and y amplitude, x and y frequency, phase."""

    def scene(self, points: Points) -> Points:
        """From scene points to pixels, shape (n, 2)."""
        flat = (points - self.centre) @ self.homography[:, :2].T + self.homography[:, 2]
        unit = flat[:, :2] / np.maximum(flat[:, 2:], 0.2) + self.centre
        return np.asarray(unit * min(self.size) + (self.size[0] / 2, self.size[1] / 2))

    def animal(self, points: Points) -> Points:
        """From animal points to pixels, shape (n, 2)."""
        wave = np.sin(points @ self.bend[:, 2:4].T + self.bend[:, 4]) @ self.bend[:, :2]
        return self.scene((points + wave) @ self.turn.T * self.radius + self.centre)


class Canvas:
    """A picture being painted, with the silhouette of the animal kept beside it."""

    def __init__(self, lens: Lens, light: tuple[float, float]) -> None:
        """Args:
        lens: where things land, and the size.
        light: where light comes from: x and y of a vector of length up to 1.
        """
        self.lens = lens
        self.light = light
        self.image = Image.new("RGB", lens.size)
        self.silhouette = Image.new("L", lens.size)
        self._draw = ImageDraw.Draw(self.image, "RGBA")
        self._erase = ImageDraw.Draw(self.silhouette)
        self._animal_begun = False

    def scene(self, outline: Points, colour: Colour) -> None:
        """Paint a polygon given in scene points; it hides what is behind it."""
        pixels = _flat(self.lens.scene(outline))
        self._draw.polygon(pixels, fill=colour)
        if self._animal_begun:
            self._erase.polygon(pixels, fill=0)

    def animal(self, outline: Points, colour: Colour) -> None:
        """Paint a polygon given in animal points."""
        self._draw.polygon(_flat(self.lens.animal(outline)), fill=colour)

    def soften(self, radius: float) -> None:
        """Blur what is painted so far, by a share of the shorter side."""
        pixels = radius * min(self.lens.size)
        if pixels >= 1:
            # Blurring a smaller copy looks the same and takes a fraction of the time.
            small = self.image.reduce(2).filter(ImageFilter.BoxBlur(pixels / 2))
            self.image.paste(small.resize(self.lens.size, Image.Resampling.BILINEAR))

    def part(
        self,
        outlines: Sequence[Points],
        colour: Colour,
        marks: Iterable[Mark] = (),
        depth: float = 0.6,
    ) -> None:
        """Paint one rounded part of the animal: the union of ``outlines`` in animal points.

        Args:
            outlines: polygons in animal points.
            colour: of the coat.
            marks: polygons with colours, cut off at the part's edge.
            depth: how dark the side away from the light gets, 0 to 1.
        """
        pixels = [self.lens.animal(outline) for outline in outlines]
        everything = np.concatenate(pixels)
        low = np.maximum(np.floor(everything.min(0)).astype(int) - 2, 0)
        high = np.minimum(np.ceil(everything.max(0)).astype(int) + 3, self.lens.size)
        width, height = (int(side) for side in high - low)
        if width < 4 or height < 4:
            return
        mask = Image.new("L", (width, height))
        draw = ImageDraw.Draw(mask)
        for outline in pixels:
            draw.polygon(_flat(outline - low), fill=255)
        coat = Image.new("RGB", (width, height), colour[:3])
        draw = ImageDraw.Draw(coat, "RGBA")
        for outline, mark in marks:
            draw.polygon(_flat(self.lens.animal(outline) - low), fill=mark)
        coat.paste(_shadow(colour), (0, 0), self._shade(mask, depth))
        self._animal_begun = True
        corner = (int(low[0]), int(low[1]))
        self.image.paste(coat, corner, mask)
        self.silhouette.paste(255, (*corner, corner[0] + width, corner[1] + height), mask)

    def _shade(self, mask: Image.Image, depth: float) -> Image.Image:
        """Opacity of the shadow inside a part: dark near the edges that the light doesn't reach."""
        step = max(1, min(mask.size) // 24)
        small = mask.reduce(step)
        reach = max(1.0, 0.22 * min(small.size))
        # A frame around the small mask keeps what is moved out on one side from coming in again.
        room = round(2 * reach) + 1
        wide = Image.new("L", (small.width + 2 * room, small.height + 2 * room))
        wide.paste(small, (room, room))
        soft = wide.filter(ImageFilter.BoxBlur(reach)).filter(ImageFilter.BoxBlur(reach / 2))
        soft = ImageChops.offset(
            soft, round(self.light[0] * reach * 0.8), round(self.light[1] * reach * 0.8)
        )
        soft = soft.crop((room, room, room + small.width, room + small.height))
        soft = soft.point(_falling(depth))
        covered = (0, 0, mask.width / step, mask.height / step)
        return soft.resize(mask.size, Image.Resampling.BILINEAR, box=covered)


@cache
def _falling(depth: float) -> list[int]:
    """The table that turns coverage, 0 to 255, into the opacity of the shadow."""
    return [min(255, round(depth * max(0, 235 - value))) for value in range(256)]


def _shadow(colour: Colour) -> tuple[int, int, int]:
    return (int(colour[0] * 0.35), int(colour[1] * 0.32), int(colour[2] * 0.38) + 6)


def _flat(points: Points) -> list[float]:
    return points.ravel().tolist()
