"""Heads trained again, on small banks and VGG16's real weights."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dogs_vs_cats.training.transfer import feature_extraction

from dogs_vs_cats.backbones.vgg16 import build_conv_base
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.features.bank import labels_path
from dogs_vs_cats.models.head import parts
from dogs_vs_cats.models.saved import predict
from dogs_vs_cats.robustness.seeds import Banks, retrain_heads
from dogs_vs_cats.settings import BackboneSettings, TrainingSettings

BACKBONE = BackboneSettings(preprocessing="imagenet", image_size=32)


def settings(seed: int) -> TrainingSettings:
    return TrainingSettings(
        epochs=3,
        batch_size=8,
        optimizer="adam",
        learning_rate=1e-3,
        schedule="constant",
        weight_decay=0.0,
        label_smoothing=0.0,
        dropout=0.5,
        ema_momentum=0.0,
        seed=seed,
    )


@pytest.fixture(scope="module")
def banks(tmp_path_factory: pytest.TempPathFactory) -> Banks:
    """Noise in which the class shows a little, so that seeds matter."""
    place = tmp_path_factory.mktemp("seeds")
    rng = np.random.default_rng(0)
    for folder, views, side in (("features", 1, 1), ("views", 2, 2)):
        (place / folder).mkdir()
        for split, count in (("train", 40), ("validation", 30), ("test", 50)):
            labels = (np.arange(count) % 2).astype(np.float32)
            bank = rng.normal(size=(views if split == "train" else 1, count, side, side, 512))
            bank += 0.1 * labels[:, np.newaxis, np.newaxis, np.newaxis]
            path = place / folder / f"{split}.npy"
            np.save(path, (20 * np.abs(bank)).astype(np.float16))
            np.save(labels_path(path), labels)
    weights = place / "vgg16.weights.h5"
    build_conv_base(32).save_weights(weights)
    return Banks(place / "features", place / "views", weights)


def retrain(banks: Banks, seeds: int) -> pd.DataFrame:
    return retrain_heads(seeds, banks, BACKBONE, settings(7), settings(3))


@pytest.fixture(scope="module")
def two_seeds(banks: Banks) -> pd.DataFrame:
    return retrain(banks, 2)


def test_one_seed_trains_nothing_and_leaves_the_header(tmp_path: Path) -> None:
    nowhere = Banks(tmp_path / "features", tmp_path / "views", tmp_path / "weights.h5")
    table = retrain(nowhere, 1)
    assert table.to_csv(index=False) == (
        "method,seed,best_epoch,validation_accuracy,test_accuracy\n"
    )


def test_each_head_is_trained_with_its_own_seed_and_the_next_ones(
    banks: Banks, two_seeds: pd.DataFrame
) -> None:
    assert list(zip(two_seeds["method"], two_seeds["seed"], strict=True)) == [
        ("feature_extraction", 7),
        ("feature_extraction", 8),
        ("frozen_base", 3),
        ("frozen_base", 4),
    ]
    assert two_seeds["best_epoch"].isin([1, 2, 3]).all()
    assert two_seeds["validation_accuracy"].between(0, 1).all()
    assert not [path for path in banks.views.parent.iterdir() if "seeds" in path.name]


def test_the_first_seed_repeats_the_methods_own_training(
    banks: Banks, two_seeds: pd.DataFrame
) -> None:
    row = two_seeds.iloc[0]
    keras.utils.set_random_seed(7)
    trained = feature_extraction(
        banks.features, banks.weights, BACKBONE, settings(7), lambda epoch, metrics: None
    )
    best = trained.training.history[trained.training.best_epoch - 1]
    assert row["best_epoch"] == trained.training.best_epoch
    assert row["validation_accuracy"] == pytest.approx(best["val_accuracy"])
    _, head = parts(trained.model)
    logits = predict(head, np.load(banks.features / "test.npy")[0])
    labels = np.load(labels_path(banks.features / "test.npy"))
    assert row["test_accuracy"] == pytest.approx(np.mean((logits > 0) == labels))


def test_without_banked_views_the_frozen_base_is_left_out(
    banks: Banks, two_seeds: pd.DataFrame, tmp_path: Path
) -> None:
    views = tmp_path / "views"
    shutil.copytree(banks.views, views)
    np.save(views / "train.npy", np.load(views / "train.npy")[:0])
    table = retrain(Banks(banks.features, views, banks.weights), 2)
    pd.testing.assert_frame_equal(table, two_seeds[two_seeds["method"] == "feature_extraction"])
