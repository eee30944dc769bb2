from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from dogs_vs_cats.evaluation.linear_probe import (
    Samples,
    drawn,
    fit,
    learning_curve,
    read_samples,
    right,
)
from dogs_vs_cats.features.bank import labels_path
from dogs_vs_cats.project.errors import PipelineError


def clouds(sizes: list[int], seed: int = 0, channels: int = 40) -> Samples:
    """Features of length 1 that a linear classifier tells apart, all but a few."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    features = rng.exponential(size=(len(labels), channels)).astype(np.float32)
    features[np.arange(len(labels)), labels] += 4
    return Samples(features / np.linalg.norm(features, axis=1, keepdims=True), labels)


@pytest.mark.parametrize("sizes", [[100, 100], [50] * 7, [200, 3, 20]])
def test_what_a_linear_classifier_can_tell_is_told(sizes: list[int]) -> None:
    classifier = fit(clouds(sizes), 1.0)
    named_right = right(classifier, clouds(sizes, seed=1))
    assert named_right.shape == (sum(sizes),)
    assert named_right.mean() > 0.85


def test_a_thousand_classes_take_seconds() -> None:
    many = clouds([3] * 1000, channels=1200)
    assert right(fit(many, 0.1), many).mean() > 0.9


def counts(labels: npt.NDArray[np.int32]) -> list[int]:
    return np.bincount(labels, minlength=3).tolist()


def test_a_draw_has_so_many_pictures_of_each_class_or_all_that_there_are() -> None:
    labels = np.array([2, 0, 0, 1, 0, 2, 0, 2, 1, 0], np.int32)
    rows = drawn(labels, 3, np.random.default_rng(0))
    assert counts(labels[rows]) == [3, 2, 3]
    assert len(set(rows.tolist())) == 8


def test_draws_differ_and_each_picture_is_as_likely() -> None:
    labels = np.repeat([0, 1], [4, 8]).astype(np.int32)
    draws = [drawn(labels, 2, np.random.default_rng(seed)) for seed in range(400)]
    shares = np.bincount(np.concatenate(draws), minlength=12) / 400
    np.testing.assert_allclose(shares, np.repeat([1 / 2, 1 / 4], [4, 8]), atol=0.1)


def test_a_curve_rises_from_few_pictures_to_all_of_them() -> None:
    train, test = clouds([60, 60]), clouds([200, 200], seed=1)
    curve = list(learning_curve(train, test, [20, 2, 60, 100], 5, 1.0, 0))
    assert [(p["pictures_per_class"], p["draw"]) for p in curve] == [
        *((2, draw) for draw in range(1, 6)),
        *((20, draw) for draw in range(1, 6)),
        (60, 1),
    ]
    means = [np.mean([p["accuracy"] for p in part]) for part in (curve[:5], curve[5:10])]
    assert 0.5 < means[0] < means[1] <= curve[-1]["accuracy"] + 0.02
    assert curve[-1]["accuracy"] == right(fit(train, 1.0), test).mean()
    assert len({p["accuracy"] for p in curve[:5]}) > 1
    assert curve == list(learning_curve(train, test, [20, 2, 60, 100], 5, 1.0, 0))


def test_of_unequal_classes_the_curve_goes_on_to_the_largest() -> None:
    train = clouds([60, 4, 30])
    curve = list(learning_curve(train, train, [2, 10, 50, 60], 1, 1.0, 0))
    assert [point["pictures_per_class"] for point in curve] == [2, 10, 50, 60]


def test_samples_are_averages_of_length_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for split in ("train", "validation", "test"):
        maps = rng.normal(size=(1, 3, 2, 2, 5)).astype(np.float16)
        maps[0, 2] = 0
        np.save(tmp_path / f"{split}.npy", maps)
        np.save(labels_path(tmp_path / f"{split}.npy"), np.array([0, 1, 1], np.int32))
    samples = read_samples(tmp_path)["test"]
    expected = maps[0].astype(np.float32).mean(axis=(1, 2))
    np.testing.assert_allclose(
        samples.features[:2],
        expected[:2] / np.linalg.norm(expected[:2], axis=1, keepdims=True),
        atol=1e-6,
    )
    assert not samples.features[2].any()
    (tmp_path / "test.npy").unlink()
    with pytest.raises(PipelineError, match=r"test\.npy .*dvc repro base@vgg16-150"):
        read_samples(tmp_path, "base@vgg16-150")
