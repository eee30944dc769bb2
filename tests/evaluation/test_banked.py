from pathlib import Path

import numpy as np
import pytest
from conftest import jpeg

from dogs_vs_cats.evaluation.banked import averaged, banked_splits
from dogs_vs_cats.features.bank import labels_path
from dogs_vs_cats.project.errors import PipelineError

CLASSES = ("cat", "dog", "Höhlenbär")


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
        rows = np.arange(3 * count, dtype=np.float16).reshape(1, -1, 1, 1, 1)
        np.save(bank, rows)
        np.save(labels_path(bank), np.repeat([0, 1, 2], count).astype(np.int32))
    return tmp_path


def test_features_of_all_splits_are_named_by_their_pictures(place: Path) -> None:
    train, validation, test = banked_splits(place / "features", place / "splits", CLASSES)
    assert [split.name for split in (train, validation, test)] == ["train", "validation", "test"]
    assert train.files[1:3] == ("train/cat/1.jpg", "train/dog/0.jpg")
    assert test.files == ("test/cat/0.jpg", "test/dog/0.jpg", "test/Höhlenbär/0.jpg")
    assert train.features.ravel().tolist() == [0, 1, 2, 3, 4, 5]
    assert train.labels.tolist() == [0, 0, 1, 1, 2, 2]


def test_features_of_other_pictures_are_refused(place: Path) -> None:
    (place / "splits/test/dog/1.jpg").write_bytes(jpeg(9))
    with pytest.raises(PipelineError, match=r"test\.npy is not of .*dvc repro features"):
        banked_splits(place / "features", place / "splits", CLASSES)


def test_averages_are_over_the_places_of_each_picture_asked_for() -> None:
    features = np.random.default_rng(0).normal(size=(600, 2, 3, 4)).astype(np.float16)
    rows = np.arange(599, 0, -2)
    np.testing.assert_allclose(
        averaged(features, rows), features[rows].astype(float).mean(axis=(1, 2)), atol=1e-5
    )
