"""Five methods, and pictures whose judgements are written by hand."""

import json

import pandas as pd

from dogs_vs_cats.evaluation.errors import Item, most_confident, most_wrong, only_one_right
from dogs_vs_cats.methods import METHODS

CLASSES = ("cat", "dog")


def predictions(own: dict[str, tuple[float, ...]]) -> dict[str, pd.DataFrame]:
    """From each picture's probabilities of its own class, one a method."""
    files = list(own)
    actual = [file.split("/")[1] for file in files]
    tables = {}
    for place, method in enumerate(METHODS):
        positive = [
            own[file][place] if label == "dog" else 1 - own[file][place]
            for file, label in zip(files, actual, strict=True)
        ]
        tables[method] = pd.DataFrame(
            {
                "file": files,
                "actual": actual,
                "predicted": [CLASSES[p > 0.5] for p in positive],
                "probability": positive,
            }
        )
    return tables


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
    items = most_wrong(predictions(PICTURES), CLASSES)
    assert files(items) == [
        "test/cat/all_wrong.jpg",
        "test/cat/four_badly_wrong.jpg",
        "test/dog/four_wrong.jpg",
        "test/dog/three_wrong.jpg",
    ]
    assert items[3]["wrong"] == ["small_convnet", "augmented_convnet", "feature_extraction"]


def test_only_one_right_names_the_method_the_surest_first() -> None:
    items = only_one_right(predictions(PICTURES), CLASSES)
    assert [(item["file"], item["method"]) for item in items] == [
        ("test/cat/four_badly_wrong.jpg", "frozen_base"),
        ("test/dog/four_wrong.jpg", "feature_extraction"),
    ]


def test_most_confident_takes_a_picture_once_and_from_each_method_its_part() -> None:
    pictures = {
        **{f"test/cat/{n}.jpg": (0.01 * n, 0.9, 0.9, 0.9, 0.9) for n in range(9)},
        "test/dog/shared.jpg": (0.4, 0.9, 0.9, 0.9, 0.2),
    }
    items = most_confident(predictions(pictures), CLASSES, limit=10)
    assert [(item["file"], item["method"]) for item in items] == [
        ("test/cat/0.jpg", "small_convnet"),
        ("test/cat/1.jpg", "small_convnet"),
        ("test/dog/shared.jpg", "fine_tuning"),
    ]


def test_equals_are_in_the_order_of_their_names_whatever_the_order_of_the_rows() -> None:
    names = [f"test/cat/{name}.jpg" for name in "dbac"]
    tables = predictions(dict.fromkeys(names, (0.1, 0.1, 0.1, 0.8, 0.1)))
    for pick in (most_wrong, only_one_right, most_confident):
        assert files(pick(tables, CLASSES)) == sorted(names)


def test_a_list_is_no_longer_than_its_limit() -> None:
    tables = predictions({f"test/cat/{n:02}.jpg": (0.1, 0.1, 0.1, 0.8, 0.1) for n in range(40)})
    assert len(most_wrong(tables, CLASSES)) == len(only_one_right(tables, CLASSES)) == 24
    assert len(most_wrong(tables, CLASSES, limit=3)) == 3


def test_without_mistakes_there_is_nothing_to_show() -> None:
    tables = predictions({"test/cat/0.jpg": (0.9,) * 5})
    for pick in (most_wrong, only_one_right, most_confident):
        assert pick(tables, CLASSES) == []


def test_an_item_is_json_and_gives_the_positive_classs_probabilities() -> None:
    (item,) = only_one_right(predictions({"test/cat/0.jpg": (0.1, 0.2, 0.9, 0.3, 0.4)}), CLASSES)
    assert json.loads(json.dumps(item)) == item
    assert item["actual"] == "cat"
    assert item["probabilities"]["small_convnet"] == 0.9
    assert list(item["probabilities"]) == list(METHODS)
