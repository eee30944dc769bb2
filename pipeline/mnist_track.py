"""Make sure that MLflow holds a run for each net for digits in ``mnist/dvc.lock``."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.mnist.settings import LAYOUT
from dogs_vs_cats.mnist.tracking import track


def main() -> None:
    print(track(LAYOUT))


if __name__ == "__main__":
    stage.run(main)
