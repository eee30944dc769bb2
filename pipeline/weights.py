"""Write VGG16's ImageNet weights, checked, as one file that Keras loads."""

from pathlib import Path

from dogs_vs_cats import stage
from dogs_vs_cats.files import whole_file
from dogs_vs_cats.models.vgg16 import read_weights, write_weights

WEIGHTS = Path("data/weights/vgg16.weights.h5")


def main() -> None:
    with whole_file(WEIGHTS) as path:
        write_weights(read_weights(), path)


if __name__ == "__main__":
    stage.run(main)
