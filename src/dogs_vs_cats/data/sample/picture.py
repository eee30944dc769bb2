"""One drawn picture, from its species and number to pixels."""

import numpy as np
from PIL import Image

from dogs_vs_cats.data.sample.breed import draw_coat, draw_pose
from dogs_vs_cats.data.sample.canvas import SUPERSAMPLING, Canvas, Lens
from dogs_vs_cats.data.sample.cat import CAT
from dogs_vs_cats.data.sample.dice import ASPECTS, SPECIES, Dice, stream
from dogs_vs_cats.data.sample.dog import DOG
from dogs_vs_cats.data.sample.elephant import ELEPHANT
from dogs_vs_cats.data.sample.head import Head
from dogs_vs_cats.data.sample.light import add_fur, illuminate
from dogs_vs_cats.data.sample.occlusion import paint_occluders
from dogs_vs_cats.data.sample.owl import OWL
from dogs_vs_cats.data.sample.pig import PIG
from dogs_vs_cats.data.sample.rabbit import RABBIT
from dogs_vs_cats.data.sample.scene import paint_background
from dogs_vs_cats.data.sample.shapes import rotation
from dogs_vs_cats.settings import SampleSettings

ANIMALS = dict(zip(SPECIES, (CAT, DOG, RABBIT, ELEPHANT, OWL, PIG), strict=True))

SIDES = (180, 420)
"""Bounds of a picture's sides in pixels, within those of the competition's pictures."""
STANDARD = (320, 300)
"""Width and height at scale 0."""


def draw_picture(species: str, number: int, settings: SampleSettings) -> Image.Image:
    """Draw one picture.

    Args:
        species: one of ``SPECIES``.
        number: 0 or more. The picture depends on seed, species, number and strengths alone.
        settings: seed and strengths; ``pictures_per_class`` is not looked at.

    Returns:
        An RGB picture with sides of 180 to 420 pixels.
    """
    animal = ANIMALS[species]
    dice = {aspect: Dice(settings, species, number, aspect) for aspect in ASPECTS}
    lighting = dice["illumination"]
    angle = np.deg2rad(-60 + lighting.swing(110))
    light = (-float(np.cos(angle)), float(np.sin(angle)))
    if lighting.rng.random() < 0.5 * min(1, 2 * lighting.strength):
        light = (-light[0], light[1])
    lens = _lens(dice["scale"], dice["viewpoint"], dice["deformation"])
    canvas = Canvas(lens, light)
    ground = min(0.4, lens.centre[1] + 1.7 * lens.radius)
    paint_background(canvas, dice["background_clutter"], ground)
    breed = dice["intraclass_variation"]
    details = stream(settings, species, number, len(ASPECTS))
    coat, pose = draw_coat(animal.breeds, breed, details), draw_pose(dice["deformation"])
    animal.paint_body(canvas, coat, pose, breed)
    animal.paint_head(Head(canvas, coat, pose), breed)
    paint_occluders(canvas, dice["occlusion"], lens.centre, lens.radius)

    pixels = np.asarray(canvas.image.reduce(SUPERSAMPLING), dtype=np.float32)
    silhouette = np.asarray(canvas.silhouette.reduce(SUPERSAMPLING), dtype=np.float32) / 255
    pixels = illuminate(add_fur(pixels, silhouette, details), lighting, light)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _lens(scale: Dice, viewpoint: Dice, deformation: Dice) -> Lens:
    varied = min(1.0, 2 * scale.strength)
    sides = scale.rng.uniform(*SIDES, 2)
    width, height = (round(s + varied * (d - s)) for s, d in zip(STANDARD, sides, strict=True))
    short = min(width, height)
    radius = scale.spread(0.23, 0.11, 0.3)
    room = (0.5 * width / short - 0.8 * radius, 0.5 * height / short - 0.9 * radius)
    centre = (scale.swing(room[0]), scale.spread(-0.1, -room[1], room[1]))
    mirror = 1.0 if scale.rng.random() < 0.5 or scale.strength == 0 else -1.0

    homography = np.eye(3)
    turn = rotation(viewpoint.swing(28))
    across = viewpoint.spread(1, 0.8, 1.2), viewpoint.swing(0.25)
    down = viewpoint.swing(0.12), viewpoint.spread(1, 0.8, 1.2)
    homography[:2, :2] = turn @ np.array([across, down])
    homography[2, :2] = viewpoint.swing(0.5), viewpoint.swing(0.5)
    amplitude = deformation.strength * deformation.rng.uniform(-0.1, 0.1, (3, 2))
    frequency = deformation.rng.uniform(-2.2, 2.2, (3, 2))
    phase = deformation.rng.uniform(0, 2 * np.pi, 3)
    return Lens(
        size=(width * SUPERSAMPLING, height * SUPERSAMPLING),
        homography=homography,
        centre=centre,
        radius=radius,
        turn=np.diag([mirror, 1.0]),
        bend=np.column_stack([amplitude, frequency, phase]),
    )
