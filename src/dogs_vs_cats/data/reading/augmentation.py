"""Seeded augmentation: view ``v`` of picture ``i`` is the same picture wherever it is made.

The random numbers come from NumPy and depend on (seed, view, picture) alone, so a view does not
change with batch order, batch size, number of threads or device.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.settings import AugmentationSettings


def view_transforms(
    count: int, size: int, view: int, settings: AugmentationSettings
) -> npt.NDArray[np.float32]:
    """The projective transforms that make one view of each of ``count`` pictures.

    Returns:
        float32 of shape (count, 8), as ``ImageProjectiveTransformV3`` takes them: row
        (a0, a1, a2, b0, b1, b2, c0, c1) maps the output pixel (x, y) to the input pixel
        (a0 x + a1 y + a2, b0 x + b1 y + b2).
    """
    draw = np.random.default_rng([settings.seed, view]).uniform(-1, 1, size=(count, 7))
    angle = np.deg2rad(settings.rotation) * draw[:, 0]
    identity = np.broadcast_to(np.eye(3), (count, 3, 3))
    rotation, shift, shear, zoom = (identity.copy() for _ in range(4))
    rotation[:, 0, 0] = rotation[:, 1, 1] = np.cos(angle)
    rotation[:, 1, 0] = np.sin(angle)
    rotation[:, 0, 1] = -rotation[:, 1, 0]
    shift[:, 0, 2] = settings.width_shift * size * draw[:, 1]
    shift[:, 1, 2] = settings.height_shift * size * draw[:, 2]
    shear[:, 0, 1] = settings.shear * draw[:, 3]
    flip = np.where(settings.horizontal_flip & (draw[:, 6] < 0), -1.0, 1.0)
    zoom[:, 0, 0] = (1 + settings.zoom * draw[:, 4]) * flip
    zoom[:, 1, 1] = 1 + settings.zoom * draw[:, 5]
    to_centre, from_centre = np.eye(3), np.eye(3)
    from_centre[:2, 2] = (size - 1) / 2
    to_centre[:2, 2] = -(size - 1) / 2
    matrix = from_centre @ rotation @ shift @ shear @ zoom @ to_centre
    return matrix.reshape(count, 9)[:, :8].astype(np.float32)


def apply_transforms(pictures: Any, transforms: Any, fill: str) -> Any:
    """Move pictures by the transforms of :func:`view_transforms`, with bilinear interpolation.

    Args:
        pictures: tensor (batch, height, width, channels), any number type, 0 to 255.
        transforms: float32 tensor (batch, 8).
        fill: one of the names that :class:`AugmentationSettings` allows.

    Returns:
        float32 tensor of the shape of ``pictures``.
    """
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(pictures, tf.float32),
        transforms=transforms,
        output_shape=tf.shape(pictures)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode=fill.upper(),
    )
