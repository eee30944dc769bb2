"""The three methods that start from VGG16, on small pictures and VGG16's real weights."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import lecture
import numpy as np
import pytest
from conftest import jpeg
from dogs_vs_cats.training.trained import (
    Pictures,
    Trained,
    history_table,
    list_training_pictures,
    metrics,
)
from dogs_vs_cats.training.transfer import feature_extraction, fine_tuning, frozen_base

from dogs_vs_cats.backbones.vgg16 import halves, load_conv_base, read_weights, write_weights
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.data.reading.pictures import load_pictures
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.features.frozen_pass import bank_features, bank_views
from dogs_vs_cats.models.head import parts
from dogs_vs_cats.models.saved import predict, save_model
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import AugmentationSettings, BackboneSettings, TrainingSettings

BACKBONE = BackboneSettings(preprocessing="imagenet", image_size=48)
CLASSES = ("cat", "dog")
EPOCHS = 3


def quiet(epoch: int, metrics: dict[str, float]) -> None:
    pass


def augmentation(views: int) -> AugmentationSettings:
    return lecture.AUGMENTATION.model_copy(update={"views": views, "seed": 5})


def settings(learning_rate: float = 3e-3, dropout: float = 0.0) -> TrainingSettings:
    return TrainingSettings(
        epochs=EPOCHS,
        batch_size=8,
        optimizer="adam",
        learning_rate=learning_rate,
        schedule="constant",
        weight_decay=0.0,
        label_smoothing=0.0,
        dropout=dropout,
        ema_momentum=0.0,
        seed=0,
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Splits of 12 and 6 pictures a class, weights, and banks of EPOCHS views."""
    place = tmp_path_factory.mktemp("transfer")
    seed = 0
    for split, count in (("train", 12), ("validation", 6)):
        for label in CLASSES:
            folder = place / "splits" / split / label
            folder.mkdir(parents=True)
            for number in range(count):
                seed += 1
                (folder / f"{number:02}.jpg").write_bytes(jpeg(seed, 60 + seed, 50))
    write_weights(read_weights(), place / "vgg16.weights.h5")
    conv_base = load_conv_base(place / "vgg16.weights.h5", 48)
    lower, _ = halves(conv_base)
    found = pictures(place)
    for split in ("train", "validation"):
        of_split = getattr(found, split)
        bank_features(conv_base, BACKBONE, of_split, place / "features" / f"{split}.npy")
        if split == "train":
            bank_views(
                lower, BACKBONE, augmentation(EPOCHS), of_split, place / "views" / "train.npy"
            )
        else:
            bank_features(lower, BACKBONE, of_split, place / "views" / "validation.npy")
    return place


def pictures(place: Path) -> Pictures:
    return list_training_pictures(place / "splits", CLASSES)


def train_frozen_base(place: Path, views: int) -> Trained:
    keras.utils.set_random_seed(0)
    return frozen_base(
        pictures(place),
        place / "views",
        place / "vgg16.weights.h5",
        BACKBONE,
        augmentation(views),
        settings(),
        quiet,
    )


def train_fine_tuning(place: Path, start: Path, views: int) -> Trained:
    keras.utils.set_random_seed(0)
    return fine_tuning(
        pictures(place),
        place / "views",
        start,
        BACKBONE,
        augmentation(views),
        settings(1e-5),
        quiet,
    )


@pytest.fixture(scope="module")
def banked_frozen_base(place: Path) -> Trained:
    return train_frozen_base(place, views=EPOCHS)


@pytest.fixture(scope="module")
def frozen_base_file(place: Path, banked_frozen_base: Trained) -> Path:
    save_model(banked_frozen_base.model, place / "frozen_base.keras")
    return place / "frozen_base.keras"


def assert_same_losses(banked: Trained, literal: Trained) -> None:
    """Equal but for what is rounded to float16 on its way through the bank."""
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(
            [epoch[name] for epoch in banked.training.history],
            [epoch[name] for epoch in literal.training.history],
            rtol=0.01,
        )


def test_the_bank_and_the_literal_way_give_frozen_base_the_same_losses(
    place: Path, banked_frozen_base: Trained
) -> None:
    # EPOCHS views banked, and EPOCHS epochs of views made anew: the same views.
    literal = train_frozen_base(place, views=0)
    assert_same_losses(banked_frozen_base, literal)
    losses = [epoch["loss"] for epoch in literal.training.history]
    assert np.ptp(losses) > 0.05, "losses that hardly move would agree by accident"


def test_the_bank_and_the_literal_way_give_fine_tuning_the_same_losses(
    place: Path, frozen_base_file: Path
) -> None:
    banked = train_fine_tuning(place, frozen_base_file, views=EPOCHS)
    assert_same_losses(banked, train_fine_tuning(place, frozen_base_file, views=0))


