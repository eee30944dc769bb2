"""The head: where its points are seen when it turns, and what all animals wear on the face."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dogs_vs_cats.data.sample.breed import Coat, Pose
from dogs_vs_cats.data.sample.canvas import Canvas, Colour, Mark
from dogs_vs_cats.data.sample.shapes import (
    Points,
    closed,
    ellipse,
    furry,
    mirrored,
    opened,
    rotation,
    stroke,
)

INK: Colour = (32, 26, 26, 230)
WHITE: Colour = (250, 250, 246)
SHADOW: list[Mark] = [
    (ellipse(0, 0.8, size, 0.45 * size), (20, 14, 20, 26)) for size in (0.6, 0.75, 0.9)
]
"""That the head throws on the chest, in animal points."""


class Head:
    """Places points of the head in space, looks at them from the front and paints them.

    The head is a ball of radius 1; x to the right, y down, z towards us. Without a depth ``z``,
    points lie on the face, whose depth is that of a slightly flattened ball.
    """

    def __init__(self, canvas: Canvas, coat: Coat, pose: Pose) -> None:
        self.canvas, self.coat, self.pose = canvas, coat, pose
        yaw, pitch = np.deg2rad([pose.yaw, pose.pitch])
        self._across = np.array([np.cos(yaw), 0.0, np.sin(yaw)])
        self._down = np.array(
            [-np.sin(yaw) * np.sin(pitch), np.cos(pitch), np.sin(pitch) * np.cos(yaw)]
        )
        self._roll = rotation(pose.roll)

    def at(self, points: Points, z: float | NDArray[np.float64] | None = None) -> Points:
        """The points as animal points, shape (n, 2); ``z`` is one depth for all or one each."""
        if z is None:
            depth = 0.9 * np.sqrt(np.maximum(0.04, 1 - (points**2).sum(axis=1)))
        else:
            depth = np.broadcast_to(z, len(points))
        space = np.column_stack([points, depth])
        seen = np.stack([space @ self._across, space @ self._down], axis=1)
        return np.asarray(seen @ self._roll.T)

    def furry(self, outline: Points, length: float) -> Points:
        """The outline with tufts of ``length`` times the coat's."""
        return furry(outline, length * self.coat.fluff, self.coat.rng)

    def skull(self, outline: Points, tufts: float, marks: list[Mark]) -> None:
        """Paint what stays as it is when the head turns, as a ball does."""
        seen = self.furry(outline, tufts) @ self._roll.T
        self.canvas.part([seen], self.coat.base, marks)

    def stroke(
        self, control: ArrayLike, start: float, end: float, z: float | None = None, n: int = 4
    ) -> Points:
        """A brush stroke along the curve through ``control``, as animal points."""
        return self.at(stroke(opened(control, n), start, end), z)

    def shape(self, outline: Points, colour: Colour, z: float | None = None) -> None:
        """Paint a polygon."""
        self.canvas.animal(self.at(outline, z), colour)

    def dot(
        self, x: float, y: float, width: float, height: float, colour: Colour,
        z: float | None = None, n: int = 32,
    ) -> None:  # fmt: skip
        """Paint an ellipse with the given half axes."""
        self.shape(ellipse(x, y, width, height, n=n), colour, z)

    def line(
        self, control: ArrayLike, start: float, end: float, colour: Colour,
        z: float | None = None, n: int = 4,
    ) -> None:  # fmt: skip
        """Paint a :meth:`stroke`."""
        self.canvas.animal(self.stroke(control, start, end, z, n), colour)

    def marks(self) -> list[Mark]:
        """The patterns that all animals wear on the face."""
        coat = self.coat
        if coat.pattern == "bib":
            blaze = [(0, -0.95), (0.1, -0.5), (0.16, 0.0), (0.5, 0.45), (0.45, 1.0), (0, 1.1)]
            return [(self.at(closed(mirrored(blaze))), (*coat.muzzle, 250))]
        if coat.pattern == "points":
            mask = [(0, -0.35), (0.4, -0.3), (0.6, 0.1), (0.5, 0.7), (0, 0.95)]
            return [(self.at(closed(mirrored(mask))), (*coat.muzzle, 170))]
        if coat.pattern == "patches":
            blobs = coat.blobs(2, 0, -0.2, 0.8, 0.6, 0.4)
            return [(self.at(blob), (*coat.second, 235)) for blob in blobs]
        return []
