from typing import Any

import lecture
import numpy as np
import pytest

from dogs_vs_cats.training.epochs import (
    Source,
    augmented,
    banked,
    plain,
    training_batches,
    validation_batches,
)

LABELS = np.array([0, 1, 0, 1, 1, 0, 1], np.int32)
AUGMENTATION = lecture.AUGMENTATION.model_copy(update={"seed": 3})


def bank(views: int) -> Source:
    """Rows that say which view and picture they are."""
    rows = np.arange(views)[:, None] * 100 + np.arange(len(LABELS))[None]
    return banked(rows[..., None].astype(np.float16), LABELS)


def epochs_of(source: Source, epochs: int, batch_size: int = 3, seed: int = 0) -> list[Any]:
    drawn = training_batches(source, epochs, batch_size, seed)
    batches = list(drawn.stream(source).as_numpy_iterator())
    per_epoch = drawn.steps
    assert len(batches) == epochs * per_epoch
    return [
        tuple(
            np.concatenate(part) for part in zip(*batches[e * per_epoch :][:per_epoch], strict=True)
        )
        for e in range(epochs)
    ]


def test_an_epoch_sees_every_picture_once_with_its_label() -> None:
    for inputs, labels in epochs_of(bank(1), epochs=3):
        pictures = inputs[:, 0].astype(int)
        assert sorted(pictures) == list(range(len(LABELS)))
        np.testing.assert_array_equal(labels[:, 0], LABELS[pictures])


def test_epochs_go_round_the_views() -> None:
    views = [set(inputs[:, 0].astype(int) // 100) for inputs, _ in epochs_of(bank(2), epochs=4)]
    assert views == [{0}, {1}, {0}, {1}]


def test_each_epoch_has_an_order_of_its_own_that_follows_the_seed() -> None:
    def order(seed: int) -> list[list[float]]:
        return [list(inputs[:, 0]) for inputs, _ in epochs_of(bank(1), 2, seed=seed)]

    assert order(0)[0] != order(0)[1]
    assert order(0) == order(0)
    assert order(0) != order(1)


def test_the_last_batch_of_an_epoch_may_be_small() -> None:
    batches = training_batches(bank(1), 2, 3, 0)
    stream = batches.stream(batches.source).as_numpy_iterator()
    assert [len(labels) for _, labels in stream] == [3, 3, 1, 3, 3, 1]
    assert batches.steps == 3


def test_validation_goes_through_the_pictures_in_order() -> None:
    batches = validation_batches(bank(2), 4)
    inputs, labels = zip(*batches.stream(batches.source).as_numpy_iterator(), strict=True)
    assert list(np.concatenate(inputs)[:, 0]) == list(range(len(LABELS)))
    np.testing.assert_array_equal(np.concatenate(labels)[:, 0], LABELS)


@pytest.fixture
def pictures() -> Any:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, size=(len(LABELS), 16, 16, 3), dtype=np.uint8)


def by_label_and_mean(epoch: Any) -> list[tuple[float, float]]:
    return sorted(
        (float(label[0]), float(picture.mean())) for picture, label in zip(*epoch, strict=True)
    )


def test_augmented_pictures_are_new_in_every_epoch(pictures: Any) -> None:
    first, second = epochs_of(augmented(pictures, LABELS, AUGMENTATION), epochs=2)
    assert by_label_and_mean(first) != by_label_and_mean(second)
    assert first[0].dtype == np.float32


def test_augmented_pictures_may_go_round_a_number_of_views(pictures: Any) -> None:
    first, second, third = epochs_of(augmented(pictures, LABELS, AUGMENTATION, views=2), epochs=3)
    np.testing.assert_allclose(by_label_and_mean(first), by_label_and_mean(third))
    assert by_label_and_mean(first) != by_label_and_mean(second)


def test_plain_pictures_stay_as_they_are(pictures: Any) -> None:
    ((inputs, labels),) = epochs_of(plain(pictures, LABELS), epochs=1)
    assert inputs.dtype == np.uint8
    for picture, label in zip(inputs, labels, strict=True):
        (index,) = np.flatnonzero((pictures == picture).all(axis=(1, 2, 3)))
        assert LABELS[index] == label[0]


def test_balanced_weights_are_of_the_pictures_they_come_with() -> None:
    source = bank(1)
    drawn = training_batches(source, 2, 3, seed=0, class_weight="balanced")
    batches = list(drawn.stream(source).as_numpy_iterator())
    labels, weights = (np.concatenate([batch[part] for batch in batches]) for part in (1, 2))
    np.testing.assert_allclose(weights, np.where(labels[:, 0] == 0, 7 / 6, 7 / 8))
