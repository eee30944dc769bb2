"""Settings, the choice of a source, and the sources that need no network."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest

from dogs_vs_cats.data.sources import ARCHIVE_VARIABLE, choose, obtain
from dogs_vs_cats.data.splitting.archive import open_archive
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import ClassSettings, DataSettings, read_params

ROOT = Path(__file__).parents[3]
CLASSES = ("cat", "dog")


def settings(**changes: Any) -> DataSettings:
    return DataSettings(**{"source": "kaggle", "folder": "", **changes})


def draw_nothing(_: Path) -> None:
    raise AssertionError("no pictures were to be drawn")


def bring(
    tmp_path: Path,
    copy: Path | None = None,
    classes: tuple[str, str] = CLASSES,
    **changes: Any,
) -> dict[str, Any]:
    environment = {ARCHIVE_VARIABLE: str(copy)} if copy else {}
    source = choose(settings(**changes), classes, tmp_path / "cache", draw_nothing, environment)
    return obtain(source, classes, tmp_path / "raw" / "archive.zip")


def pictures(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode() * 50)
    return folder


def assert_nothing_left(tmp_path: Path) -> None:
    assert list((tmp_path / "raw").iterdir()) == []


def test_the_committed_settings_can_be_read() -> None:
    params = read_params(ROOT / "params.yaml")
    assert params.data.source == "kaggle"
    assert params.classes.names == CLASSES


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(ValueError, match="source"):
        settings(source="imagenet")


@pytest.mark.parametrize(
    ("negative", "positive", "message"),
    [
        ("cat", "cat", "two different names"),
        ("Cat", "dog", "negative"),
        ("cat", "../x", "positive"),
    ],
)
def test_class_names_that_make_no_sense_are_refused(
    negative: str, positive: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ClassSettings(negative=negative, positive=positive)


def test_other_classes_than_cat_and_dog_need_a_folder(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="source: folder"):
        bring(tmp_path, classes=("ant", "bee"))


def test_a_local_copy_stands_in_for_kaggle(tmp_path: Path, kaggle_archive: bytes) -> None:
    copy = tmp_path / "mine.zip"
    copy.write_bytes(kaggle_archive)
    description = bring(tmp_path, copy)
    assert copy.read_bytes() == (tmp_path / "raw/archive.zip").read_bytes() == kaggle_archive
    assert description == {
        "source": "kaggle",
        "file": "mine.zip",
        "bytes": len(kaggle_archive),
        "sha256": hashlib.sha256(kaggle_archive).hexdigest(),
        "pictures": {"cat": 2, "dog": 2},
        "licence": (
            "The rules of Kaggle's competition dogs-vs-cats:"
            " https://www.kaggle.com/competitions/dogs-vs-cats/rules"
        ),
    }


def test_a_local_copy_is_ignored_by_other_sources_and_that_is_said(
    tmp_path: Path, kaggle_archive: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "mine.zip"
    copy.write_bytes(kaggle_archive)
    own = pictures(tmp_path / "own", "cat/1.jpg", "dog/1.jpg")
    assert bring(tmp_path, copy, source="folder", folder=str(own))["source"] == "folder"
    assert "DOGS_VS_CATS_ARCHIVE is ignored" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["missing", "folder", "text", "truncated", "broken inside"])
def test_a_bad_local_copy_is_explained_and_leaves_no_archive(
    tmp_path: Path, kaggle_archive: bytes, damage: str
) -> None:
    copy = tmp_path / "mine.zip"
    match damage:
        case "folder":
            copy.mkdir()
        case "text":
            copy.write_text("not a zip")
        case "truncated":
            copy.write_bytes(kaggle_archive[: len(kaggle_archive) // 2])
        case "broken inside":
            middle = len(kaggle_archive) // 2
            copy.write_bytes(kaggle_archive[:middle] + b"?" + kaggle_archive[middle + 1 :])
    with pytest.raises(PipelineError, match=r"DOGS_VS_CATS_ARCHIVE names .*mine\.zip") as raised:
        bring(tmp_path, copy)
    expected = {"missing": "is missing", "folder": "is a folder"}
    assert expected.get(damage, "not a whole zip archive") in str(raised.value)
    assert "microsoft" in str(raised.value)
    assert_nothing_left(tmp_path)


def test_a_local_copy_without_one_class_names_the_class(
    tmp_path: Path, archive_without_dogs: bytes
) -> None:
    copy = tmp_path / "mine.zip"
    copy.write_bytes(archive_without_dogs)
    with pytest.raises(PipelineError, match="no pictures of dog"):
        bring(tmp_path, copy)
    assert_nothing_left(tmp_path)


def test_a_failure_keeps_the_archive_of_before(tmp_path: Path) -> None:
    archive = pictures(tmp_path, "raw/archive.zip") / "raw/archive.zip"
    before = archive.read_bytes()
    with pytest.raises(PipelineError):
        bring(tmp_path, tmp_path / "missing.zip")
    assert archive.read_bytes() == before


def test_a_folder_becomes_the_same_zip_whatever_its_dates_and_order(tmp_path: Path) -> None:
    names = ["Cat/b.jpg", "Cat/a.JPG", "dog/x.jpg", "dog/.hidden", "dog/Thumbs.db", "notes.txt"]
    first = pictures(tmp_path / "first", *names)
    second = pictures(tmp_path / "second", *reversed(names))
    os.utime(second / "dog/x.jpg", (10**9, 10**9))
    (second / "dog/x.jpg").chmod(0o600)
    descriptions = [
        bring(tmp_path / "of" / side.name, source="folder", folder=str(side))
        for side in (first, second)
    ]
    assert descriptions[0] == descriptions[1]
    assert descriptions[0]["pictures"] == {"cat": 2, "dog": 1}
    archive = tmp_path / "of/first/raw/archive.zip"
    assert archive.read_bytes() == (tmp_path / "of/second/raw/archive.zip").read_bytes()
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == [
            *("cat/a.JPG", "cat/b.jpg", "dog/x.jpg"),
            *("dog/.hidden", "notes.txt"),  # stand for what was left out
        ]
        assert opened.read("notes.txt") == b""
        assert {info.compress_type for info in opened.infolist()} == {zipfile.ZIP_STORED}
        assert opened.read("dog/x.jpg") == (first / "dog/x.jpg").read_bytes()


def test_what_is_not_packed_is_listed_with_its_reason_and_without_its_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = pictures(tmp_path, "secret/1.jpg", "secret/2.jpg") / "secret"
    names = ["cat/1.jpg", "dog/1.jpg", "cat/2023 holiday/2.jpg", "bird/1.jpg", "my\x1b[1mnotes.txt"]
    own = pictures(tmp_path / "own", *names)
    (own / "cat/link.jpg").symlink_to(secret / "1.jpg")
    (own / "cat/folder").symlink_to(secret)
    (own / "cat/nowhere.jpg").symlink_to(own / "missing")
    (own / "cat/same.jpg").symlink_to(own / "dog/1.jpg")
    os.mkfifo(own / "dog/pipe")
    assert bring(tmp_path, source="folder", folder=str(own))["pictures"] == {"cat": 2, "dog": 1}
    assert "7 files or folders" in capsys.readouterr().out
    with open_archive(tmp_path / "raw/archive.zip", CLASSES) as archive:
        assert archive.others == {
            "bird": "a folder of no class",
            "cat/2023 holiday/2.jpg": "in a folder within the folder of its class",
            "cat/folder": "a link out of data.folder",
            "cat/link.jpg": "a link out of data.folder",
            "cat/nowhere.jpg": "neither a file nor a folder",
            "dog/pipe": "neither a file nor a folder",
            r"my\x1b[1mnotes.txt": "in no folder of a class",
        }
    assert b"secret" not in (tmp_path / "raw/archive.zip").read_bytes()


def test_a_class_that_links_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    own = pictures(tmp_path / "own", "cat/1.jpg")
    (own / "dog").symlink_to(pictures(tmp_path / "elsewhere", "1.jpg"))
    with pytest.raises(PipelineError, match=r"dog is a link out of data\.folder, to .*elsewhere"):
        bring(tmp_path, source="folder", folder=str(own))
    assert_nothing_left(tmp_path)


def test_a_relative_folder_starts_at_the_root_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures(tmp_path / "own", "cat/1.jpg", "dog/1.jpg")
    monkeypatch.chdir(tmp_path)
    assert bring(tmp_path, source="folder", folder="own")["pictures"] == {"cat": 1, "dog": 1}


def test_a_folder_may_hold_other_classes(tmp_path: Path) -> None:
    own = pictures(tmp_path / "own", "ant/1.jpg", "bee/1.jpg", "bee/2.jpg")
    description = bring(tmp_path, source="folder", folder=str(own), classes=("bee", "ant"))
    assert description["pictures"] == {"bee": 2, "ant": 1}
    with open_archive(tmp_path / "raw/archive.zip", ("bee", "ant")) as archive:
        assert [p.label for p in archive.pictures] == ["bee", "bee", "ant"]


@pytest.mark.parametrize(
    ("names", "folder", "message"),
    [
        ([], "", "data.folder is empty"),
        ([], "missing", "there is no folder"),
        (["cat/1.jpg"], ".", "no folder for class dog"),
        (["cat/1.jpg", "dog/.hidden"], ".", "dog holds no pictures"),
        (["cat/1.jpg", "Cat/1.jpg", "dog/1.jpg"], ".", "2 folders for class cat"),
        (["cat/dog.1.jpg", "dog/1.jpg"], ".", "cat/dog.1.jpg do not fit"),
        (["cat/a\\b.jpg", "cat/1.jpg", "dog/1.jpg"], ".", "do not fit"),
        (["cat/\udcff.jpg", "dog/1.jpg"], ".", "not valid Unicode"),
    ],
)
def test_a_folder_that_cannot_serve_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], folder: str, message: str
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name in names:
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_bytes(b"picture")
    monkeypatch.chdir(own)
    with pytest.raises(PipelineError) as raised:
        bring(tmp_path, source="folder", folder=folder)
    assert message in str(raised.value)
    assert_nothing_left(tmp_path)


def test_drawn_pictures_are_drawn_for_their_source_alone(
    tmp_path: Path, kaggle_archive: bytes
) -> None:
    source = choose(
        settings(source="sample"),
        CLASSES,
        tmp_path,
        lambda path: void(path.write_bytes(kaggle_archive)),
        {},
    )
    description = obtain(source, CLASSES, tmp_path / "raw/archive.zip")
    assert (description["source"], description["file"]) == ("sample", "sample.zip")
    assert description["licence"].startswith("MIT")


def void(_: object) -> None:
    """For a lambda that returns nothing."""


def stage(folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, ROOT / "pipeline/download.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_stage_writes_archive_and_description(tmp_path: Path, kaggle_archive: bytes) -> None:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    (tmp_path / "mine.zip").write_bytes(kaggle_archive)
    ended = stage(tmp_path, DOGS_VS_CATS_ARCHIVE="mine.zip")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    written = json.loads((tmp_path / "data/raw/source.json").read_text())
    assert list(written) == ["source", "file", "bytes", "sha256", "pictures", "licence"]
    assert str(tmp_path) not in (tmp_path / "data/raw/source.json").read_text()
    assert (tmp_path / "data/raw/archive.zip").read_bytes() == kaggle_archive
    assert {p.name for p in (tmp_path / "data").rglob("*")} == {"raw", "archive.zip", "source.json"}


def test_the_stage_fails_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    ended = stage(tmp_path, DOGS_VS_CATS_ARCHIVE="missing.zip")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1
    assert [p for p in (tmp_path / "data").rglob("*") if p.is_file()] == []


def test_packing_shows_one_progress_bar(tmp_path: Path, terminal: io.StringIO) -> None:
    own = pictures(tmp_path / "own", "cat/1.jpg", "dog/1.jpg")
    with redirect_stderr(terminal):
        bring(tmp_path, source="folder", folder=str(own))
    assert "Packing: 100%" in terminal.getvalue()
    assert "2/2" in terminal.getvalue()
