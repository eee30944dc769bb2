from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from parameters import changed_params

from dogs_vs_cats.evaluation.banked import BankedSplit
from dogs_vs_cats.evaluation.near_duplicates import (
    advice,
    near_duplicates,
    not_searched,
    threshold_of,
)
from dogs_vs_cats.project.files import write_csv

COLUMNS = ["file", "split", "twin", "twin_split", "cosine"]


def splits(pictures: int = 30, channels: int = 64) -> list[BankedSplit]:
    """Splits of pictures that share nothing but that their features are not negative."""
    rng = np.random.default_rng(0)
    return [
        BankedSplit(
            name,
            tuple(f"{name}/cat/{n}.jpg" for n in range(pictures)),
            np.zeros(pictures, np.int32),
            rng.exponential(10, (pictures, 2, 2, channels)).astype(np.float16) ** 2,
        )
        for name in ("train", "validation", "test")
    ]


def test_pictures_that_differ_have_no_twin_and_the_table_its_columns(tmp_path: Path) -> None:
    table = near_duplicates(splits(), 0.99)
    write_csv(tmp_path / "near.csv", table)
    assert (tmp_path / "near.csv").read_text() == ",".join(COLUMNS) + "\n"
    assert advice(table) == []


def test_twins_are_found_in_any_earlier_split_wherever_things_stand_in_the_picture() -> None:
    train, validation, test = splits()
    validation.features[3] = train.features[7][:, ::-1]  # mirrored
    test.features[11] = 2 * validation.features[20]  # brighter
    rng = np.random.default_rng(1)
    test.features[12] = train.features[5] * rng.uniform(0.7, 1.3, train.features[5].shape)
    test.features[13] = test.features[14]  # in one split: no matter
    table = near_duplicates([train, validation, test], 0.99)
    assert list(table.columns) == COLUMNS
    assert table.drop(columns="cosine").to_numpy().tolist() == [
        ["test/cat/11.jpg", "test", "validation/cat/20.jpg", "validation"],
        ["validation/cat/3.jpg", "validation", "train/cat/7.jpg", "train"],
        ["test/cat/12.jpg", "test", "train/cat/5.jpg", "train"],
    ]
    assert table["cosine"].tolist() == sorted(table["cosine"], reverse=True)
    assert table["cosine"].between(0.99, 1).all()
    (sentence,) = advice(table)
    assert sentence.startswith("3 pictures of validation and test look ")
    assert "split.by: group" in sentence


def test_the_threshold_decides() -> None:
    train, validation, test = splits()
    every = near_duplicates([train, validation, test], 0.01)
    assert len(every) == 60
    middle = every["cosine"].median()
    some = near_duplicates([train, validation, test], float(middle))
    pd.testing.assert_frame_equal(some, every[every["cosine"] >= middle])


def test_a_picture_that_excites_nothing_is_nobodys_twin() -> None:
    train, validation, test = splits()
    train.features[0] = validation.features[0] = 0
    table = near_duplicates([train, validation, test], 0.99)
    assert table.empty


def test_features_below_zero_have_twins_too() -> None:
    train, validation, test = (
        replace(split, features=split.features - np.float16(150)) for split in splits()
    )
    validation.features[3] = train.features[7]
    assert near_duplicates([train, validation, test], 0.999)["twin"].tolist() == ["train/cat/7.jpg"]


@pytest.mark.parametrize(
    ("given", "backbone", "threshold"),
    [
        ("auto", "vgg16", 0.92),
        ("auto", "efficientnet_lite0", 0.88),
        ("auto", "resnet50", None),
        (0.95, "resnet50", 0.95),
    ],
)
def test_auto_is_what_was_measured_for_the_network(
    given: float | str, backbone: str, threshold: float | None
) -> None:
    settings = changed_params({"evaluate.near_duplicate_cosine": given}).evaluate
    assert threshold_of(settings, backbone) == threshold
    assert bool(not_searched(threshold, backbone)) == (threshold is None)


def test_without_a_cosine_none_is_searched_for_and_that_is_said(tmp_path: Path) -> None:
    train, validation, test = splits()
    validation.features[3] = train.features[7]
    write_csv(tmp_path / "near.csv", near_duplicates([train, validation, test], None))
    assert (tmp_path / "near.csv").read_text() == ",".join(COLUMNS) + "\n"
    (sentence,) = not_searched(None, "resnet50")
    assert "not measured for ResNet50. evaluate.near_duplicate_cosine" in sentence
