"""Train a small convnet from scratch."""

from functools import partial

from training_stage import SPLITS, train_and_write

from dogs_vs_cats import stage
from dogs_vs_cats.compute import ComputeSettings
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.models.vgg16 import BackboneSettings
from dogs_vs_cats.params import read_settings
from dogs_vs_cats.training.convnets import small_convnet
from dogs_vs_cats.training.loop import TrainingSettings
from dogs_vs_cats.training.trained import list_training_pictures


def main() -> None:
    settings = read_settings("small_convnet", TrainingSettings)
    backbone = read_settings("backbone", BackboneSettings)
    classes = read_settings("classes", ClassSettings)
    compute = read_settings("compute", ComputeSettings)
    pictures = list_training_pictures(SPLITS, classes.names)
    train_and_write(
        "small_convnet",
        compute,
        settings.seed,
        {"small_convnet": settings, "backbone": backbone},
        partial(small_convnet, pictures, backbone, settings),
    )


if __name__ == "__main__":
    stage.run(main)
