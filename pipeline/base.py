"""Pass the pictures of all three splits through one of the bases to compare, and average over the
places of each: `python pipeline/base.py vgg16-150`."""

import sys
import time
from dataclasses import asdict

from dogs_vs_cats.backbones.networks import build, pooled
from dogs_vs_cats.backbones.weights import fill
from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.data.reading.pictures import list_pictures
from dogs_vs_cats.features.frozen_pass import bank_features
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import whole_directory, write_json
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import SPLITS, base_settings, read_params
from dogs_vs_cats.tracking.timings import write_pass_timings


def main() -> None:
    layout, params, base = Layout(), read_params(), base_settings(sys.argv[1])
    device = set_up(params.compute, seed=0, intra_op_threads=1)
    print(f"{base.base} on {device}, engine {params.compute.engine}")
    network = build(base.name, base.image_size)
    try:
        origin = fill(network)
    except PipelineError as error:
        raise PipelineError(f"{error} Or take {base.base} out of compare.backbones.") from None
    network.trainable = False
    part, classes = pooled(network), read_classes(layout.classes)
    made = layout.bases / base.base
    with whole_directory(made) as folder:
        started = time.perf_counter()
        for split in SPLITS:
            pictures = list_pictures(layout.splits / split, classes)
            path = folder / f"{split}.npy"
            bank_features(part, base, pictures, path, params.compute.engine)
        seconds = time.perf_counter() - started
        write_json(folder / layout.weights_origin.name, asdict(origin))
    write_pass_timings(layout, made, device, seconds)


if __name__ == "__main__":
    stage.run(main)
