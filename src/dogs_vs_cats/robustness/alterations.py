"""Six of the lecture's seven difficulties of recognition, done to pictures at three strengths.

(The seventh, intra-class variation, cannot be done to a picture: see
:mod:`dogs_vs_cats.robustness.typicality`.) A picture draws its random numbers once for each
difficulty, the same at every strength, and strength scales what they do. So strengths differ in
size and not in kind, and each one continues the one before it.

A further difficulty is a function here and an entry at the end of :data:`ALTERATIONS`.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates

Difficulty = str
"""A key of :data:`ALTERATIONS`."""
STRENGTHS = (1, 2, 3)

Pictures = npt.NDArray[np.uint8]
"""RGB pictures (pictures, size, size, 3), 0 to 255."""
Picture = npt.NDArray[np.uint8]
"""One RGB picture (size, size, 3), 0 to 255."""
Alteration = Callable[[Picture, int, np.random.Generator, Pictures], Picture]
"""Makes a picture harder to recognise, at a strength, with random numbers and all pictures."""
Floats = npt.NDArray[np.floating]

# What strengths 1, 2 and 3 mean stands above each function. Chosen by eye on photos of 150 pixels,
# so that each is plainly harder than the one before and a person still recognises the animal in
# nearly all at strength 3. Occlusion was made milder after a first measurement: with 20 to 60 %
# covered, all methods came close to chance at strength 3, which tells nothing apart.
# Equal strengths of two difficulties have no common measure: compare methods within a difficulty.


TILT = (
    20.0,
    35.0,
    50.0,
)  # greatest angle between the line of sight and the picture's normal, degrees
ROLL = (15.0, 35.0, 60.0)  # greatest rotation in the picture's plane, degrees


def viewpoint(picture: Picture, strength: int, rng: np.random.Generator, _: Pictures) -> Picture:
    """See the picture as a plane that is turned about an axis in it and about the line of sight.

    A pinhole camera as far from the plane as the picture is wide; what lies outside the picture
    is its mirror image.
    """
    size = len(picture)
    axis, tilt, roll, side = rng.uniform(size=4)
    tilt = np.deg2rad(TILT[strength - 1]) * (0.7 + 0.3 * tilt)
    roll = np.deg2rad(ROLL[strength - 1]) * (0.4 + 0.6 * roll) * (1 if side < 0.5 else -1)
    # Turn the axis of the tilt into x, tilt about x, and turn back with the roll on top.
    rotation = _about_z(2 * np.pi * axis + roll) @ _about_x(tilt) @ _about_z(-2 * np.pi * axis)
    # A point (x, y, 0) of the plane is seen at (X, Y) / (Z + 1), (X, Y, Z) its turned place.
    plane_to_view = rotation.copy()
    plane_to_view[:, 2] = (0, 0, 1)
    y, x = _grid(size)
    seen = np.stack([x, y, np.ones_like(x)]).reshape(3, -1)
    from_x, from_y, depth = np.linalg.inv(plane_to_view) @ seen
    return _sample(picture, from_y / depth, from_x / depth)


SHRINK = (0.7, 0.5, 0.35)  # side of the shrunken picture, as a part of the side
ENLARGE = (1.3, 1.7, 2.2)  # factor by which the picture is enlarged before it is cut


def scale(picture: Picture, strength: int, rng: np.random.Generator, _: Pictures) -> Picture:
    """Show the picture from further away or from nearer by, in equal parts.

    Further: shrunken, off the centre, before its own blurred mirror image, so that no sharp second
    animal appears. Nearer: a part about the centre, enlarged.
    """
    size = len(picture)
    nearer = rng.uniform() < 0.5
    place = rng.uniform(-1, 1, size=2)
    image = Image.fromarray(picture)
    if nearer:
        side = size / ENLARGE[strength - 1]
        left, top = (size - side) / 2 * (1 + 0.35 * place)
        box = (left, top, left + side, top + side)
        return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC, box))
    side = round(size * SHRINK[strength - 1])
    small = np.asarray(image.resize((side, side), Image.Resampling.LANCZOS))
    left, top = np.round((size - side) / 2 * (1 + 0.7 * place)).astype(int)
    margins = ((top, size - side - top), (left, size - side - left), (0, 0))
    mirrored = np.pad(small, margins, mode="symmetric").astype(np.float32)
    result = _to_uint8(gaussian_filter(mirrored, (size / 25, size / 25, 0)))
    result[top : top + side, left : left + side] = small
    return result


WARP = (0.025, 0.045, 0.065)  # root mean square displacement along each axis, as a part of the side


def deformation(picture: Picture, strength: int, rng: np.random.Generator, _: Pictures) -> Picture:
    """Bend the picture by a smooth random displacement (after Simard et al., 2003).

    Bends are about a quarter of the side long: parts of the animal keep their looks and change
    their proportions and places.
    """
    size = len(picture)
    coarse = rng.normal(size=(2, 6, 6)).astype(np.float32)
    smooth = np.stack([_enlarge(field, size) for field in coarse])
    shift = WARP[strength - 1] * smooth / np.sqrt(np.mean(smooth**2))
    y, x = _grid(size)
    return _sample(picture, y + shift[0], x + shift[1])


COVERED = (0.1, 0.25, 0.4)  # part of the picture's area that is covered


def occlusion(picture: Picture, strength: int, rng: np.random.Generator, _: Pictures) -> Picture:
    """Stand bars (as of a fence) or boxes before the picture, in equal parts.

    They cover exactly a share of the area (:data:`COVERED`) and widen with strength.
    """
    size = len(picture)
    y, x = _grid(size)
    bars = rng.uniform() < 0.5
    angle, period, phase, lying = rng.uniform(size=4)
    centres = rng.uniform(-0.5, 0.5, size=(8, 2))
    shapes = rng.uniform(0.6, 1.6, size=(8, 2))
    # Muted, as most surfaces are: a common grey and a smaller part of its own in each channel.
    colours = rng.uniform(50, 205, size=(8, 1)) + rng.uniform(-40, 40, size=(8, 3))
    if bars:
        along = np.deg2rad(60 * angle - 30) + (np.pi / 2 if lying < 0.5 else 0)
        across = (np.cos(along) * x + np.sin(along) * y) / (0.2 + 0.16 * period) + phase
        distance = np.abs(across % 1 - 0.5)
        thing = np.zeros((size, size), int)
    else:
        distances = np.maximum(
            np.abs(y - centres[:, 0, None, None]) / shapes[:, 0, None, None],
            np.abs(x - centres[:, 1, None, None]) / shapes[:, 1, None, None],
        )
        distance, thing = distances.min(axis=0), distances.argmin(axis=0)
    covered = distance <= np.quantile(distance, COVERED[strength - 1])
    # Darker towards the edges: a surface, and not a hole in the picture.
    shade = 1 - 0.5 * distance / distance[covered].max()
    surface = colours[thing] * shade[..., None] + rng.normal(0, 6, size=picture.shape)
    return _to_uint8(np.where(covered[..., None], surface, picture))


EXPOSURE = (1.0, 1.8, 2.6)  # greatest darkening or, at half of it, brightening, in stops
GAMMA = (0.2, 0.35, 0.5)  # log2 of the greatest power, either way, that values are raised to
CAST = (0.3, 0.55, 0.8)  # greatest gain of a colour channel against the others, in stops
SHADOW = (1.0, 1.75, 2.5)  # darkening on the far side of a shadow, in stops
NOISE = (0.02, 0.035, 0.05)  # standard deviation of the noise, as a part of full scale


def illumination(picture: Picture, strength: int, rng: np.random.Generator, _: Pictures) -> Picture:
    """Change exposure, the colour of the light and contrast; add a shadow and sensor noise.

    Light is scaled in linear intensity (sRGB taken as the power 2.2), by factors of 2 (stops).
    Noise is added last, so that a dark picture has little signal for the same noise, as a photo of
    a dark room.
    """
    size = len(picture)
    darker = rng.uniform() < 0.5
    amount, softness = rng.uniform(size=2)
    bend = rng.uniform(-1, 1)
    cast = rng.uniform(-1, 1, size=3)
    direction = rng.uniform(0, 2 * np.pi)
    offset = rng.uniform(-0.2, 0.2)
    noise = rng.normal(size=picture.shape)
    level = strength - 1
    stops = EXPOSURE[level] * (0.7 + 0.3 * amount) * (-1 if darker else 0.5)
    y, x = _grid(size)
    edge = (np.cos(direction) * x + np.sin(direction) * y - offset) / (0.05 + 0.25 * softness)
    shadow = -SHADOW[level] / (1 + np.exp(-edge))
    light = 2 ** (stops + shadow[..., None] + CAST[level] * (cast - cast.mean()))
    linear = (picture / 255) ** 2.2 * light
    values = linear.clip(0, 1) ** (2 ** (GAMMA[level] * bend) / 2.2)
    return _to_uint8(255 * (values + NOISE[level] * noise))


CLUTTER = (8, 16, 24)  # number of patches around the centre
KEPT = (0.45, 0.37, 0.3)  # radius of the centre that is spared, as a part of the side


def background_clutter(
    picture: Picture, strength: int, rng: np.random.Generator, sources: Pictures
) -> Picture:
    """Crowd the surroundings of the centre with patches from the corners of other pictures.

    There are no outlines of the animals, so "background" is a guess: Photographers put animals in
    the middle. The centre stays (a disc of radius :data:`KEPT`), and patches are cut from corners.
    Where an animal reaches further its outer parts are covered, as an occlusion would, and a
    patch may hold some of another animal.
    """
    size = len(picture)
    most = CLUTTER[-1]
    chosen = rng.integers(len(sources), size=most)
    sides = np.round(size * rng.uniform(0.2, 0.36, size=most)).astype(int)
    corners = rng.integers(2, size=(most, 2))
    # Around the centre in equal steps, in random order, on a ring near the border.
    angles = 2 * np.pi * (rng.permutation(most) + rng.uniform(size=most)) / most
    radii = rng.uniform(0.36, 0.58, size=most)
    squareness = rng.uniform(2, 5, size=most)
    y, x = _grid(size)
    result = picture.astype(np.float32)
    for patch in range(CLUTTER[strength - 1]):
        side = sides[patch]
        centre = 0.5 + radii[patch] * np.array([np.sin(angles[patch]), np.cos(angles[patch])])
        top, left = np.clip(np.round(size * centre - side / 2), 0, size - side).astype(int)
        here = np.s_[top : top + side, left : left + side]
        from_top, from_left = corners[patch] * (size - side)
        piece = sources[chosen[patch]][from_top : from_top + side, from_left : from_left + side]
        # A superellipse: from round to nearly square.
        py, px = np.abs(2 * _grid(side)) ** squareness[patch]
        opacity = np.clip((1 - py - px) * side / 8, 0, 1)[..., None]
        result[here] += opacity * (piece - result[here])
    spared = np.clip((KEPT[strength - 1] - np.hypot(y, x)) * 12 + 0.5, 0, 1)[..., None]
    return _to_uint8(spared * picture + (1 - spared) * result)


ALTERATIONS: dict[Difficulty, Alteration] = {
    "viewpoint": viewpoint,
    "scale": scale,
    "deformation": deformation,
    "occlusion": occlusion,
    "illumination": illumination,
    "background_clutter": background_clutter,
}
"""By its place here a difficulty draws its random numbers: what is new comes last."""
DIFFICULTIES = tuple(ALTERATIONS)


def alter(
    pictures: Pictures,
    difficulty: Difficulty,
    strength: int,
    seed: int,
    rows: Sequence[int] | None = None,
) -> Pictures:
    """Make pictures harder to recognise.

    What is done to a row depends on (seed, difficulty, row) and not on which other rows are asked
    for. Background clutter also takes patches from the other pictures.

    Args:
        pictures: uint8 RGB (pictures, size, size, 3); not changed.
        difficulty: what is done; see its function in :data:`ALTERATIONS`.
        strength: 1, 2 or 3; 0 does nothing.
        seed: of the random numbers.
        rows: which pictures to alter; all by default.

    Returns:
        uint8 RGB (rows, size, size, 3).
    """
    rows = range(len(pictures)) if rows is None else rows
    if strength == 0:
        return pictures[list(rows)]
    altered = np.empty((len(rows), *pictures.shape[1:]), np.uint8)
    for result, row in zip(altered, rows, strict=True):
        rng = np.random.default_rng([seed, DIFFICULTIES.index(difficulty), row])
        result[:] = ALTERATIONS[difficulty](pictures[row], strength, rng, pictures)
    return altered


def _grid(size: int) -> Floats:
    """Places of the pixels, (2, size, size): y and x from -0.5 to 0.5, in sides of the picture."""
    places = (np.arange(size) + 0.5) / size - 0.5
    return np.stack(np.meshgrid(places, places, indexing="ij"))


def _sample(picture: Picture, y: Floats, x: Floats) -> Picture:
    """The picture's colours at places in the units of :func:`_grid`, mirrored at its borders."""
    size = len(picture)
    places = np.stack([y, x]).reshape(2, -1) * size + (size - 1) / 2
    channels = [
        map_coordinates(channel, places, np.float32, order=1, mode="reflect")
        for channel in np.moveaxis(picture, -1, 0)
    ]
    return _to_uint8(np.stack(channels, axis=-1).reshape(picture.shape))


def _enlarge(field: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float32]:
    resized = Image.fromarray(field).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(resized)


def _about_x(angle: float) -> Floats:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])


def _about_z(angle: float) -> Floats:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def _to_uint8(values: Floats) -> npt.NDArray[np.uint8]:
    return np.round(values).clip(0, 255).astype(np.uint8)
