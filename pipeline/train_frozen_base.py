"""Train a head on VGG16's frozen base, end to end on augmented pictures."""

from functools import partial

from training_stage import SPLITS, VIEWS, WEIGHTS, train_and_write

from dogs_vs_cats import stage
from dogs_vs_cats.compute import ComputeSettings
from dogs_vs_cats.data.augmentation import AugmentationSettings
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.models.vgg16 import BackboneSettings
from dogs_vs_cats.params import read_settings
from dogs_vs_cats.training.loop import TrainingSettings
from dogs_vs_cats.training.trained import list_training_pictures
from dogs_vs_cats.training.transfer import frozen_base


def main() -> None:
    settings = read_settings("frozen_base", TrainingSettings)
    backbone = read_settings("backbone", BackboneSettings)
    augmentation = read_settings("augmentation", AugmentationSettings)
    classes = read_settings("classes", ClassSettings)
    compute = read_settings("compute", ComputeSettings)
    pictures = list_training_pictures(SPLITS, classes.names)
    train_and_write(
        "frozen_base",
        compute,
        settings.seed,
        {"frozen_base": settings, "backbone": backbone, "augmentation": augmentation},
        partial(frozen_base, pictures, VIEWS, WEIGHTS, backbone, augmentation, settings),
    )


if __name__ == "__main__":
    stage.run(main)
