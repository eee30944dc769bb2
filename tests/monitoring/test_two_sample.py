"""The two-sample test raises false alarms as often as it says, and sees differences."""

import numpy as np
import pytest

from dogs_vs_cats.monitoring.two_sample import two_sample_test


def features(count: int, seed: int, moved: float = 0.0) -> np.ndarray:
    """Positive and skewed, as after a ReLU; the first of 64 channels moved."""
    made = np.random.default_rng(seed).gamma(0.7, size=(count, 64))
    made[:, 0] += moved
    return made


def test_alarms_at_its_level_are_false_as_often_as_that() -> None:
    known = features(400, 0)
    p_values = [
        two_sample_test(features(40, seed), known, seed, permutations=99).p_value
        for seed in range(1, 201)
    ]
    alarms = sum(p <= 0.05 for p in p_values)
    assert 2 <= alarms <= 20  # of 200, 10 expected; beyond once in some hundred times
    assert 0.4 < np.mean(p_values) < 0.6


def test_a_difference_is_seen_and_the_foreign_come_first() -> None:
    known = features(400, 0)
    new = np.concatenate([features(30, 1), features(30, 2, moved=8)])
    found = two_sample_test(new, known)
    assert found.p_value == pytest.approx(0.001)
    assert found.accuracy > 0.6
    assert np.mean(np.argsort(-found.foreignness)[:20] >= 30) > 0.9


def test_the_same_seed_gives_the_same_answer() -> None:
    first, second = (two_sample_test(features(30, 1), features(50, 2)) for _ in range(2))
    assert first.p_value == second.p_value
    np.testing.assert_array_equal(first.foreignness, second.foreignness)
