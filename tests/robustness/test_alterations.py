import itertools

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from dogs_vs_cats.robustness import alterations
from dogs_vs_cats.robustness.alterations import DIFFICULTIES, STRENGTHS, Difficulty, alter

every_difficulty = pytest.mark.parametrize("difficulty", DIFFICULTIES)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    """Twelve smooth coloured pictures, all different, with values far from 0 and 255."""
    noise = np.random.default_rng(0).normal(size=(12, 60, 60, 3))
    smooth = gaussian_filter(noise, (0, 3, 3, 0))
    return np.round(128 + 30 * smooth / smooth.std()).clip(60, 200).astype(np.uint8)


def change(pictures: np.ndarray, difficulty: Difficulty, strength: int) -> float:
    """Mean change of a pixel's value."""
    altered = alter(pictures, difficulty, strength, seed=0)
    return float(np.abs(altered.astype(int) - pictures).mean())


@every_difficulty
def test_each_strength_changes_pictures_more_than_the_one_before(
    pictures: np.ndarray, difficulty: Difficulty
) -> None:
    changes = [change(pictures, difficulty, strength) for strength in (0, *STRENGTHS)]
    assert changes[0] == 0
    assert np.all(np.diff(changes) > 0.2), changes


@every_difficulty
def test_an_alteration_follows_from_the_seed_and_the_row_alone(
    pictures: np.ndarray, difficulty: Difficulty
) -> None:
    together = alter(pictures, difficulty, 2, seed=3)
    assert (together.shape, together.dtype) == (pictures.shape, np.uint8)
    np.testing.assert_array_equal(alter(pictures, difficulty, 2, 3, rows=[7, 2]), together[[7, 2]])
    assert not np.array_equal(alter(pictures, difficulty, 2, seed=4), together)


@every_difficulty
def test_equal_pictures_in_two_rows_are_altered_differently(
    pictures: np.ndarray, difficulty: Difficulty
) -> None:
    pictures = pictures.copy()
    pictures[1] = pictures[0]
    first, second = alter(pictures, difficulty, 3, seed=0, rows=[0, 1])
    assert not np.array_equal(first, second)


@every_difficulty
def test_the_given_pictures_are_not_changed(pictures: np.ndarray, difficulty: Difficulty) -> None:
    before = pictures.copy()
    alter(pictures, difficulty, 3, seed=0)
    np.testing.assert_array_equal(pictures, before)


@pytest.mark.parametrize("difficulty", ["viewpoint", "scale", "deformation"])
def test_moving_pixels_makes_no_new_colours(difficulty: Difficulty) -> None:
    plain = np.full((6, 50, 50, 3), (40, 120, 200), np.uint8)
    altered = alter(plain, difficulty, 3, seed=0)
    np.testing.assert_allclose(altered.astype(int), plain, atol=1)


@pytest.mark.parametrize("strength", STRENGTHS)
def test_occlusion_covers_the_share_that_it_names(strength: int) -> None:
    white = np.full((10, 100, 100, 3), 255, np.uint8)
    covered = (alter(white, "occlusion", strength, seed=0) != 255).any(axis=-1).mean(axis=(1, 2))
    np.testing.assert_allclose(covered, alterations.COVERED[strength - 1], atol=0.02)


def test_what_was_covered_stays_covered_at_the_next_strength() -> None:
    white = np.full((10, 100, 100, 3), 255, np.uint8)
    covers = [
        (alter(white, "occlusion", strength, seed=0) != 255).any(axis=-1) for strength in STRENGTHS
    ]
    for milder, harder in itertools.pairwise(covers):
        assert not (milder & ~harder).any()


def test_clutter_spares_the_centre_and_takes_from_other_pictures() -> None:
    pictures = np.zeros((20, 100, 100, 3), np.uint8)
    pictures[1:] = 200
    cluttered = alter(pictures, "background_clutter", 3, seed=0, rows=[0])[0]
    y, x = np.mgrid[:100, :100] / 100 - 0.495
    centre = np.hypot(y, x) < alterations.KEPT[-1] - 0.05
    assert cluttered[centre].max() == 0
    assert cluttered.mean() > 50


def test_light_gets_brighter_or_darker_and_coloured() -> None:
    grey = np.full((40, 30, 30, 3), 128, np.uint8)
    means = alter(grey, "illumination", 3, seed=0).mean(axis=(1, 2))
    assert means.mean(axis=1).min() < 80
    assert means.mean(axis=1).max() > 150
    assert np.ptp(means, axis=1).max() > 20


def test_scale_shows_pictures_from_nearer_and_from_further() -> None:
    # A white disc of a fifth of the area: further, it covers less; nearer, more.
    y, x = np.mgrid[:100, :100] - 49.5
    disc = np.where(np.hypot(y, x) < 25, 255, 0).astype(np.uint8)
    pictures = np.repeat(np.repeat(disc[None, ..., None], 3, axis=-1), 20, axis=0)
    white = (alter(pictures, "scale", 3, seed=0) > 200).mean(axis=(1, 2, 3))
    plain = (disc > 200).mean()
    assert (white < plain / 2).any()
    assert (white > 2 * plain).any()
