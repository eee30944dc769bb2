"""The way from the animal to the picture's pixels, and a canvas that paints furry parts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from dogs_vs_cats.data.sample.shapes import Points

Colour = tuple[int, int, int] | tuple[int, int, int, int]
"""Red, green, blue and, where it is not 255, opacity; 0 to 255 each."""
Mark = tuple[Points, Colour]

SUPERSAMPLING = 2
"""Pictures are painted this many times larger and averaged down, which smooths the edges."""


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

    def scene(self, outline: Points, colour: Colour) -> None:
        """Paint a polygon given in scene points; it hides what is behind it."""
        pixels = _flat(self.lens.scene(outline))
        self._draw.polygon(pixels, fill=colour)
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
        size = tuple((high - low).tolist())
        if min(size) < 4:
            return
        mask = Image.new("L", size)
        draw = ImageDraw.Draw(mask)
        for outline in pixels:
            draw.polygon(_flat(outline - low), fill=255)
        coat = Image.new("RGB", size, colour[:3])
        draw = ImageDraw.Draw(coat, "RGBA")
        for outline, mark in marks:
            draw.polygon(_flat(self.lens.animal(outline) - low), fill=mark)
        coat.paste(_shadow(colour), (0, 0), self._shade(mask, depth))
        covered = (*low.tolist(), *high.tolist())
        self.image.paste(coat, covered, mask)
        self.silhouette.paste(255, covered, mask)

    def _shade(self, mask: Image.Image, depth: float) -> Image.Image:
        """Opacity of the shadow inside a part: dark near the edges that the light doesn't reach."""
        step = max(1, min(mask.size) // 24)
        small = mask.reduce(step)
        reach = max(1.0, 0.22 * min(small.size))
        # A frame around the small mask keeps what is moved out on one side from coming in again.
        room = round(2 * reach) + 1
        soft = ImageOps.expand(small, room).filter(ImageFilter.BoxBlur(reach))
        soft = soft.filter(ImageFilter.BoxBlur(reach / 2))
        soft = ImageChops.offset(soft, *(round(part * reach * 0.8) for part in self.light))
        soft = ImageOps.crop(soft, room).point(_falling(depth))
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
