"""The three methods that start from a base, on small pictures and real weights.

VGG16 is a chain of layers; EfficientNet-Lite0 has branches and batch normalisation.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import lecture
import numpy as np
import pytest
from conftest import jpeg
from parameters import changed_params

from dogs_vs_cats.backbones.networks import build, halves, load_conv_base
from dogs_vs_cats.backbones.weights import fill
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
SIZE = 48


def quiet(epoch: int, metrics: dict[str, float]) -> None:
    pass


def params(name: str, views: int, learning_rate: float = 3e-3, dropout: float = 0.0) -> Params:
    """The lecture's settings, on pictures of 48 pixels, the same for each method."""
    training = lecture.TRAINING | {
        "epochs": EPOCHS, "batch_size": 8, "optimizer": "adam", "learning_rate": learning_rate,
        "dropout": dropout,
    }  # fmt: skip
    augmentation = lecture.AUGMENTATION.model_dump() | {"views": views, "seed": 5}
    return changed_params(
        {
            "backbone.name": name,
            "backbone.image_size": SIZE,
            "augmentation": augmentation,
            **dict.fromkeys(METHODS, training),
        }
    )


class Transfer(NamedTuple):
    """A project of small pictures, and the base that its methods start from."""

    layout: Layout
    base: str

    def params(self, views: int, learning_rate: float = 3e-3, dropout: float = 0.0) -> Params:
        return params(self.base, views, learning_rate, dropout)

    def conv_base(self) -> Any:
        return load_conv_base(self.layout.weights, self.params(0).backbone)

    def pictures(self, split: str) -> LabelledPictures:
        return list_pictures(self.layout.splits / split, CLASSES)

    def bank_frozen(self, views: int) -> None:
        """What the stage ``views`` writes."""
        lower, _ = halves(self.conv_base())
        params, banks = self.params(views), self.layout.views
        train, validation = self.pictures("train"), self.pictures("validation")
        bank_views(lower, params.backbone, params.augmentation, train, banks / "train.npy")
        bank_features(lower, params.backbone, validation, banks / "validation.npy")

    def frozen_base(self, views: int) -> Trained:
        keras.utils.set_random_seed(0)
        return frozen_base.learn(self.layout, self.params(views), quiet)

    def fine_tuning(self, views: int, learning_rate: float = 1e-5) -> Trained:
        keras.utils.set_random_seed(0)
        return fine_tuning.learn(self.layout, self.params(views, learning_rate), quiet)


@pytest.fixture(scope="module", params=["vgg16", "efficientnet_lite0"])
def transfer(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Transfer:
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
    conv_base = build(request.param, SIZE)
    fill(conv_base)
    conv_base.save_weights(layout.weights)
    made = Transfer(layout, request.param)
    for split in ("train", "validation"):
        path = layout.features / f"{split}.npy"
        bank_features(made.conv_base(), made.params(0).backbone, made.pictures(split), path)
    made.bank_frozen(EPOCHS)
    return made


@pytest.fixture(scope="module")
def banked_frozen_base(transfer: Transfer) -> Trained:
    trained = transfer.frozen_base(views=EPOCHS)
    transfer.layout.models.mkdir()
    save_model(trained.model, transfer.layout.model("frozen_base"), trained.description)
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
    transfer: Transfer, banked_frozen_base: Trained
) -> None:
    # EPOCHS views banked, and EPOCHS epochs of views made anew: the same views.
    literal = transfer.frozen_base(views=0)
    assert_same_losses(banked_frozen_base, literal)
    losses = [epoch["loss"] for epoch in literal.training.history]
    assert np.ptp(losses) > 0.05, "losses that hardly move would agree by accident"


def test_the_bank_and_the_literal_way_give_fine_tuning_the_same_losses(
    transfer: Transfer, banked_frozen_base: Trained
) -> None:
    banked = transfer.fine_tuning(views=EPOCHS)
    assert_same_losses(banked, transfer.fine_tuning(views=0))


def test_other_views_give_other_losses(
    transfer: Transfer, tmp_path: Path, banked_frozen_base: Trained
) -> None:
    """The comparison above can fail: one view repeated is not three views."""
    repeated = transfer._replace(layout=Layout(tmp_path))
    write_classes(repeated.layout.classes, CLASSES)
    for folder in ("splits", "weights"):
        shutil.copytree(transfer.layout.root / "data" / folder, tmp_path / "data" / folder)
    repeated.bank_frozen(1)
    other = repeated.frozen_base(views=1)
    with pytest.raises(AssertionError):
        assert_same_losses(banked_frozen_base, other)


def test_no_views_make_an_empty_bank(transfer: Transfer, tmp_path: Path) -> None:
    lower, _ = halves(transfer.conv_base())
    params, train = transfer.params(0), transfer.pictures("train")
    bank_views(lower, params.backbone, params.augmentation, train, tmp_path / "train.npy")
    bank, labels = open_bank(tmp_path / "train.npy")
    assert bank.shape == (0, 24, *lower.output.shape[1:])
    assert len(labels) == 24


