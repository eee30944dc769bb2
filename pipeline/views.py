"""Pass augmented views through the base's lower half, once, and plain pictures for validation."""

import time

from dogs_vs_cats.backbones.networks import halves, load_conv_base
from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.data.reading.pictures import list_pictures
from dogs_vs_cats.features.frozen_pass import bank_features, bank_views
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import SPLITS, read_params
from dogs_vs_cats.tracking.timings import write_pass_timings


def main() -> None:
    layout, params = Layout(), read_params()
    backbone, engine = params.backbone, params.compute.engine
    device = set_up(params.compute, seed=0, intra_op_threads=1)
    print(f"Views on {device}, engine {engine}")
    lower, _ = halves(load_conv_base(layout.weights, backbone))
    started = time.perf_counter()
    for split in SPLITS:
        pictures = list_pictures(layout.splits / split, read_classes(layout.classes))
        path = layout.views / f"{split}.npy"
        if split == "train":
            bank_views(lower, backbone, params.augmentation, pictures, path, engine)
        else:
            bank_features(lower, backbone, pictures, path, engine)
    write_pass_timings(layout, layout.views, device, time.perf_counter() - started)


if __name__ == "__main__":
    stage.run(main)
