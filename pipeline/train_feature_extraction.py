"""Train a head on the cached features of VGG16's frozen base."""

from functools import partial

from training_stage import FEATURES, WEIGHTS, train_and_write

from dogs_vs_cats import stage
from dogs_vs_cats.compute import ComputeSettings
from dogs_vs_cats.models.vgg16 import BackboneSettings
from dogs_vs_cats.params import read_settings
from dogs_vs_cats.training.loop import TrainingSettings
from dogs_vs_cats.training.transfer import feature_extraction


def main() -> None:
    settings = read_settings("feature_extraction", TrainingSettings)
    backbone = read_settings("backbone", BackboneSettings)
    compute = read_settings("compute", ComputeSettings)
    train_and_write(
        "feature_extraction",
        compute,
        settings.seed,
        {"feature_extraction": settings, "backbone": backbone},
        partial(feature_extraction, FEATURES, WEIGHTS, backbone, settings),
    )


if __name__ == "__main__":
    stage.run(main)
