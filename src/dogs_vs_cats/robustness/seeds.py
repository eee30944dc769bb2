"""How much of a result is the luck of one training: the banked heads trained with other seeds.

This spread is apart from the sampling interval, which says how much is the luck of the pictures.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dogs_vs_cats.backbones.networks import load_conv_base
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.features.bank import Bank, open_bank
from dogs_vs_cats.features.pooled import pooled_views
from dogs_vs_cats.methods import Method
from dogs_vs_cats.models.head import build_head
from dogs_vs_cats.models.outputs import class_scores
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import SPLITS, BackboneSettings, HeadSettings, TrainingSettings
from dogs_vs_cats.training.epochs import banked
from dogs_vs_cats.training.loop import train

COLUMNS = ("method", "seed", "best_epoch", "validation_accuracy", "test_accuracy")


def retrain_heads(
    seeds: int,
    layout: Layout,
    backbone: BackboneSettings,
    head: HeadSettings,
    settings: Mapping[Method, TrainingSettings],
) -> pd.DataFrame:
    """Train the two banked heads ``seeds`` times each.

    A seed sets initial weights, dropout and the pictures' order. The first one is the method's own
    and repeats its training; the next ones follow it. No saved model is read or written.
    ``frozen_base`` is left out where its views are not banked, and ``fine_tuning`` always: the
    half of the base that it trains is no head, and takes minutes a seed.

    Args:
        seeds: trainings of each head. 1 trains none: that training has been done.
        layout: where the names of the classes, the banks of all three splits and the base's
            weights are.
        backbone: what made the banks.
        head: how their maps are pooled.
        settings: of the trainings of both methods.

    Returns:
        A row a training: ``method``, ``seed``, ``best_epoch``, ``validation_accuracy`` and
        ``test_accuracy`` (0 to 1) of that epoch's weights.
    """
    rows: list[dict[str, Any]] = []
    if seeds > 1:
        banks = {split: open_bank(layout.features / f"{split}.npy") for split in SPLITS}
        classes = len(read_classes(layout.classes))
        conv_base = load_conv_base(layout.weights, backbone)
        with pooled_views(conv_base, layout.views, SPLITS) as pooled:
            for method, opened in (("feature_extraction", banks), ("frozen_base", pooled)):
                own = settings[method].seed
                for seed in range(own, own + seeds) if len(opened["train"][0]) else ():
                    seeded = settings[method].model_copy(update={"seed": seed})
                    reached = _retrain(opened, classes, layout.weights, backbone, head, seeded)
                    rows.append({"method": method, "seed": seed, **reached})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _retrain(
    opened: Mapping[str, Bank],
    classes: int,
    weights: Path,
    backbone: BackboneSettings,
    head_settings: HeadSettings,
    settings: TrainingSettings,
) -> dict[str, float]:
    keras.utils.set_random_seed(settings.seed)
    # Building the base draws random numbers before the head does, here as in the training.
    conv_base = load_conv_base(weights, backbone)
    head = build_head(conv_base, classes, settings.dropout, backbone, head_settings)
    training = train(head, banked(*opened["train"]), banked(*opened["validation"]), settings)
    test, labels = opened["test"]
    scores = class_scores(head.predict(np.asarray(test[0]), verbose=0))
    right = np.argmax(scores, axis=1) == labels
    return {
        "best_epoch": training.best_epoch,
        "validation_accuracy": training.history[training.best_epoch - 1]["val_accuracy"],
        "test_accuracy": float(right.mean()),
    }
