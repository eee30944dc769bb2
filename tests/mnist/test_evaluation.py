"""Digits that are moved, and the intervals of what is said of them."""

import numpy as np
import numpy.typing as npt
import pytest

from dogs_vs_cats.evaluation.metrics import wilson_interval
from dogs_vs_cats.mnist.digits import Digits
from dogs_vs_cats.mnist.evaluation import ALL, clustered_interval, shift_table, shifted


def one_pixel(row: int, column: int) -> npt.NDArray[np.uint8]:
    picture = np.zeros((1, 28, 28), np.uint8)
    picture[0, row, column] = 255
    return picture


@pytest.mark.parametrize(
    ("down", "right", "row", "column"),
    [(0, 0, 10, 20), (3, 0, 13, 20), (-3, 0, 7, 20), (0, 5, 10, 25), (0, -5, 10, 15)],
)
def test_a_picture_is_moved_by_so_many_pixels(down: int, right: int, row: int, column: int) -> None:
    np.testing.assert_array_equal(shifted(one_pixel(10, 20), down, right), one_pixel(row, column))


def test_what_leaves_the_picture_does_not_come_back() -> None:
    assert not shifted(one_pixel(10, 27), 0, 1).any()


def where_the_ink_is(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """A net that names the column of the ink, less ten."""
    columns = pictures.sum(axis=1, dtype=int).argmax(axis=1)
    return np.eye(28, dtype=np.float32)[columns][:, 10:20]


def test_accuracy_is_told_for_each_direction_and_for_all() -> None:
    pictures = np.concatenate([one_pixel(1, column) for column in range(10, 20)])
    digits = Digits(pictures, np.arange(10, dtype=np.int32))
    table = shift_table({"columns": where_the_ink_is}, digits, farthest=2)
    rows = table.set_index(["shift", "direction"])
    assert rows.loc[(0, ALL), "accuracy"] == 1
    assert rows.loc[(1, "down"), "accuracy"] == 1
    assert rows.loc[(1, "left"), "accuracy"] == 0.1  # nothing known is called a 0
    assert rows.loc[(1, "right"), "accuracy"] == 0
    assert rows.loc[(2, "up"), "ink_lost"] == 1
    assert rows.loc[(2, ALL), "ink_lost"] == 0.25
    assert rows.loc[(1, ALL), "accuracy"] == pytest.approx((1 + 1 + 0.1 + 0) / 4)
    assert len(table) == 1 + 2 * 5


def test_looks_that_agree_count_as_one() -> None:
    right = np.arange(1000) < 900
    assert clustered_interval(np.stack([right] * 4)) == wilson_interval(900, 1000)


def test_looks_that_know_nothing_of_each_other_all_count() -> None:
    right = np.random.default_rng(0).random((4, 20_000)) < 0.7
    low, high = clustered_interval(right)
    expected_low, expected_high = wilson_interval(int(right.sum()), right.size)
    assert high - low == pytest.approx(expected_high - expected_low, rel=0.05)


def test_an_interval_is_never_a_point() -> None:
    assert clustered_interval(np.ones((4, 100), bool)) == wilson_interval(100, 100)
    low, high = clustered_interval(np.stack([np.ones(100, bool), np.zeros(100, bool)]))
    assert low < 0.5 < high
