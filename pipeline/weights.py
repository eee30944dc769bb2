"""Write VGG16's ImageNet weights, checked, as one file that Keras loads."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.backbones.vgg16 import read_weights, write_weights
from dogs_vs_cats.project.files import require_space, whole_file
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import read_params


def main() -> None:
    read_params()  # `dvc repro weights` alone ends here with a parameter that is wrong
    target, weights = Layout().weights, read_weights()
    arrays = [array for layer in weights.values() for array in layer]
    require_space(target, sum(array.nbytes for array in arrays))
    with whole_file(target) as path:
        write_weights(weights, path)


if __name__ == "__main__":
    stage.run(main)
