"""Pass augmented views through VGG16's blocks 1 to 4, once, and plain pictures for validation."""

from pathlib import Path

from dogs_vs_cats import stage
from dogs_vs_cats.backend import dtype_policy, set_up
from dogs_vs_cats.compute import ComputeSettings
from dogs_vs_cats.data.augmentation import AugmentationSettings
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.data.pictures import list_pictures
from dogs_vs_cats.models.vgg16 import BackboneSettings, halves, load_conv_base
from dogs_vs_cats.params import read_settings
from dogs_vs_cats.training.view_bank import bank_features, bank_views

SPLITS = Path("data/splits")
WEIGHTS = Path("data/weights/vgg16.weights.h5")
VIEWS = Path("data/views")


def main() -> None:
    backbone = read_settings("backbone", BackboneSettings)
    augmentation = read_settings("augmentation", AugmentationSettings)
    classes = read_settings("classes", ClassSettings).names
    compute = read_settings("compute", ComputeSettings)
    device = set_up(compute, seed=0, intra_op_threads=1)
    print(f"Views on {device}, engine {compute.engine}")
    with dtype_policy(device.precision):  # weights too: they do not change, so are cast once
        blocks1to4, _ = halves(load_conv_base(WEIGHTS, backbone.image_size))
    train = list_pictures(SPLITS / "train", classes)
    bank_views(blocks1to4, backbone, augmentation, train, VIEWS / "train.npy", compute.engine)
    for split in ("validation", "test"):
        pictures = list_pictures(SPLITS / split, classes)
        bank_features(blocks1to4, backbone, pictures, VIEWS / f"{split}.npy", compute.engine)


if __name__ == "__main__":
    stage.run(main)
