"""The same picture is the same picture, whatever stands beside its pixels in the file."""

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from conftest import jpeg, kaggle_entries, write_zip
from parameters import COMMITTED
from PIL import Image

from dogs_vs_cats.data.reading.decoding import upright
from dogs_vs_cats.data.splitting.archive import open_archive
from dogs_vs_cats.data.splitting.split import choose, write_splits
from dogs_vs_cats.data.splitting.usable import usable_pictures
from dogs_vs_cats.data.validation.validation import Validation, validate_pictures
from dogs_vs_cats.settings import SplitSettings, ValidationSettings

CLASSES = ("cat", "dog")


def settings(**changes: Any) -> SplitSettings:
    values = COMMITTED["split"] | {"train": 2, "validation": 1, "test": 1} | changes
    return SplitSettings(**values).resolved("folder")


def with_comment(content: bytes, text: bytes = b"from a phone") -> bytes:
    """The same JPEG with a comment before its picture."""
    return content[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + content[2:]


def as_png(content: bytes, turned: bool = False) -> bytes:
    """The same pixels as a PNG; turned: stored on their side, with EXIF that says so."""
    picture, exif = Image.fromarray(upright(content)), Image.Exif()
    if turned:
        picture = picture.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = 6
    made = io.BytesIO()
    picture.save(made, "PNG", exif=exif)
    return made.getvalue()


def left_out(tmp_path: Path, entries: dict[str, bytes]) -> dict[str, str]:
    path = write_zip(tmp_path / "a.zip", entries)
    with open_archive(path, CLASSES) as archive:
        _, reasons = usable_pictures(archive, settings())
        return {picture.entry: reason for picture, reason in reasons.items()}


@pytest.mark.parametrize(
    "copy",
    [with_comment(jpeg(1)), as_png(jpeg(1)), as_png(jpeg(1), turned=True)],
    ids=["metadata", "container", "orientation"],
)
def test_of_copies_that_look_the_same_one_is_taken(tmp_path: Path, copy: bytes) -> None:
    entries = {"cat/1.jpg": jpeg(1), "cat/2": copy, "cat/3.jpg": jpeg(3), "dog/1.jpg": jpeg(4)}
    reason = "the same pixels as another picture: cat/1.jpg"
    assert left_out(tmp_path, entries) == {"cat/2": reason}


def test_one_that_stands_under_two_classes_belongs_to_none(tmp_path: Path) -> None:
    entries = {"cat/1.jpg": jpeg(1), "dog/1.jpg": with_comment(jpeg(1)), "dog/2.jpg": jpeg(2)}
    reason = "the same pixels under several classes: cat, dog"
    assert left_out(tmp_path, entries) == dict.fromkeys(("cat/1.jpg", "dog/1.jpg"), reason)


def test_of_copies_in_own_splits_that_of_the_test_split_stays(tmp_path: Path) -> None:
    entries = {"train/cat/1.jpg": jpeg(1), "test/cat/9.jpg": with_comment(jpeg(1))}
    reason = "the same pixels as another picture: test/cat/9.jpg"
    assert left_out(tmp_path, entries) == {"train/cat/1.jpg": reason}


def validated(folder: Path, copy: bool) -> Validation:
    """Splits of which one picture is then made a copy of another, by whoever wrote them."""
    with open_archive(write_zip(folder / "a.zip", kaggle_entries(40)), CLASSES) as archive:
        chosen = settings(train=38)
        usable, _ = usable_pictures(archive, chosen)
        table = write_splits(archive, choose(usable, CLASSES, chosen)[0], folder / "splits")
    if copy:
        first, last = table.index[0], table.index[-1]
        content = with_comment((folder / "splits" / table.at[first, "file"]).read_bytes())
        (folder / "splits" / table.at[last, "file"]).write_bytes(content)
        table.loc[last, "sha256"] = hashlib.sha256(content).hexdigest()
        table.loc[last, "phash"] = table.at[first, "phash"]
        table.loc[last, "bytes"] = len(content)
    table.to_csv(folder / "manifest.csv", index=False)
    limits = ValidationSettings(**COMMITTED["validate"] | {"near_duplicates_allowed": 1.0})
    return validate_pictures(folder / "manifest.csv", folder / "splits", CLASSES, "folder", limits)


def test_validation_stops_at_a_copy_that_any_allowance_would_let_pass(tmp_path: Path) -> None:
    found = validated(tmp_path, copy=True)
    failed = [each["name"] for each in found.summary["expectations"] if not each["success"]]
    assert failed == ["copies"]
    assert "test/dog/dog.37.jpg  copy_of train/cat/cat.0.jpg" in found.failures[0]


def test_without_copies_nothing_is_added_to_the_expectations(tmp_path: Path) -> None:
    found = validated(tmp_path, copy=False)
    assert found.failures == ()
    assert "copies" not in [each["name"] for each in found.summary["expectations"]]
