"""Pass the pictures of all three splits through the convolutional base, once."""

import time

from dogs_vs_cats.backbones.networks import load_conv_base
from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.data.reading.pictures import list_pictures
from dogs_vs_cats.features.frozen_pass import bank_features
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import SPLITS, read_params
from dogs_vs_cats.tracking.timings import write_pass_timings


def main() -> None:
    layout, params = Layout(), read_params()
    backbone, engine = params.backbone, params.compute.engine
    device = set_up(params.compute, seed=0, intra_op_threads=1)
    print(f"Features on {device}, engine {engine}")
    conv_base = load_conv_base(layout.weights, backbone)
    started = time.perf_counter()
    for split in SPLITS:
        pictures = list_pictures(layout.splits / split, read_classes(layout.classes))
        bank_features(conv_base, backbone, pictures, layout.features / f"{split}.npy", engine)
    write_pass_timings(layout, layout.features, device, time.perf_counter() - started)


if __name__ == "__main__":
    stage.run(main)
