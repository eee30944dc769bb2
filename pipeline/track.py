"""Make sure that MLflow holds a run for each trained method in dvc.lock."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.mirror import track


def main() -> None:
    print(track(Layout()))


if __name__ == "__main__":
    stage.run(main)
