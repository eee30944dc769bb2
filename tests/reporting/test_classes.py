import pytest
from report_inputs import ACCURACIES, evaluation

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.reporting.class_tables import confused, confusion, extremes, sizes, weakest
from dogs_vs_cats.reporting.classes import (
    Balance,
    alternatives,
    balanced_accuracy,
    short,
    told_in_words,
)
from dogs_vs_cats.reporting.tables import Table

MANY = tuple(f"class {place}" for place in range(40))


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


@pytest.mark.parametrize(
    ("classes", "text"),
    [
        (("cat", "dog"), "cat or dog"),
        (tuple("abcde"), "a, b, c, d or e"),
        (tuple("abcdef"), "6 classes"),
        (("a" * 100, "b"), "2 classes"),
        (tuple(map(str, range(1000))), "1,000 classes"),
    ],
)
def test_few_classes_are_named_and_many_counted(classes: tuple[str, ...], text: str) -> None:
    assert alternatives(classes) == text


def test_a_long_name_keeps_its_ends() -> None:
    assert short("Größe 2") == "Größe 2"
    assert short("begins" + 250 * "-" + "ends", 16) == "begins----…-ends"


def test_unequal_classes_are_told_with_what_always_naming_the_largest_reaches() -> None:
    words = Balance({"a": 60, "Größe 2": 90}, {"a": 20, "Größe 2": 30}).in_words()
    words = words.replace("\u00a0", " ")
    assert "they have 60 (“a”) to 90 (“Größe 2”) training pictures" in words
    assert "always says “Größe 2”, the largest class, is right for 60.0 % of 50 test" in words
    assert "always saying one class reaches 50.0 % there" in words


def test_largest_classes_that_are_equal_are_told_as_such() -> None:
    balance = Balance({"a": 9, "b": 3, "c": 9}, {"a": 2, "b": 1, "c": 2})
    assert balance.largest == ("a", "c")
    assert "to 9 (2 classes) training" in balance.in_words()
    assert "“a”, a largest class" in balance.in_words()


@pytest.mark.parametrize(
    ("train", "test", "unequal"),
    [((5, 5), (2, 2), False), ((5, 6), (2, 2), True), ((5, 5), (2, 3), True)],
)
def test_classes_are_unequal_if_a_split_is(
    train: tuple[int, int], test: tuple[int, int], unequal: bool
) -> None:
    balance = Balance(dict(zip("ab", train, strict=True)), dict(zip("ab", test, strict=True)))
    assert balance.unequal == unequal


def test_balanced_accuracy_is_the_mean_of_the_classes() -> None:
    assert balanced_accuracy({"a": {"a": 9, "b": 1}, "b": {"a": 1, "b": 1}, "c": {"a": 4}}) == (
        pytest.approx((0.9 + 0.5 + 0) / 3)
    )


def test_the_best_methods_and_the_classes_they_always_and_never_tell_are_counted() -> None:
    scores = evaluation(ACCURACIES | {"fine_tuning": 0.968}, MANY)
    counts = scores["feature_extraction"]["confusion"]
    counts["class 1"] = {"class 2": 27}
    words = told_in_words(scores)
    assert (
        "Feature extraction has the highest test accuracy, exactly as high as fine tuning" in words
    )
    assert "all test pictures of 14 of the 40 classes right, and none of 1 class." in words
    for method in METHODS:
        scores[method]["confusion"] = {"a": {"b": 1}, "b": {"b": 1, "a": 1}, "c": {"a": 2}}
    assert "all test pictures of none of the 3 classes right, and none of 2 classes." in (
        told_in_words(scores)
    )


def test_a_matrix_fills_in_what_was_never_named() -> None:
    table = confusion("fine_tuning", {"a": {"a": 4}, "b": {"a": 1, "b": 3}, "c": {"b": 2}})
    assert [row[:4] for row in texts(table)] == [
        ["a", "4", "0", "0"],
        ["b", "1", "3", "0"],
        ["c", "0", "2", "0"],
    ]
    assert [row[4] for row in texts(table)] == ["100.0", "75.0", "0.0"]


def test_the_weakest_classes_come_first_and_a_tie_at_the_end_is_told() -> None:
    counts = {name: {name: 3, "class 0": 1} for name in MANY[1:]} | {"class 0": {"class 0": 5}}
    counts["class 30"] = {"class 1": 2, "class 2": 2}
    table = weakest("fine_tuning", counts)
    assert texts(table)[0] == ["class 30", "4", "0.0", "class 1"]
    assert table.rows[0][3].detail == "2 pictures; 1 more as often"
    assert texts(table)[1] == ["class 1", "4", "75.0", "class 0"]
    assert len(table.rows) == 10
    assert table.note == "29 more are as weak as the last."


def test_confusions_are_sorted_by_their_number() -> None:
    counts = {"a": {"a": 1, "b": 2, "c": 3}, "b": {"b": 2}, "c": {"b": 4, "c": 4}}
    table = confused("fine_tuning", counts)
    assert texts(table) == [
        ["c", "b", "4", "50.0"],
        ["a", "c", "3", "50.0"],
        ["a", "b", "2", "33.3"],
    ]
    assert table.note == ""
    assert confused("fine_tuning", {"a": {"a": 1}, "b": {"b": 0, "a": 0}}).rows == []


def test_few_classes_are_counted_each_and_many_by_their_extremes() -> None:
    few = {"train": {"a": 3000, "b": 2}, "test": {"a": 1, "b": 1}}
    assert texts(sizes(few)) == [["a", "3,000", "1"], ["b", "2", "1"]]
    assert extremes(few) == []
    many = {"train": dict.fromkeys(MANY, 6) | {"class 7": 3, "class 9": 8}}
    assert texts(sizes(many)) == [["smallest", "3"], ["median", "6"], ["largest", "8"]]
    smallest, largest = extremes(many)
    assert texts(smallest)[:2] == [["class 7", "3"], ["class 0", "6"]]
    assert smallest.note == "34 more are as small as the last."
    assert texts(largest)[0] == ["class 9", "8"]
    equal = {"train": dict.fromkeys(MANY, 6)}
    assert texts(sizes(equal)) == [["each", "6"]]
    assert extremes(equal) == []
