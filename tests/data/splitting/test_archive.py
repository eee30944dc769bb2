import io
import struct
import zipfile
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import jpeg, write_zip

from dogs_vs_cats.data.splitting.archive import DamagedError, open_archive
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
    with open_archive(write_zip(tmp_path / "a.zip", entries), CLASSES) as archive:
        assert [p.entry for p in archive.pictures] == [
            "PetImages/Cat/12.jpg",
            "PetImages/Dog/7.jpg",
        ]
        # What is no picture of a class is named; files of Windows and macOS are not.
        assert list(archive.others) == ["readme.txt", "PetImages/Bird/1.jpg"]


def labels(tmp_path: Path, names: list[str], classes: tuple[str, ...]) -> dict[str, str]:
    with open_archive(write_zip(tmp_path / "a.zip", dict.fromkeys(names, b"x")), classes) as opened:
        return {picture.entry: picture.label for picture in opened.pictures}


def test_the_topmost_folder_of_a_class_counts_and_a_file_name_only_without_one(
    tmp_path: Path,
) -> None:
    expected = {"a/cat/dog/1.jpg": "cat", "cat/dog.1.jpg": "cat", "a/dog.1.jpg": "dog"}
    assert labels(tmp_path, [*expected], CLASSES) == expected


def test_a_class_may_have_any_name_that_a_folder_has(tmp_path: Path) -> None:
    classes = ("Große $x^2$ <b> & [x]", "a:b, (c) %s {}", "K\xe4fer*.?")
    expected = {f"{name}/1.jpg": name for name in classes}
    assert labels(tmp_path, [*expected], classes) == expected
    assert labels(tmp_path, ["KA\u0308FER*.?/2.jpg"], classes) == {
        "KA\u0308FER*.?/2.jpg": "K\xe4fer*.?"
    }


def test_hidden_files_and_folders_are_named(tmp_path: Path) -> None:
    entries = dict.fromkeys(["cat/.a/1.jpg", ".b/cat/1.jpg", "cat/.1.jpg", "cat/@eaDir/1.jpg"], b"")
    with open_archive(write_zip(tmp_path / "a.zip", entries), CLASSES) as archive:
        assert archive.pictures == []
        assert archive.others == {
            "cat/.a/1.jpg": "in a hidden folder",
            ".b/cat/1.jpg": "in a hidden folder",
            "cat/.1.jpg": "a hidden file",
        }


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["train/cat.1.jpg", "train/dog/1.jpg"], [None, None]),
        (["train/cat.1.jpg", "test/cat.2.jpg"], ["train", "test"]),
        (["set/Train/cat/1.jpg", "set/TEST/x/cat/2.jpg"], ["train", "test"]),
        (["cat/1.jpg", "val/cat/2.jpg", "valid/cat/3.jpg"], ["train", "validation", "validation"]),
        (["cat/test/1.jpg", "cat/2.jpg", "test1/cat/3.jpg"], [None, None, None]),
    ],
)
def test_a_folder_of_a_split_in_front_of_a_class_gives_its_pictures_to_it(
    tmp_path: Path, names: list[str], splits: list[str | None]
) -> None:
    path = write_zip(tmp_path / "a.zip", dict.fromkeys(names, b"x"))
    with open_archive(path, CLASSES) as archive:
        found = {picture.entry: picture.split for picture in archive.pictures}
    assert [found[name] for name in names] == splits


def test_of_two_members_of_one_name_each_has_its_own_size_and_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat.1.jpg", b"small")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("cat.1.jpg", b"the larger one")
    with open_archive(path, CLASSES) as opened:
        assert [(p.size, opened.read(p)) for p in opened.pictures] == [
            (5, b"small"),
            (14, b"the larger one"),
        ]


def test_what_lies_beside_an_archive_within_an_archive_is_named(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", {"cat.1.jpg": b"x"}).read_bytes()
    outer = {"train.zip": inner, "test1.zip": b"", "cat.2.jpg": b"x", "more/train.zip": inner}
    with open_archive(write_zip(tmp_path / "a.zip", outer), CLASSES) as archive:
        assert archive.others == dict.fromkeys(
            ("cat.2.jpg", "more/train.zip"), "beside train.zip, which alone is read"
        )


def test_an_archive_within_an_archive_is_unpacked_beside_it_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    inner = write_zip(tmp_path / "inner.zip", {"cat.1.jpg": b"miaow"}).read_bytes()
    path = write_zip(tmp_path / "a.zip", {"train.zip": inner})
    with open_archive(path, CLASSES) as archive:
        assert archive.read(archive.pictures[0]) == b"miaow"
        assert {p.name for p in tmp_path.iterdir()} == {"a.zip", "inner.zip"}


def test_a_disk_that_has_no_room_for_the_archive_within_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_zip(tmp_path / "a.zip", {"train.zip": b"x" * 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=999))
    with pytest.raises(OSError, match="No space") as raised, open_archive(path, CLASSES):
        pass
    assert raised.value.filename == str(tmp_path / "train.zip")


METHODS = [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.mark.parametrize("method", METHODS)
def test_every_way_of_damage_to_a_member_is_one_kind_of_error(tmp_path: Path, method: int) -> None:
    path, raised = tmp_path / "a.zip", 0
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("cat.1.jpg", jpeg(1))
    content = path.read_bytes()
    end = content.index(b"PK\1\2")
    for at in range(14, end, 7):
        path.write_bytes(content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :])
        with open_archive(path, CLASSES) as opened:
            try:
                opened.read(opened.pictures[0])
            except DamagedError:
                raised += 1
    assert raised > (end - 60) / 7


@pytest.mark.parametrize("inner", [False, True])
@pytest.mark.parametrize(
    ("field", "value"), [(6, 99), (8, 1), (8, 0x800), (10, 99), (10, 12), (10, 14), (42, 2**15)]
)
def test_a_wrong_directory_is_no_traceback(
    tmp_path: Path, inner: bool, field: int, value: int
) -> None:
    whole = write_zip(tmp_path / "a.zip", {"cat/\xe9.1.jpg" if not inner else "train.zip": jpeg(1)})
    content = bytearray(whole.read_bytes().replace("é".encode(), b"\xff\xfe"))
    struct.pack_into("<H", content, content.index(b"PK\1\2") + field, value)
    whole.write_bytes(content)
    with suppress(PipelineError), open_archive(whole, CLASSES) as archive:
        for picture in archive.pictures:
            with suppress(DamagedError):
                archive.read(picture)


def test_a_number_may_have_any_length(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {f"cat.{'9' * 5000}.jpg": b"x", "cat.1.jpg": b"x"})
    assert len(names(path)) == 2


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
