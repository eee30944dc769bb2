from pathlib import Path

import numpy as np
import pytest
from conftest import jpeg

from dogs_vs_cats.evaluation.label_errors import (
    LabelledFeatures,
    read_features,
    suspected_label_errors,
)
from dogs_vs_cats.features.bank import labels_path
from dogs_vs_cats.project.errors import PipelineError

CLASSES = ("cat", "dog")


def two_clouds(per_class: int = 60) -> LabelledFeatures:
    """Features that tell the classes apart well, not negative as after ReLU."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0.0, 1.0], per_class).astype(np.float32)
    features = np.abs(rng.normal(size=(2 * per_class, 2, 2, 8)))
    features[..., 0] += 40 * labels[:, np.newaxis, np.newaxis]
    files = tuple(f"train/{CLASSES[int(label)]}/{n}.jpg" for n, label in enumerate(labels))
    return LabelledFeatures(files, features.astype(np.float16), labels)


def swapped(pictures: LabelledFeatures, rows: list[int]) -> LabelledFeatures:
    labels = pictures.labels.copy()
    labels[rows] = 1 - labels[rows]
    return LabelledFeatures(pictures.files, pictures.features, labels)


def test_swapped_labels_are_found_with_the_class_that_they_should_have() -> None:
    pictures = swapped(two_clouds(), [5, 70, 90])
    found = suspected_label_errors(pictures, CLASSES, seed=0)
    assert {item["file"] for item in found} == {pictures.files[row] for row in (5, 70, 90)}
    for item in found:
        given = int(pictures.labels[pictures.files.index(item["file"])])
        assert item["actual"] == CLASSES[given]
        assert item["suggested"] == CLASSES[1 - given]
        assert 0 <= item["probability"] < 0.5
    probabilities = [item["probability"] for item in found]
    assert probabilities == sorted(probabilities)


def test_right_labels_are_not_suspected() -> None:
    assert suspected_label_errors(two_clouds(), CLASSES, seed=0) == []


def test_the_list_has_a_limit_and_repeats_itself() -> None:
    pictures = swapped(two_clouds(), [5, 70, 90])
    assert len(suspected_label_errors(pictures, CLASSES, seed=0, limit=2)) == 2
    again = suspected_label_errors(pictures, CLASSES, seed=0)
    assert again == suspected_label_errors(pictures, CLASSES, seed=0)


def test_too_few_pictures_for_the_folds_give_an_empty_list() -> None:
    assert suspected_label_errors(two_clouds(per_class=4), CLASSES, seed=0) == []


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Splits of two and one pictures a class, and a bank whose features are the row's number."""
    for split in ("train", "validation", "test"):
        count = 2 if split == "train" else 1
        for label in CLASSES:
            folder = tmp_path / "splits" / split / label
            folder.mkdir(parents=True)
            for number in range(count):
                (folder / f"{number}.jpg").write_bytes(jpeg(number))
        bank = tmp_path / "features" / f"{split}.npy"
        bank.parent.mkdir(exist_ok=True)
        rows = np.arange(2 * count, dtype=np.float16).reshape(1, -1, 1, 1, 1)
        np.save(bank, rows)
        np.save(labels_path(bank), np.repeat([0, 1], count).astype(np.float32))
    return tmp_path


def test_features_of_all_splits_are_named_by_their_pictures(place: Path) -> None:
    read = read_features(place / "features", place / "splits", CLASSES)
    assert read.files[:4] == (
        "train/cat/0.jpg",
        "train/cat/1.jpg",
        "train/dog/0.jpg",
        "train/dog/1.jpg",
    )
    assert read.files[4:] == (
        "validation/cat/0.jpg",
        "validation/dog/0.jpg",
        "test/cat/0.jpg",
        "test/dog/0.jpg",
    )
    assert read.features.ravel().tolist() == [0, 1, 2, 3, 0, 1, 0, 1]
    assert read.labels.tolist() == [0, 0, 1, 1, 0, 1, 0, 1]


def test_of_too_many_pictures_each_split_gives_its_part(place: Path) -> None:
    read = read_features(place / "features", place / "splits", CLASSES, limit=4)
    assert read.files == (
        "train/cat/0.jpg",
        "train/dog/0.jpg",
        "validation/cat/0.jpg",
        "test/cat/0.jpg",
    )
    assert read.features.ravel().tolist() == [0, 2, 0, 0]
    assert read.labels.tolist() == [0, 1, 0, 0]


def test_features_of_other_pictures_are_refused(place: Path) -> None:
    (place / "splits/test/dog/1.jpg").write_bytes(jpeg(9))
    with pytest.raises(PipelineError, match=r"test\.npy is not of .*dvc repro features"):
        read_features(place / "features", place / "splits", CLASSES)
