"""Kaggle's own pictures, where they are at hand, pass the committed split and validation."""

from pathlib import Path

from dogs_vs_cats.data.sources import resolve_classes
from dogs_vs_cats.data.splitting.archive import open_archive
from dogs_vs_cats.data.splitting.split import choose, write_splits
from dogs_vs_cats.data.splitting.usable import usable_pictures
from dogs_vs_cats.data.validation.validation import validate_pictures
from dogs_vs_cats.settings import read_params

PARAMS = Path(__file__).parents[2] / "params.yaml"


def test_the_real_archive_is_split_and_passes_validation(
    real_archive: Path, tmp_path: Path
) -> None:
    params = read_params(PARAMS)
    split, classes = params.split.resolved("kaggle"), resolve_classes(params.data, params.classes)
    # The train.zip inside is unpacked beside the archive, where others may not write.
    (tmp_path / "archive.zip").symlink_to(real_archive)
    with open_archive(tmp_path / "archive.zip", classes) as archive:
        usable, _ = usable_pictures(archive, split)
        chosen, left_over = choose(usable, classes, split)
        manifest = write_splits(archive, chosen, tmp_path / "splits")
    assert manifest.groupby("split").size().to_dict() == {
        "train": 2000,
        "validation": 1000,
        "test": 1000,
    }
    assert len(usable) - len(left_over) == 4000
    assert list(manifest["file"][:2]) == ["train/cat/cat.0.jpg", "train/cat/cat.1.jpg"]
    manifest.to_csv(tmp_path / "manifest.csv", index=False)
    validation = validate_pictures(
        tmp_path / "manifest.csv",
        tmp_path / "splits",
        tuple(classes),
        "kaggle",
        params.validation,
    )
    validation.require_success()
    assert validation.summary["pictures"] == 4000
