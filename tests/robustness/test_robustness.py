import numpy as np
import pytest
from pydantic import ValidationError

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.robustness.robustness import choose, conditions, measure
from dogs_vs_cats.settings import RobustnessSettings


def test_half_of_the_chosen_pictures_are_of_each_class() -> None:
    labels = np.array([0] * 30 + [1] * 50, np.int32)
    rows = choose(labels, RobustnessSettings(pictures=20, seed=1))
    assert rows == sorted(set(rows))
    assert labels[rows].sum() == 10
    assert rows != choose(labels, RobustnessSettings(pictures=20, seed=2))
    assert set(rows) < set(choose(labels, RobustnessSettings(pictures=40, seed=1)))


def test_the_chosen_pictures_of_many_classes_are_as_even_as_these_allow() -> None:
    labels = np.repeat([0, 1, 2], [2, 30, 30]).astype(np.int32)
    counts = np.bincount(labels[choose(labels, RobustnessSettings(pictures=15, seed=0))])
    assert counts[0] == 2
    assert sorted(counts[1:]) == [6, 7]


def test_of_more_classes_than_pictures_any_may_be_chosen() -> None:
    labels = np.repeat(np.arange(1000), 2).astype(np.int32)
    chosen = labels[choose(labels, RobustnessSettings(pictures=200, seed=0))]
    assert len(chosen) == len(set(chosen.tolist())) == 200
    assert chosen.min() < 100
    assert chosen.max() > 900


def test_where_there_are_fewer_pictures_all_are_chosen() -> None:
    labels = np.array([0] * 3 + [1] * 4, np.int32)
    assert choose(labels, RobustnessSettings(pictures=200, seed=0)) == list(range(7))


@pytest.mark.parametrize("pictures", [0, 1, -2])
def test_there_are_at_least_two_pictures(pictures: int) -> None:
    with pytest.raises(ValidationError):
        RobustnessSettings(pictures=pictures, seed=0)


def test_every_method_is_measured_under_every_condition() -> None:
    # The brightness decides: each method asks for another one.
    pictures = np.repeat(np.arange(40, 200, 4, dtype=np.uint8), 32 * 32 * 3)
    pictures = pictures.reshape(40, 32, 32, 3)
    labels = (pictures.mean(axis=(1, 2, 3)) > 118).astype(np.int32)
    called = []

    def by_brightness(batch: np.ndarray) -> dict[Method, np.ndarray]:
        brightness = batch.mean(axis=(1, 2, 3))
        return {
            method: np.eye(2, dtype=np.float32)[(brightness > 118 + 20 * place).astype(int)]
            for place, method in enumerate(METHODS)
        }

    table = measure(by_brightness, pictures, labels, 0, lambda: called.append(1))
    assert list(table.columns) == [
        "difficulty", "strength", "method", "accuracy", "accuracy_low", "accuracy_high", "pictures"
    ]  # fmt: skip
    assert len(called) == len(list(conditions())) == 19
    assert len(table) == len(table[["difficulty", "strength", "method"]].drop_duplicates()) == 95
    assert set(table[table["strength"] == 0]["difficulty"]) == {"none"}
    plain = table[table["difficulty"] == "none"].set_index("method")["accuracy"]
    assert plain["small_convnet"] == 1
    assert plain["augmented_convnet"] == pytest.approx(35 / 40)
    assert (table["accuracy_low"] < table["accuracy"]).all()
    assert (table["pictures"] == 40).all()
    bent = table[(table["difficulty"] == "deformation") & (table["method"] == "small_convnet")]
    assert (bent["accuracy"] == 1).all()  # bending a plain surface leaves it
    dark = table[(table["difficulty"] == "illumination") & (table["method"] == "small_convnet")]
    assert (dark["accuracy"] < 1).all()
