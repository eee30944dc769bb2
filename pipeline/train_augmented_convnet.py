"""Train the small convnet on augmented pictures."""

from functools import partial

from training_stage import SPLITS, train_and_write

from dogs_vs_cats import stage
from dogs_vs_cats.compute import ComputeSettings
from dogs_vs_cats.data.augmentation import AugmentationSettings
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.models.vgg16 import BackboneSettings
from dogs_vs_cats.params import read_settings
from dogs_vs_cats.training.convnets import augmented_convnet
from dogs_vs_cats.training.loop import TrainingSettings
from dogs_vs_cats.training.trained import list_training_pictures


def main() -> None:
    settings = read_settings("augmented_convnet", TrainingSettings)
    backbone = read_settings("backbone", BackboneSettings)
    augmentation = read_settings("augmentation", AugmentationSettings)
    classes = read_settings("classes", ClassSettings)
    compute = read_settings("compute", ComputeSettings)
    pictures = list_training_pictures(SPLITS, classes.names)
    train_and_write(
        "augmented_convnet",
        compute,
        settings.seed,
        {"augmented_convnet": settings, "backbone": backbone, "augmentation": augmentation},
        partial(augmented_convnet, pictures, backbone, augmentation, settings),
    )


if __name__ == "__main__":
    stage.run(main)
