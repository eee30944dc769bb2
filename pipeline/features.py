"""Pass the pictures of all three splits through VGG16's convolutional base, once."""

from pathlib import Path

from dogs_vs_cats import stage
from dogs_vs_cats.backend import dtype_policy, set_up
from dogs_vs_cats.compute import ComputeSettings
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.data.pictures import list_pictures
from dogs_vs_cats.models.vgg16 import BackboneSettings, load_conv_base
from dogs_vs_cats.params import read_settings
from dogs_vs_cats.training.view_bank import bank_features

SPLITS = Path("data/splits")
WEIGHTS = Path("data/weights/vgg16.weights.h5")
FEATURES = Path("data/features")


def main() -> None:
    backbone = read_settings("backbone", BackboneSettings)
    classes = read_settings("classes", ClassSettings).names
    compute = read_settings("compute", ComputeSettings)
    device = set_up(compute, seed=0, intra_op_threads=1)
    print(f"Features on {device}, engine {compute.engine}")
    with dtype_policy(device.precision):  # weights too: they do not change, so are cast once
        conv_base = load_conv_base(WEIGHTS, backbone.image_size)
    for split in ("train", "validation", "test"):
        pictures = list_pictures(SPLITS / split, classes)
        bank_features(conv_base, backbone, pictures, FEATURES / f"{split}.npy", compute.engine)


if __name__ == "__main__":
    stage.run(main)
