"""What a training gives, and what is told of it."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dogs_vs_cats.models.saved import Description
from dogs_vs_cats.training.loop import Training


@dataclass(frozen=True)
class Trained:
    """A method's result."""

    model: Any
    """The whole model (:func:`dogs_vs_cats.models.saved.whole_model`)."""
    training: Training
    description: Description


def metrics(trained: Trained) -> dict[str, float]:
    """What a training reached, without anything that differs from run to run.

    Accuracies and losses are the best epoch's; training accuracy is over the epoch's batches as
    they were learned from, augmentation and dropout included.
    """
    best = trained.training.history[trained.training.best_epoch - 1]
    return {
        "best_epoch": trained.training.best_epoch,
        "train_accuracy": best["accuracy"],
        "train_loss": best["loss"],
        "validation_accuracy": best["val_accuracy"],
        "validation_loss": best["val_loss"],
        "parameters": trained.model.count_params(),
        "trainable_parameters": sum(math.prod(w.shape) for w in trained.model.trainable_weights),
    }


def history_table(training: Training) -> pd.DataFrame:
    """A row an epoch: ``epoch`` from 1, then the columns of ``EpochMetrics``."""
    table = pd.DataFrame(training.history)
    table.insert(0, "epoch", range(1, len(table) + 1))
    return table
