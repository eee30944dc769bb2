"""Kaggle's own pictures, where they are at hand, pass the committed split and validation."""

from pathlib import Path

from dogs_vs_cats.data.archive import open_archive
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.data.expectations import ValidationSettings
from dogs_vs_cats.data.split import SplitSettings, choose, usable_pictures, write_splits
from dogs_vs_cats.data.validation import validate_pictures
from dogs_vs_cats.params import read_settings

PARAMS = Path(__file__).parents[2] / "params.yaml"


def test_the_real_archive_is_split_and_passes_validation(
    real_archive: Path, tmp_path: Path
) -> None:
    split = read_settings("split", SplitSettings, PARAMS)
    classes = read_settings("classes", ClassSettings, PARAMS).names
    with open_archive(real_archive, classes) as archive:
        usable, _ = usable_pictures(archive, split)
        chosen = choose(usable, classes, split)
        manifest = write_splits(archive, chosen, tmp_path / "splits")
    assert manifest.groupby("split").size().to_dict() == {
        "train": 2000,
        "validation": 1000,
        "test": 1000,
    }
    assert list(manifest["file"][:2]) == ["train/cat/cat.0.jpg", "train/cat/cat.1.jpg"]
    manifest.to_csv(tmp_path / "manifest.csv", index=False)
    validation = validate_pictures(
        tmp_path / "manifest.csv",
        tmp_path / "splits",
        classes,
        split.sizes,
        read_settings("validate", ValidationSettings, PARAMS),
    )
    validation.require_success()
    assert validation.summary["pictures"] == 4000
