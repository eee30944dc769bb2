"""Five methods, and pictures whose judgements are written by hand."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from dogs_vs_cats.data.reading.pictures import LabelledPictures
from dogs_vs_cats.evaluation.errors import Item, most_confident, most_wrong, only_one_right
from dogs_vs_cats.evaluation.metrics import prediction_table
from dogs_vs_cats.methods import METHODS


def predictions(own: dict[str, tuple[float, ...]]) -> dict[str, pd.DataFrame]:
    """From each picture's probabilities of its own class, one a method."""
    of_cat = {
        file: [p if file.split("/")[1] == "cat" else 1 - p for p in of_own]
        for file, of_own in own.items()
    }
    return {
        method: table({file: (of_cat[file][place], 1 - of_cat[file][place]) for file in own})
        for place, method in enumerate(METHODS)
    }


def table(
    probabilities: dict[str, tuple[float, ...]], classes: tuple[str, ...] = ("cat", "dog")
) -> pd.DataFrame:
    """One method's predictions, from each picture's probabilities of the classes."""
    pictures = LabelledPictures(
        tuple(Path("splits") / file for file in probabilities),
        np.array([classes.index(file.split("/")[1]) for file in probabilities], np.int32),
    )
    said = np.array(list(probabilities.values()))
    return prediction_table(pictures, said, classes, Path("splits"))


def files(items: list[Item]) -> list[str]:
    return [item["file"] for item in items]


PICTURES = {
    "test/cat/all_right.jpg": (0.9, 0.9, 0.9, 0.9, 0.9),
    "test/cat/two_wrong.jpg": (0.3, 0.2, 0.9, 0.9, 0.9),
    "test/dog/three_wrong.jpg": (0.1, 0.2, 0.3, 0.9, 0.9),
    "test/dog/four_wrong.jpg": (0.4, 0.4, 0.6, 0.4, 0.4),
    "test/cat/four_badly_wrong.jpg": (0.1, 0.1, 0.1, 0.7, 0.1),
    "test/cat/all_wrong.jpg": (0.45, 0.45, 0.45, 0.45, 0.45),
}


def test_most_wrong_has_what_more_than_half_get_wrong_worst_first() -> None:
    items = most_wrong(predictions(PICTURES))
    assert files(items) == [
        "test/cat/all_wrong.jpg",
        "test/cat/four_badly_wrong.jpg",
        "test/dog/four_wrong.jpg",
        "test/dog/three_wrong.jpg",
    ]
    assert items[3]["wrong"] == ["small_convnet", "augmented_convnet", "feature_extraction"]


def test_only_one_right_names_the_method_the_surest_first() -> None:
    items = only_one_right(predictions(PICTURES))
    assert [(item["file"], item["method"]) for item in items] == [
        ("test/cat/four_badly_wrong.jpg", "frozen_base"),
        ("test/dog/four_wrong.jpg", "feature_extraction"),
    ]


def test_most_confident_takes_a_picture_once_and_from_each_method_its_part() -> None:
    pictures = {
        **{f"test/cat/{n}.jpg": (0.01 * n, 0.9, 0.9, 0.9, 0.9) for n in range(9)},
        "test/dog/shared.jpg": (0.4, 0.9, 0.9, 0.9, 0.2),
    }
    items = most_confident(predictions(pictures), limit=10)
    assert [(item["file"], item["method"]) for item in items] == [
        ("test/cat/0.jpg", "small_convnet"),
        ("test/cat/1.jpg", "small_convnet"),
        ("test/dog/shared.jpg", "fine_tuning"),
    ]


def test_equals_are_in_the_order_of_their_names_whatever_the_order_of_the_rows() -> None:
    names = [f"test/cat/{name}.jpg" for name in "dbac"]
    tables = predictions(dict.fromkeys(names, (0.1, 0.1, 0.1, 0.8, 0.1)))
    for pick in (most_wrong, only_one_right, most_confident):
        assert files(pick(tables)) == sorted(names)


def test_a_list_is_no_longer_than_its_limit() -> None:
    tables = predictions({f"test/cat/{n:02}.jpg": (0.1, 0.1, 0.1, 0.8, 0.1) for n in range(40)})
    assert len(most_wrong(tables)) == len(only_one_right(tables)) == 24
    assert len(most_wrong(tables, limit=3)) == 3


def test_without_mistakes_there_is_nothing_to_show() -> None:
    tables = predictions({"test/cat/0.jpg": (0.9,) * 5})
    for pick in (most_wrong, only_one_right, most_confident):
        assert pick(tables) == []


def test_an_item_is_json_and_gives_each_answer_with_its_probability() -> None:
    (item,) = only_one_right(predictions({"test/cat/0.jpg": (0.1, 0.2, 0.9, 0.3, 0.4)}))
    assert json.loads(json.dumps(item)) == item
    assert item["actual"] == "cat"
    assert list(item["answers"]) == list(METHODS)
    assert item["answers"]["small_convnet"] == {"class": "dog", "probability": 0.9}
    assert item["answers"]["feature_extraction"] == {"class": "cat", "probability": 0.9}


def test_of_many_classes_the_winning_one_decides_however_improbable() -> None:
    classes = ("a", "b", "c")
    tables = {
        # Wrong with more for the own class than the right one gives it.
        "small_convnet": table({"test/a/0.jpg": (0.45, 0.55, 0.0)}, classes),
        "augmented_convnet": table({"test/a/0.jpg": (0.4, 0.3, 0.3)}, classes),
        "feature_extraction": table({"test/a/0.jpg": (0.05, 0.05, 0.9)}, classes),
        # Gives the own class less than the surest mistake does.
        "frozen_base": table({"test/a/0.jpg": (0.0, 0.5, 0.5)}, classes),
    }
    (alone,) = only_one_right(tables)
    assert alone["method"] == "augmented_convnet"
    assert alone["wrong"] == ["small_convnet", "feature_extraction", "frozen_base"]
    (surest,) = most_confident(tables)
    assert surest["method"] == "feature_extraction"
    assert surest["answers"]["feature_extraction"] == {"class": "c", "probability": 0.9}
