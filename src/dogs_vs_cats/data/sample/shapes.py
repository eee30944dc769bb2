"""Outlines and curves as arrays of points."""

from functools import cache

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
"""Shape (n, 2), x to the right and y down."""


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


def furry(outline: Points, tuft: float, rng: Generator) -> Points:
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


def box(left: float, top: float, right: float, bottom: float) -> Points:
    """A rectangle."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], float)


def rounded(left: float, top: float, right: float, bottom: float) -> Points:
    """A rectangle with rounded corners."""
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False) + 0.01
    x, y = (np.sign(f) * np.abs(f) ** 0.35 for f in (np.cos(angle), np.sin(angle)))
    corners = np.stack([x * (right - left) / 2, y * (bottom - top) / 2], axis=1)
    return moved(corners, (left + right) / 2, (top + bottom) / 2)


def blade(x: float, y: float, height: float, rng: Generator) -> Points:
    """A blade of grass that grows from (``x``, ``y``)."""
    lean, width = height * rng.uniform(-0.4, 0.4), 0.008 + 0.03 * height
    bow, middle = x + lean / 4, y - height * 0.6
    return np.array([(x - width, y), (bow - width / 2, middle), (x + lean, y - height),
                     (bow + width / 2, middle), (x + width, y)])  # fmt: skip


def leaf(x: float, y: float, length: float, degrees: float) -> Points:
    """A pointed leaf that grows from (``x``, ``y``); upwards at 0 degrees."""
    half = [(0, 0), (0.2, -0.35), (0.16, -0.75), (0, -1)]
    shape = np.array(half + [(-a, b) for a, b in half[2:0:-1]]) * length
    return moved(shape @ rotation(degrees).T, x, y)
