"""Write the base's weights as one file that Keras loads, and where they came from."""

from dataclasses import asdict

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.backbones.networks import build
from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.backbones.weights import fill
from dogs_vs_cats.project.files import require_space, whole_directory, write_json
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.places import of_user
from dogs_vs_cats.settings import read_params


def main() -> None:
    layout, params = Layout(), read_params()
    backbone = params.backbone
    conv_base = build(backbone.name, BACKBONES[backbone.name].smallest)
    file = str(of_user(backbone.weights)) if backbone.weights else ""
    origin = fill(conv_base, file)
    require_space(layout.weights, sum(weight.numpy().nbytes for weight in conv_base.weights))
    with whole_directory(layout.weights.parent) as folder:
        conv_base.save_weights(folder / layout.weights.name)
        write_json(folder / layout.weights_origin.name, asdict(origin))
    print(f"Weights of {origin.name}: {origin.origin}")


if __name__ == "__main__":
    stage.run(main)
