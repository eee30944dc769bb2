"""Where the tests' projects keep what is tracked: as pipeline/track.py says."""

from pathlib import Path

from dogs_vs_cats.tracking.mirror import Paths

PATHS = Paths(
    lock=Path("dvc.lock"),
    models=Path("data/models"),
    reports=Path("reports"),
    training_split=Path("data/splits/train"),
    manifest=Path("data/manifest.csv"),
)
