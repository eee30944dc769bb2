from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from dogs_vs_cats.data.reading.augmentation import apply_transforms, view_transforms
from dogs_vs_cats.settings import AugmentationSettings

SIZE = 32


def settings(**changes: Any) -> AugmentationSettings:
    nothing = {
        "rotation": 0.0,
        "width_shift": 0.0,
        "height_shift": 0.0,
        "shear": 0.0,
        "zoom": 0.0,
        "horizontal_flip": False,
        "fill": "nearest",
        "views": 3,
        "seed": 0,
    }
    return AugmentationSettings(**{**nothing, **changes})


def pictures(count: int = 4) -> npt.NDArray[np.uint8]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, size=(count, SIZE, SIZE, 3), dtype=np.uint8)


def view(number: int = 0, count: int = 4, **changes: Any) -> npt.NDArray[np.float32]:
    wanted = settings(**changes)
    transforms = view_transforms(count, SIZE, number, wanted)
    return np.asarray(apply_transforms(pictures(count), transforms, wanted.fill))


def test_without_strength_a_view_is_the_picture() -> None:
    np.testing.assert_allclose(view(), pictures(), atol=1e-3)


def test_a_view_is_float32_of_the_same_shape_and_range() -> None:
    changed = view(rotation=40.0, shear=0.2, zoom=0.2)
    assert changed.dtype == np.float32
    assert changed.shape == pictures().shape
    assert changed.min() >= 0
    assert changed.max() <= 255


@pytest.mark.parametrize(
    "strength",
    [
        {"rotation": 40.0},
        {"width_shift": 0.2},
        {"height_shift": 0.2},
        {"shear": 0.2},
        {"zoom": 0.2},
    ],
)
def test_every_strength_changes_the_picture(strength: dict[str, float]) -> None:
    assert np.abs(view(**strength) - pictures()).mean() > 1


def test_views_differ_and_repeat() -> None:
    first, second = view(0, rotation=40.0), view(1, rotation=40.0)
    assert np.abs(first - second).mean() > 1
    np.testing.assert_array_equal(view(0, rotation=40.0), first)
    assert np.abs(view(0, rotation=40.0, seed=1) - first).mean() > 1


def test_half_of_the_pictures_are_mirrored() -> None:
    flipped = view(count=200, horizontal_flip=True)
    original = pictures(200)
    mirrored = [np.abs(a - b[:, ::-1]).max() < 0.1 for a, b in zip(flipped, original, strict=True)]
    kept = [np.abs(a - b).max() < 0.1 for a, b in zip(flipped, original, strict=True)]
    assert sum(mirrored) + sum(kept) == 200
    assert 60 < sum(mirrored) < 140


def test_a_shift_stays_within_its_bound_and_fills_with_the_nearest() -> None:
    columns = np.zeros((300, SIZE, SIZE, 3), np.float32)
    columns[...] = np.arange(SIZE, dtype=np.float32)[None, None, :, None]
    wanted = settings(width_shift=0.25)
    moved = np.asarray(apply_transforms(columns, view_transforms(300, SIZE, 0, wanted), "nearest"))
    middle = moved[:, SIZE // 2, SIZE // 2, 0] - SIZE // 2
    assert np.abs(middle).max() <= 0.25 * SIZE
    assert np.abs(middle).max() > 0.2 * SIZE
    assert set(moved[:, 0, 0, 0][middle < -1]) == {0.0}  # the left edge goes on to the left


def test_rotation_turns_about_the_centre() -> None:
    dot = np.zeros((50, 33, 33, 3), np.float32)
    dot[:, 15:18, 15:18] = 255
    wanted = settings(rotation=180.0)
    turned = np.asarray(apply_transforms(dot, view_transforms(50, 33, 0, wanted), "nearest"))
    assert turned[:, 16, 16, 0].min() > 250


def test_the_transform_of_a_picture_does_not_depend_on_the_batch() -> None:
    wanted = settings(rotation=40.0, zoom=0.2)
    transforms = view_transforms(4, SIZE, 2, wanted)
    together = np.asarray(apply_transforms(pictures(), transforms, "nearest"))
    alone = np.asarray(apply_transforms(pictures()[2:3], transforms[2:3], "nearest"))
    np.testing.assert_array_equal(together[2:3], alone)
