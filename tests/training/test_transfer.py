"""The three methods that start from VGG16, on small pictures and VGG16's real weights."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import lecture
import numpy as np
import pytest
from conftest import jpeg
from parameters import changed_params

from dogs_vs_cats.backbones.vgg16 import halves, load_conv_base, read_weights, write_weights
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.data.reading.classes import write_classes
from dogs_vs_cats.data.reading.pictures import LabelledPictures, list_pictures, load_pictures
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.features.frozen_pass import bank_features, bank_views
from dogs_vs_cats.methods import METHODS, feature_extraction, fine_tuning, frozen_base
from dogs_vs_cats.models.head import parts
from dogs_vs_cats.models.saved import save_model
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import Params
from dogs_vs_cats.training.result import Trained, history_table, metrics

CLASSES = ("cat", "dog")
EPOCHS = 3


def quiet(epoch: int, metrics: dict[str, float]) -> None:
    pass


def params(views: int, learning_rate: float = 3e-3, dropout: float = 0.0) -> Params:
    """The lecture's settings, on pictures of 48 pixels, the same for each method."""
    training = lecture.TRAINING | {
        "epochs": EPOCHS, "batch_size": 8, "optimizer": "adam", "learning_rate": learning_rate,
        "dropout": dropout,
    }  # fmt: skip
    augmentation = lecture.AUGMENTATION.model_dump() | {"views": views, "seed": 5}
    return changed_params(
        {
            "backbone.image_size": 48,
            "augmentation": augmentation,
            **dict.fromkeys(METHODS, training),
        }
    )


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Splits of 12 and 6 pictures a class, weights, and banks of EPOCHS views."""
    layout = Layout(tmp_path_factory.mktemp("transfer"))
    seed = 0
    for split, count in (("train", 12), ("validation", 6)):
        for label in CLASSES:
            folder = layout.splits / split / label
            folder.mkdir(parents=True)
            for number in range(count):
                seed += 1
                (folder / f"{number:02}.jpg").write_bytes(jpeg(seed, 60 + seed, 50))
    write_classes(layout.classes, CLASSES)
    layout.weights.parent.mkdir()
    write_weights(read_weights(), layout.weights)
    for split in ("train", "validation"):
        path = layout.features / f"{split}.npy"
        bank_features(load_conv_base(layout.weights, 48), BACKBONE, pictures(layout, split), path)
    bank_frozen(layout, EPOCHS)
    return layout


def bank_frozen(layout: Layout, views: int) -> None:
    """What the stage ``views`` writes."""
    lower, _ = halves(load_conv_base(layout.weights, 48))
    train, validation = pictures(layout, "train"), pictures(layout, "validation")
    augmentation = params(views).augmentation
    bank_views(lower, BACKBONE, augmentation, train, layout.views / "train.npy")
    bank_features(lower, BACKBONE, validation, layout.views / "validation.npy")


def pictures(layout: Layout, split: str) -> LabelledPictures:
    return list_pictures(layout.splits / split, CLASSES)


def train_frozen_base(layout: Layout, views: int) -> Trained:
    keras.utils.set_random_seed(0)
    return frozen_base.learn(layout, params(views), quiet)


def train_fine_tuning(layout: Layout, views: int, learning_rate: float = 1e-5) -> Trained:
    keras.utils.set_random_seed(0)
    return fine_tuning.learn(layout, params(views, learning_rate), quiet)


BACKBONE = params(0).backbone


@pytest.fixture(scope="module")
def banked_frozen_base(layout: Layout) -> Trained:
    trained = train_frozen_base(layout, views=EPOCHS)
    layout.models.mkdir()
    save_model(trained.model, layout.model("frozen_base"), trained.description)
    return trained


def assert_same_losses(banked: Trained, literal: Trained) -> None:
    """Equal but for what is rounded to float16 on its way through the bank."""
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(
            [epoch[name] for epoch in banked.training.history],
            [epoch[name] for epoch in literal.training.history],
            rtol=0.01,
        )


def test_the_bank_and_the_literal_way_give_frozen_base_the_same_losses(
    layout: Layout, banked_frozen_base: Trained
) -> None:
    # EPOCHS views banked, and EPOCHS epochs of views made anew: the same views.
    literal = train_frozen_base(layout, views=0)
    assert_same_losses(banked_frozen_base, literal)
    losses = [epoch["loss"] for epoch in literal.training.history]
    assert np.ptp(losses) > 0.05, "losses that hardly move would agree by accident"


def test_the_bank_and_the_literal_way_give_fine_tuning_the_same_losses(
    layout: Layout, banked_frozen_base: Trained
) -> None:
    banked = train_fine_tuning(layout, views=EPOCHS)
    assert_same_losses(banked, train_fine_tuning(layout, views=0))


def test_other_views_give_other_losses(
    layout: Layout, tmp_path: Path, banked_frozen_base: Trained
) -> None:
    """The comparison above can fail: one view repeated is not three views."""
    repeated = Layout(tmp_path)
    write_classes(repeated.classes, CLASSES)
    for folder in ("splits", "weights"):
        shutil.copytree(layout.root / "data" / folder, tmp_path / "data" / folder)
    bank_frozen(repeated, 1)
    other = train_frozen_base(repeated, views=1)
    with pytest.raises(AssertionError):
        assert_same_losses(banked_frozen_base, other)


def test_no_views_make_an_empty_bank(layout: Layout, tmp_path: Path) -> None:
    lower, _ = halves(load_conv_base(layout.weights, 48))
    augmentation, train = params(0).augmentation, pictures(layout, "train")
    bank_views(lower, BACKBONE, augmentation, train, tmp_path / "train.npy")
    bank, labels = open_bank(tmp_path / "train.npy")
    assert bank.shape == (0, 24, *lower.output.shape[1:])
    assert len(labels) == 24


def test_a_picture_that_does_not_decode_is_named(layout: Layout, tmp_path: Path) -> None:
    found = pictures(layout, "train")
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    paths = (*found.paths[:7], broken, *found.paths[8:])
    conv_base = load_conv_base(layout.weights, 48)
    with pytest.raises(PipelineError, match=r"broken\.jpg cannot be read as a picture"):
        bank_features(conv_base, BACKBONE, replace(found, paths=paths), tmp_path / "train.npy")
    assert not (tmp_path / "train.npy").exists()


def test_frozen_base_leaves_vgg16_as_it_was(layout: Layout, banked_frozen_base: Trained) -> None:
    conv_base, _ = parts(banked_frozen_base.model)
    original = load_conv_base(layout.weights, 48)
    for kept, before in zip(conv_base.get_weights(), original.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, before)


def test_fine_tuning_moves_block_5_and_nothing_below(
    layout: Layout, banked_frozen_base: Trained
) -> None:
    tuned, _ = parts(train_fine_tuning(layout, views=EPOCHS).model)
    original = load_conv_base(layout.weights, 48)
    for layer in original.layers:
        if layer.weights:
            same = np.array_equal(
                tuned.get_layer(layer.name).get_weights()[0], layer.get_weights()[0]
            )
            assert same == (not layer.name.startswith("block5")), layer.name


def test_fine_tuning_starts_from_the_trained_head(
    layout: Layout, banked_frozen_base: Trained
) -> None:
    tuned = train_fine_tuning(layout, views=EPOCHS, learning_rate=1e-12)
    loaded = load_pictures(pictures(layout, "validation").paths, 48)
    before = keras.models.load_model(layout.model("frozen_base")).predict(loaded, verbose=0)
    np.testing.assert_allclose(tuned.model.predict(loaded, verbose=0), before, atol=1e-4)


def test_feature_extraction_gives_a_whole_model(layout: Layout) -> None:
    keras.utils.set_random_seed(0)
    trained = feature_extraction.learn(layout, params(EPOCHS, dropout=0.5), quiet)
    loaded = load_pictures(pictures(layout, "validation").paths, 48)
    probabilities = trained.model.predict(loaded, verbose=0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    right = probabilities.argmax(axis=1) == pictures(layout, "validation").labels
    best = trained.training.history[trained.training.best_epoch - 1]
    assert right.mean() == pytest.approx(best["val_accuracy"], abs=0.09)


def test_metrics_count_what_was_trained(layout: Layout, banked_frozen_base: Trained) -> None:
    base = metrics(train_frozen_base(layout, views=EPOCHS))
    tuned = metrics(train_fine_tuning(layout, views=EPOCHS))
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


def test_banks_hold_float16_and_labels_in_the_order_of_the_pictures(layout: Layout) -> None:
    views, labels = open_bank(layout.views / "train.npy")
    assert views.shape == (EPOCHS, 24, 3, 3, 512)
    assert views.dtype == np.float16
    assert isinstance(views, np.memmap)
    np.testing.assert_array_equal(labels, pictures(layout, "train").labels)
    assert np.abs(views[0].astype(np.float32) - views[1].astype(np.float32)).max() > 1
