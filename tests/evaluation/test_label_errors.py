from dataclasses import replace

import numpy as np
import pytest

from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.evaluation.banked import BankedSplit
from dogs_vs_cats.evaluation.label_errors import (
    LabelledFeatures,
    features_to_search,
    left_out,
    suspected_label_errors,
    unsearched_classes,
)

CLASSES = ("cat", "dog")
VGG16 = BACKBONES["vgg16"]


def clouds(*counts: int) -> LabelledFeatures:
    """Features that tell classes of so many pictures apart, not negative as after ReLU."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(counts)), counts).astype(np.int32)
    features = np.abs(rng.normal(size=(len(labels), 8 * len(counts))))
    features[np.arange(len(labels)), labels] += 160
    files = tuple(f"train/{label}/{n}.jpg" for n, label in enumerate(labels))
    return LabelledFeatures(files, features.astype(np.float16), labels, 1e-2)


def labelled(pictures: LabelledFeatures, given: dict[int, int]) -> LabelledFeatures:
    labels = pictures.labels.copy()
    labels[list(given)] = list(given.values())
    return LabelledFeatures(
        pictures.files, pictures.features, labels, pictures.inverse_regularisation
    )


def test_swapped_labels_are_found_with_the_class_that_they_should_have() -> None:
    pictures = labelled(clouds(60, 60), {5: 1, 70: 0, 90: 0})
    found = suspected_label_errors(pictures, CLASSES, seed=0)
    assert {item["file"] for item in found} == {pictures.files[row] for row in (5, 70, 90)}
    for item in found:
        given = int(pictures.labels[pictures.files.index(item["file"])])
        assert item["actual"] == CLASSES[given]
        assert item["suggested"] == CLASSES[1 - given]
        assert 0 <= item["probability"] < 0.5
    probabilities = [item["probability"] for item in found]
    assert probabilities == sorted(probabilities)


def test_of_many_classes_the_likeliest_other_one_is_suggested() -> None:
    classes = tuple("abcde")
    pictures = labelled(clouds(20, 30, 20, 40, 20), {2: 4, 25: 0, 125: 1})
    found = suspected_label_errors(pictures, classes, seed=0)
    assert {(item["file"], item["actual"], item["suggested"]) for item in found} == {
        (pictures.files[2], "e", "a"),
        (pictures.files[25], "a", "b"),
        (pictures.files[125], "b", "e"),
    }


def test_right_labels_are_not_suspected() -> None:
    assert suspected_label_errors(clouds(60, 60), CLASSES, seed=0) == []


def test_the_list_has_a_limit_and_repeats_itself() -> None:
    pictures = labelled(clouds(60, 60), {5: 1, 70: 0, 90: 0})
    assert len(suspected_label_errors(pictures, CLASSES, seed=0, limit=2)) == 2
    again = suspected_label_errors(pictures, CLASSES, seed=0)
    assert again == suspected_label_errors(pictures, CLASSES, seed=0)


def test_too_few_pictures_for_the_folds_give_an_empty_list() -> None:
    assert suspected_label_errors(clouds(4, 60), CLASSES, seed=0) == []


def test_classes_of_too_few_pictures_are_left_out_and_named() -> None:
    classes = ("rare", "b", "c", "rarer", "e")
    pictures = labelled(clouds(4, 30, 30, 1, 30), {10: 2, 90: 1})
    found = suspected_label_errors(pictures, classes, seed=0)
    assert {(item["file"], item["suggested"]) for item in found} == {
        (pictures.files[10], "b"),
        (pictures.files[90], "e"),
    }
    unsearched = unsearched_classes(pictures, classes)
    assert unsearched == {"rare": 4, "rarer": 1}
    (sentence,) = left_out(unsearched)
    assert sentence.endswith("fewer than 5 pictures: rare and rarer.")
    assert left_out({}) == []


def test_a_sentence_names_few_of_many_classes_and_nothing_that_moves_a_cursor() -> None:
    (sentence,) = left_out({f"{n}\u202e": 2 for n in range(1000)})
    assert sentence.endswith("9\\u202e and 990 more.")


def splits() -> list[BankedSplit]:
    """Of four, two and two pictures; the features of a picture are around its number."""
    found = []
    for name, count in (("train", 2), ("validation", 1), ("test", 1)):
        places = np.array([-1, 0, 1, 4], np.float16).reshape(1, 2, 2, 1)
        features = places + 10 * np.arange(2 * count).reshape(-1, 1, 1, 1)
        files = tuple(f"{name}/{label}/{n}.jpg" for label in CLASSES for n in range(count))
        labels = np.repeat([0, 1], count).astype(np.int32)
        found.append(BankedSplit(name, files, labels, features.astype(np.float16)))
    return found


def test_vgg16_searches_two_classes_by_every_place_of_a_picture() -> None:
    read = features_to_search(splits(), CLASSES, VGG16)
    assert read.files == (
        "train/cat/0.jpg",
        "train/cat/1.jpg",
        "train/dog/0.jpg",
        "train/dog/1.jpg",
        "validation/cat/0.jpg",
        "validation/dog/0.jpg",
        "test/cat/0.jpg",
        "test/dog/0.jpg",
    )
    assert read.features[:2].tolist() == [[-1, 0, 1, 4], [9, 10, 11, 14]]
    assert read.labels.tolist() == [0, 0, 1, 1, 0, 1, 0, 1]


def test_more_classes_are_searched_by_averages() -> None:
    read = features_to_search(splits(), (*CLASSES, "elk"), VGG16)
    assert read.features.ravel().tolist() == [1, 11, 21, 31, 1, 11, 1, 11]


def test_other_networks_search_by_averages_of_one_size() -> None:
    """Also where features are negative, and of a picture that excites nothing."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(3, 7, 7, 20)).astype(np.float16)
    features[2] = 0
    given = BankedSplit("train", ("a", "b", "c"), np.array([0, 1, 0], np.int32), features)
    read = features_to_search([given], CLASSES, BACKBONES["efficientnet_lite0"])
    assert read.features.shape == (3, 20)
    np.testing.assert_allclose(np.abs(read.features).sum(axis=1), [1, 1, 0], atol=1e-5)


def test_of_larger_maps_fewer_pictures_are_searched() -> None:
    """Memory, not the number of pictures, is what is bounded."""
    features = np.zeros((8, 8, 8, 512), np.float16)
    given = BankedSplit("train", tuple("abcdefgh"), np.zeros(8, np.int32), features)
    assert len(features_to_search([given], CLASSES, VGG16, limit=8).files) == 2


def test_features_below_zero_are_searched_too() -> None:
    pictures = labelled(clouds(60, 60), {5: 1})
    pictures = replace(pictures, features=pictures.features - pictures.features.mean(axis=0))
    (found,) = suspected_label_errors(pictures, CLASSES, seed=0)
    assert found["file"] == pictures.files[5]


@pytest.mark.parametrize("classes", [CLASSES, (*CLASSES, "elk")])
def test_of_too_many_pictures_each_split_gives_its_part(classes: tuple[str, ...]) -> None:
    read = features_to_search(splits(), classes, VGG16, limit=4)
    assert read.files == (
        "train/cat/0.jpg",
        "train/dog/0.jpg",
        "validation/cat/0.jpg",
        "test/cat/0.jpg",
    )
    assert len(read.features) == 4
    assert read.labels.tolist() == [0, 1, 0, 0]
