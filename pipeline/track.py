"""Make sure that MLflow holds a run for each trained method in dvc.lock."""

from pathlib import Path

from dogs_vs_cats import stage
from dogs_vs_cats.tracking.mirror import Paths, track

PATHS = Paths(
    lock=Path("dvc.lock"),
    models=Path("data/models"),
    reports=Path("reports"),
    training_split=Path("data/splits/train"),
    manifest=Path("data/manifest.csv"),
)


def main() -> None:
    print(track(PATHS))


if __name__ == "__main__":
    stage.run(main)
