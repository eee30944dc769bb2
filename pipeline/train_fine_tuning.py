"""Release block 5 of the trained frozen-base model and tune it at a low learning rate."""

from functools import partial

from training_stage import MODELS, SPLITS, VIEWS, train_and_write

from dogs_vs_cats import stage
from dogs_vs_cats.compute import ComputeSettings
from dogs_vs_cats.data.augmentation import AugmentationSettings
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.models.vgg16 import BackboneSettings
from dogs_vs_cats.params import read_settings
from dogs_vs_cats.training.loop import TrainingSettings
from dogs_vs_cats.training.trained import list_training_pictures
from dogs_vs_cats.training.transfer import fine_tuning


def main() -> None:
    settings = read_settings("fine_tuning", TrainingSettings)
    backbone = read_settings("backbone", BackboneSettings)
    augmentation = read_settings("augmentation", AugmentationSettings)
    classes = read_settings("classes", ClassSettings)
    compute = read_settings("compute", ComputeSettings)
    pictures = list_training_pictures(SPLITS, classes.names)
    train_and_write(
        "fine_tuning",
        compute,
        settings.seed,
        {"fine_tuning": settings, "backbone": backbone, "augmentation": augmentation},
        partial(
            fine_tuning,
            pictures,
            VIEWS,
            MODELS / "frozen_base.keras",
            backbone,
            augmentation,
            settings,
        ),
    )


if __name__ == "__main__":
    stage.run(main)