def test_other_views_give_other_losses(place: Path, banked_frozen_base: Trained) -> None:
    """The comparison above can fail: one view repeated is not three views."""
    keras.utils.set_random_seed(0)
    repeated = place / "repeated"
    lower, _ = halves(load_conv_base(place / "vgg16.weights.h5", 48))
    found = pictures(place)
    bank_views(lower, BACKBONE, augmentation(1), found.train, repeated / "train.npy")
    bank_features(lower, BACKBONE, found.validation, repeated / "validation.npy")
    other = frozen_base(
        found,
        repeated,
        place / "vgg16.weights.h5",
        BACKBONE,
        augmentation(1),
        settings(),
        quiet,
    )
    with pytest.raises(AssertionError):
        assert_same_losses(banked_frozen_base, other)


def test_no_views_make_an_empty_bank(place: Path, tmp_path: Path) -> None:
    lower, _ = halves(load_conv_base(place / "vgg16.weights.h5", 48))
    bank_views(lower, BACKBONE, augmentation(0), pictures(place).train, tmp_path / "train.npy")
    bank, labels = open_bank(tmp_path / "train.npy")
    assert bank.shape == (0, 24, *lower.output.shape[1:])
    assert len(labels) == 24


def test_a_picture_that_does_not_decode_is_named(place: Path, tmp_path: Path) -> None:
    found = pictures(place).train
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    paths = (*found.paths[:7], broken, *found.paths[8:])
    conv_base = load_conv_base(place / "vgg16.weights.h5", 48)
    with pytest.raises(PipelineError, match=r"broken\.jpg cannot be read as a picture"):
        bank_features(conv_base, BACKBONE, replace(found, paths=paths), tmp_path / "train.npy")
    assert not (tmp_path / "train.npy").exists()


def test_frozen_base_leaves_vgg16_as_it_was(place: Path, banked_frozen_base: Trained) -> None:
    conv_base, _ = parts(banked_frozen_base.model)
    original = load_conv_base(place / "vgg16.weights.h5", 48)
    for kept, before in zip(conv_base.get_weights(), original.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, before)


def test_fine_tuning_moves_block_5_and_nothing_below(place: Path, frozen_base_file: Path) -> None:
    tuned, _ = parts(train_fine_tuning(place, frozen_base_file, views=EPOCHS).model)
    original = load_conv_base(place / "vgg16.weights.h5", 48)
    for layer in original.layers:
        if layer.weights:
            same = np.array_equal(
                tuned.get_layer(layer.name).get_weights()[0], layer.get_weights()[0]
            )
            assert same == (not layer.name.startswith("block5")), layer.name


def test_fine_tuning_starts_from_the_trained_head(place: Path, frozen_base_file: Path) -> None:
    keras.utils.set_random_seed(0)
    still = TrainingSettings(**{**settings().model_dump(), "learning_rate": 1e-12})
    tuned = fine_tuning(
        pictures(place),
        place / "views",
        frozen_base_file,
        BACKBONE,
        augmentation(EPOCHS),
        still,
        quiet,
    )
    loaded = load_pictures(pictures(place).validation.paths, 48)
    before = predict(keras.models.load_model(frozen_base_file), loaded)
    np.testing.assert_allclose(predict(tuned.model, loaded), before, atol=1e-4)


def test_feature_extraction_gives_a_whole_model(place: Path) -> None:
    keras.utils.set_random_seed(0)
    trained = feature_extraction(
        place / "features",
        place / "vgg16.weights.h5",
        BACKBONE,
        settings(dropout=0.5),
        quiet,
    )
    loaded = load_pictures(pictures(place).validation.paths, 48)
    right = (predict(trained.model, loaded) > 0.5) == pictures(place).validation.labels
    best = trained.training.history[trained.training.best_epoch - 1]
    assert right.mean() == pytest.approx(best["val_accuracy"], abs=0.09)


def test_metrics_count_what_was_trained(place: Path, frozen_base_file: Path) -> None:
    base = metrics(train_frozen_base(place, views=EPOCHS))
    tuned = metrics(train_fine_tuning(place, frozen_base_file, views=EPOCHS))
    head = 512 * 256 + 256 + 256 + 1  # one 1×1×512 feature map at 48 pixels
    block5 = 3 * (3 * 3 * 512 * 512 + 512)
    assert base["parameters"] == tuned["parameters"] == 14_714_688 + head
    assert base["trainable_parameters"] == head
    assert tuned["trainable_parameters"] == head + block5


def test_the_history_table_counts_epochs_from_one(banked_frozen_base: Trained) -> None:
    table: Any = history_table(banked_frozen_base.training)
    assert list(table["epoch"]) == [1, 2, 3]
    assert list(table.columns) == [
        "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate",
    ]  # fmt: skip


def test_banks_hold_float16_and_labels_in_the_order_of_the_pictures(place: Path) -> None:
    views, labels = open_bank(place / "views" / "train.npy")
    assert views.shape == (EPOCHS, 24, 3, 3, 512)
    assert views.dtype == np.float16
    assert isinstance(views, np.memmap)
    np.testing.assert_array_equal(labels, pictures(place).train.labels)
    assert np.abs(views[0].astype(np.float32) - views[1].astype(np.float32)).max() > 1