def test_a_picture_that_does_not_decode_is_named(transfer: Transfer, tmp_path: Path) -> None:
    found = transfer.pictures("train")
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    paths = (*found.paths[:7], broken, *found.paths[8:])
    conv_base, backbone = transfer.conv_base(), transfer.params(0).backbone
    with pytest.raises(PipelineError, match=r"broken\.jpg cannot be read as a picture"):
        bank_features(conv_base, backbone, replace(found, paths=paths), tmp_path / "train.npy")
    assert not (tmp_path / "train.npy").exists()


def test_frozen_base_leaves_the_base_as_it_was(
    transfer: Transfer, banked_frozen_base: Trained
) -> None:
    conv_base, _ = parts(banked_frozen_base.model)
    original = transfer.conv_base()
    for kept, before in zip(conv_base.get_weights(), original.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, before)


def test_fine_tuning_moves_the_last_block_and_nothing_below(
    transfer: Transfer, banked_frozen_base: Trained
) -> None:
    """Nor the statistics and factors of batch normalisation, in the last block either."""
    tuned, _ = parts(transfer.fine_tuning(views=EPOCHS).model)
    original = [layer for layer in transfer.conv_base().layers if layer.weights]
    moved = {
        layer.name
        for layer in original
        if not all(
            map(np.array_equal, tuned.get_layer(layer.name).get_weights(), layer.get_weights())
        )
    }
    assert moved == {
        "vgg16": {"block5_conv1", "block5_conv2", "block5_conv3"},
        "efficientnet_lite0": {
            "block7a_expand_conv", "block7a_dwconv", "block7a_project_conv", "top_conv",
        },
    }[transfer.base]  # fmt: skip


def test_fine_tuning_starts_from_the_trained_head(
    transfer: Transfer, banked_frozen_base: Trained
) -> None:
    tuned = transfer.fine_tuning(views=EPOCHS, learning_rate=1e-12)
    loaded = load_pictures(transfer.pictures("validation").paths, SIZE)
    before = keras.models.load_model(transfer.layout.model("frozen_base")).predict(
        loaded, verbose=0
    )
    np.testing.assert_allclose(tuned.model.predict(loaded, verbose=0), before, atol=1e-4)


def test_feature_extraction_gives_a_whole_model(transfer: Transfer) -> None:
    keras.utils.set_random_seed(0)
    trained = feature_extraction.learn(transfer.layout, transfer.params(EPOCHS, dropout=0.5), quiet)
    loaded = load_pictures(transfer.pictures("validation").paths, SIZE)
    probabilities = trained.model.predict(loaded, verbose=0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    right = probabilities.argmax(axis=1) == transfer.pictures("validation").labels
    best = trained.training.history[trained.training.best_epoch - 1]
    assert right.mean() == pytest.approx(best["val_accuracy"], abs=0.09)


def test_metrics_count_what_was_trained(transfer: Transfer, banked_frozen_base: Trained) -> None:
    base = metrics(transfer.frozen_base(views=EPOCHS))
    tuned = metrics(transfer.fine_tuning(views=EPOCHS))
    channels, whole, last_block = {
        "vgg16": (512, 14_714_688, 3 * (3 * 3 * 512 * 512 + 512)),
        # the paper's table 1: expansion by 6, 3×3 depthwise, projection, and the last 1×1
        "efficientnet_lite0": (
            1280, 3_413_024, 192 * 1152 + 3 * 3 * 1152 + 1152 * 320 + 320 * 1280,
        ),
    }[transfer.base]  # fmt: skip
    head = channels * 256 + 256 + 256 + 1  # one place at 48 pixels, or averaged
    assert base["parameters"] == tuned["parameters"] == whole + head
    assert base["trainable_parameters"] == head
    assert tuned["trainable_parameters"] == head + last_block


def test_the_history_table_counts_epochs_from_one(banked_frozen_base: Trained) -> None:
    table: Any = history_table(banked_frozen_base.training)
    assert list(table["epoch"]) == [1, 2, 3]
    assert list(table.columns) == [
        "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate",
    ]  # fmt: skip


def test_banks_hold_float16_and_labels_in_the_order_of_the_pictures(transfer: Transfer) -> None:
    views, labels = open_bank(transfer.layout.views / "train.npy")
    assert views.shape == (EPOCHS, 24, *halves(transfer.conv_base())[0].output.shape[1:])
    assert views.dtype == np.float16
    assert isinstance(views, np.memmap)
    np.testing.assert_array_equal(labels, transfer.pictures("train").labels)
    first, second = views[:2].astype(np.float32)
    assert np.abs(first - second).max() > 0.1 * np.abs(first).max()
