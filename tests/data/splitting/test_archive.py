import io
import zipfile
from pathlib import Path

import pytest
from conftest import jpeg, write_zip

from dogs_vs_cats.data.splitting.archive import open_archive
from dogs_vs_cats.project.errors import PipelineError

CLASSES = ("cat", "dog")


def names(path: Path) -> list[str]:
    with open_archive(path, CLASSES) as archive:
        return [picture.entry for picture in archive.pictures]


def test_pictures_come_by_class_and_number_however_they_are_listed(tmp_path: Path) -> None:
    listed = ("train/dog.2.jpg", "train/cat.10.jpg", "train/cat.9.jpg", "train/dog.1.jpg")
    path = write_zip(tmp_path / "a.zip", dict.fromkeys(listed, b"x"))
    assert names(path) == [
        "train/cat.9.jpg",
        "train/cat.10.jpg",
        "train/dog.1.jpg",
        "train/dog.2.jpg",
    ]


def test_kaggles_archive_within_an_archive_is_opened(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("train/cat.0.jpg", b"miaow")
    outer = {"test1.zip": b"", "train.zip": inner.getvalue(), "sampleSubmission.csv": b"id,label"}
    path = write_zip(tmp_path / "outer.zip", outer)
    with open_archive(path, CLASSES) as archive:
        (picture,) = archive.pictures
        assert (picture.label, picture.number) == ("cat", 0)
        assert archive.read(picture) == b"miaow"


def test_one_folder_a_class_is_understood_in_any_case(tmp_path: Path) -> None:
    entries = {
        "PetImages/Dog/7.jpg": b"x",
        "PetImages/Cat/Thumbs.db": b"x",
        "PetImages/Cat/12.jpg": b"x",
        "readme.txt": b"x",
        "__MACOSX/PetImages/Cat/._12.jpg": b"x",
        "PetImages/Bird/1.jpg": b"x",
    }
    assert names(write_zip(tmp_path / "a.zip", entries)) == [
        "PetImages/Cat/12.jpg",
        "PetImages/Dog/7.jpg",
    ]


@pytest.mark.parametrize(
    "name", ["../cat.1.jpg", "a/../../cat.1.jpg", "/cat.1.jpg", "..\\cat.1.jpg", "C:\\cat.1.jpg"]
)
def test_a_name_that_leads_out_of_the_folder_is_seen(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "a.zip", {name: b"x", "train/cat.2.jpg": b"x"})
    with open_archive(path, CLASSES) as archive:
        safe = {picture.number: picture.is_safe for picture in archive.pictures}
    assert safe == {1: False, 2: True}


def test_bytes_damaged_in_the_archive_are_told_from_good_ones(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"cat.1.jpg": jpeg(1), "cat.2.jpg": jpeg(2)})
    content = bytearray(path.read_bytes())
    content[200] ^= 0xFF
    path.write_bytes(content)
    with open_archive(path, CLASSES) as archive:
        damaged, whole = archive.pictures
        assert archive.read(whole) == jpeg(2)
        with pytest.raises(ValueError, match="damaged in the archive"):
            archive.read(damaged)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 and no more"])
def test_what_is_no_zip_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(PipelineError, match="not a whole zip"), open_archive(path, CLASSES):
        pass


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {f"cat.{n}.jpg": jpeg(n) for n in range(5)})
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(PipelineError, match="not a whole zip"), open_archive(path, CLASSES):
        pass


def test_a_missing_archive_says_how_to_get_it(tmp_path: Path) -> None:
    with (
        pytest.raises(PipelineError, match="dvc repro download"),
        open_archive(tmp_path / "a.zip", CLASSES),
    ):
        pass
