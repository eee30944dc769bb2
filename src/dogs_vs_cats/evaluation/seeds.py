"""How much of a result is the luck of one training: the banked heads trained with other seeds.

This spread is apart from the sampling interval, which says how much is the luck of the pictures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dogs_vs_cats.backend import keras
from dogs_vs_cats.files import scratch_directory
from dogs_vs_cats.methods import Method
from dogs_vs_cats.models.classifiers import build_head
from dogs_vs_cats.models.vgg16 import BackboneSettings, halves, load_conv_base
from dogs_vs_cats.training.epochs import banked
from dogs_vs_cats.training.loop import TrainingSettings, train
from dogs_vs_cats.training.view_bank import open_bank, pooled_bank

COLUMNS = ("method", "seed", "best_epoch", "validation_accuracy", "test_accuracy")

Bank = tuple[npt.NDArray[np.float16], npt.NDArray[np.float32]]
"""``block5_pool`` features (views, pictures, height, width, channels) and labels (pictures,)."""


@dataclass(frozen=True)
class Banks:
    """Where the banks and the base that made them are."""

    features: Path
    """Folder of ``conv_base`` features."""
    views: Path
    """Folder of ``block4_pool``, augmented for training."""
    weights: Path
    """VGG16's, ``.weights.h5``."""


def retrain_heads(
    seeds: int,
    banks: Banks,
    backbone: BackboneSettings,
    feature_extraction: TrainingSettings,
    frozen_base: TrainingSettings,
) -> pd.DataFrame:
    """Train the two banked heads ``seeds`` times each.

    A seed sets initial weights, dropout and the pictures' order. The first one is the method's own
    and repeats its training; the next ones follow it. No saved model is read or written.
    ``frozen_base`` is left out where its views are not banked, and ``fine_tuning`` always: the
    block 5 that it trains is no head, and takes minutes a seed.

    Args:
        seeds: trainings of each head. 1 trains none: that training has been done.
        banks: the banks of training, validation and test split.
        backbone: preprocessing and size of the pictures behind them.
        feature_extraction: settings of that method's training.
        frozen_base: as ``feature_extraction``.

    Returns:
        A row a training: ``method``, ``seed``, ``best_epoch``, ``validation_accuracy`` and
        ``test_accuracy`` (0 to 1) of that epoch's weights.
    """
    rows: list[dict[str, Any]] = []
    if seeds > 1:
        features = _features(banks)
        rows += _retrain("feature_extraction", features, seeds, banks, backbone, feature_extraction)
        with scratch_directory(banks.views.with_name("seeds")) as scratch:
            pooled = _pooled_views(banks, backbone, scratch)
            if len(pooled["train"][0]):
                rows += _retrain("frozen_base", pooled, seeds, banks, backbone, frozen_base)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _features(banks: Banks) -> dict[str, Bank]:
    return {
        split: open_bank(banks.features / f"{split}.npy")
        for split in ("train", "validation", "test")
    }


def _pooled_views(banks: Banks, backbone: BackboneSettings, scratch: Path) -> dict[str, Bank]:
    """The views passed through block 5, once for all seeds."""
    _, block5 = halves(load_conv_base(banks.weights, backbone.image_size))
    pooled = {}
    for split in ("train", "validation", "test"):
        bank, labels = open_bank(banks.views / f"{split}.npy")
        pooled[split] = (pooled_bank(block5, bank, scratch / f"{split}.npy"), labels)
    return pooled


def _retrain(
    method: Method,
    opened: Mapping[str, Bank],
    seeds: int,
    banks: Banks,
    backbone: BackboneSettings,
    settings: TrainingSettings,
) -> list[dict[str, Any]]:
    rows = []
    test, labels = opened["test"]
    for seed in range(settings.seed, settings.seed + seeds):
        keras.utils.set_random_seed(seed)
        # Building the base draws random numbers before the head does, here as in the training.
        conv_base = load_conv_base(banks.weights, backbone.image_size)
        head = build_head(conv_base.output.shape[1:], settings.dropout, backbone.preprocessing)
        training = train(
            head,
            banked(*opened["train"]),
            banked(*opened["validation"]),
            settings.model_copy(update={"seed": seed}),
        )
        logits = head.predict(np.asarray(test[0]), verbose=0)[:, 0]
        rows.append(
            {
                "method": method,
                "seed": seed,
                "best_epoch": training.best_epoch,
                "validation_accuracy": training.history[training.best_epoch - 1]["val_accuracy"],
                # A logit above 0 is a probability above one half.
                "test_accuracy": float(np.mean((logits > 0) == (labels == 1))),
            }
        )
    return rows
