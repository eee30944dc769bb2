"""Write VGG16's ImageNet weights, checked, as one file that Keras loads."""

from dogs_vs_cats.backbones.vgg16 import read_weights, write_weights
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.files import whole_file
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import read_params


def main() -> None:
    read_params()  # `dvc repro weights` alone ends here with a parameter that is wrong
    with whole_file(Layout().weights) as path:
        write_weights(read_weights(), path)


if __name__ == "__main__":
    stage.run(main)
