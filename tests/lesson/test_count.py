import pytest

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.evaluation.cost import multiply_adds
from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.layers.chapter import draw
from dogs_vs_cats.lesson.layers.count import count, table, together
from dogs_vs_cats.lesson.layers.lecture import build_digits_convnet
from dogs_vs_cats.models.small_convnet import build_small_convnet


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    return {each.name: each for each in draw()}


def test_the_lectures_example_has_the_lectures_numbers() -> None:
    rows = count(build_digits_convnet())
    assert [row.parameters for row in rows if row.parameters] == [320, 18_496, 36_928, 36_928, 650]
    assert rows[0].shape == (28, 28, 1)
    assert rows[1].arithmetic == "3·3·1·32 + 32"
    assert rows[1].multiply_adds == 26 * 26 * 3 * 3 * 32


def test_groups_and_normalisation_show_their_arithmetic() -> None:
    pictures = keras.Input((8, 8, 4))
    x = keras.layers.Conv2D(6, 3, groups=2, name="halves")(pictures)
    x = keras.layers.BatchNormalization(name="norm")(x)
    rows = {row.name: row for row in count(keras.Model(pictures, x))}
    assert (rows["halves"].arithmetic, rows["halves"].parameters) == ("3·3·2·6 + 6", 114)
    assert (rows["norm"].arithmetic, rows["norm"].parameters) == ("6 + 6 + 6 + 6", 24)
    assert rows["halves"].multiply_adds == 6 * 6 * 108


def test_models_in_a_model_are_counted_layer_by_layer() -> None:
    inner = build_small_convnet(64, classes=2, dropout=0.5)
    pictures = keras.Input((64, 64, 3))
    outer = keras.Model(pictures, inner(pictures))
    rows = count(outer)
    assert [row.kind for row in rows] == [row.kind for row in count(inner)]
    assert sum(row.parameters for row in rows) == outer.count_params()
    assert sum(row.multiply_adds for row in rows) == multiply_adds(outer)


def test_names_do_not_tell_what_was_built_before() -> None:
    first, second = (count(build_small_convnet(64, classes=2, dropout=0.5)) for _ in range(2))
    assert first == second


def test_layers_of_one_word_are_added_up() -> None:
    pictures = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(2, 3, name="a_1")(pictures)
    x = keras.layers.Conv2D(3, 3, name="a_2")(x)
    x = keras.layers.Conv2D(1, 3, name="b")(x)
    rows = count(keras.Model(pictures, x))
    _, both, last = together(rows)
    assert (both.name, both.kind, both.shape) == ("a", "2 convolutions", (4, 4, 3))
    assert both.parameters == rows[1].parameters + rows[2].parameters
    assert both.multiply_adds == rows[1].multiply_adds + rows[2].multiply_adds
    assert last == rows[3]


def test_a_table_ends_with_its_sum() -> None:
    made = table("name", "title", "caption", count(build_digits_convnet()))
    assert made.rows[1] == ("conv1 (Conv2D)", "26×26×32", "3·3·1·32 + 32 = 320", "194,688")
    assert made.rows[-1] == ("together", "", "93,322", "2,794,240")


def test_the_chapter_counts_all_five_models(tables: dict[str, Table]) -> None:
    sums = {name: each.rows[-1][2] for name, each in tables.items()}
    assert sums == {
        "layers_digits": "93,322",
        "layers_small_convnet": "3,453,121",
        "layers_augmented_convnet": "3,453,121",
        "layers_vgg16": "16,812,353",
    }
    assert all(len(row) == len(each.columns) for each in tables.values() for row in each.rows)


def test_the_chapter_tells_what_each_method_trains(tables: dict[str, Table]) -> None:
    assert "the head's 2,097,665 parameters" in tables["layers_vgg16"].caption
    assert "7,079,424 more in fine_tuning" in " ".join(tables["layers_vgg16"].caption.split())
