"""What the methods share: what goes into a training and what comes out of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dogs_vs_cats.data.augmentation import AugmentationSettings
from dogs_vs_cats.data.pictures import LabelledPictures, list_pictures, load_pictures
from dogs_vs_cats.models.vgg16 import BackboneSettings
from dogs_vs_cats.training.epochs import Source, augmented, plain
from dogs_vs_cats.training.loop import Training


@dataclass(frozen=True)
class Trained:
    """A method's result."""

    model: Any
    """The whole model (:func:`dogs_vs_cats.models.classifiers.whole_model`)."""
    training: Training


@dataclass(frozen=True)
class Pictures:
    """The pictures that a method may look at. The test split is not among them."""

    train: LabelledPictures
    validation: LabelledPictures


def list_training_pictures(splits: Path, classes: Sequence[str]) -> Pictures:
    """The training and validation pictures under the folder of all splits.

    Raises:
        PipelineError: as :func:`dogs_vs_cats.data.pictures.list_pictures`.
    """
    return Pictures(
        train=list_pictures(splits / "train", classes),
        validation=list_pictures(splits / "validation", classes),
    )


def plain_source(pictures: LabelledPictures, backbone: BackboneSettings) -> Source:
    """The pictures as they are, decoded into memory."""
    return plain(load_pictures(pictures.paths, backbone.image_size), pictures.labels)


def augmented_source(
    pictures: LabelledPictures, backbone: BackboneSettings, augmentation: AugmentationSettings
) -> Source:
    """The pictures decoded into memory, augmented anew in every epoch."""
    loaded = load_pictures(pictures.paths, backbone.image_size)
    return augmented(loaded, pictures.labels, augmentation)


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
