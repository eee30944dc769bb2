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
from conftest import jpeg

from dogs_vs_cats.data.sources import ARCHIVE_VARIABLE, choose, obtain, resolve_classes
from dogs_vs_cats.data.sources.folder import stale
from dogs_vs_cats.data.splitting.archive import open_archive
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import DataSettings, read_params
from dogs_vs_cats.settings.sections import Auto

ROOT = Path(__file__).parents[3]
CLASSES = ("cat", "dog")


def settings(**changes: Any) -> DataSettings:
    return DataSettings(**{"source": "kaggle", "folder": "", **changes})


def draw_nothing(_: Path) -> None:
    raise AssertionError("no pictures were to be drawn")


def bring(
    tmp_path: Path,
    copy: Path | None = None,
    classes: tuple[str, ...] | Auto = CLASSES,
    **changes: Any,
) -> dict[str, Any]:
    environment = {ARCHIVE_VARIABLE: str(copy)} if copy else {}
    names = resolve_classes(settings(**changes), classes)
    source = choose(settings(**changes), names, tmp_path / "cache", draw_nothing, environment)
    return obtain(source, names, tmp_path / "raw" / "archive.zip")


def pictures(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode(errors="replace") * 50)
    return folder


def assert_nothing_left(tmp_path: Path) -> None:
    assert list((tmp_path / "raw").iterdir()) == []


def test_the_committed_settings_can_be_read() -> None:
    params = read_params(ROOT / "params.yaml")
    assert params.data.source == "kaggle"
    assert params.classes == "auto"
    assert resolve_classes(params.data, params.classes) == CLASSES


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(ValueError, match="source"):
        settings(source="imagenet")


def test_other_classes_than_cat_and_dog_need_a_folder(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="source: folder"):
        bring(tmp_path, classes=("ant", "bee"))


def test_cat_and_dog_may_come_in_either_order(tmp_path: Path, kaggle_archive: bytes) -> None:
    (tmp_path / "mine.zip").write_bytes(kaggle_archive)
    description = bring(tmp_path, tmp_path / "mine.zip", classes=("dog", "cat"))
    assert description["classes"] == ["dog", "cat"]


def test_the_drawn_source_says_what_it_draws() -> None:
    sample = settings(source="sample")
    assert resolve_classes(sample, "auto") == CLASSES
    with pytest.raises(PipelineError, match=r"holds the classes cat, dog.* asks for cat, griffin"):
        resolve_classes(sample, ("cat", "griffin"))


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
        "classes": ["cat", "dog"],
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
            *("Cat/a.JPG", "Cat/b.jpg", "dog/x.jpg"),
            *("dog/.hidden", "notes.txt"),  # stand for what was left out
        ]
        assert opened.read("notes.txt") == b""
        assert {info.compress_type for info in opened.infolist()} == {zipfile.ZIP_STORED}
        assert opened.read("dog/x.jpg") == (first / "dog/x.jpg").read_bytes()


def test_what_is_not_packed_is_listed_with_its_reason_and_without_its_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = pictures(tmp_path, "secret/1.jpg", "secret/2.jpg") / "secret"
    own = pictures(
        tmp_path / "own",
        *("cat/1.jpg", "dog/1.jpg", "bird/1.jpg", "notes/1.txt", "my\x1b[1mnotes.txt"),
        *("cat/.trash/1.jpg", "dog/.1.jpg", ".cache/1.jpg", "dog/film.mov", "dog/caf\udce9.jpg"),
    )
    (own / "cat/link.jpg").symlink_to(secret / "1.jpg")
    (own / "cat/folder").symlink_to(secret)
    (own / "cat/dogs").symlink_to(own / "dog")
    (own / "cat/nowhere.jpg").symlink_to(own / "missing")
    (own / "cat/same.jpg").symlink_to(own / "dog/1.jpg")
    os.mkfifo(own / "dog/pipe")
    assert bring(tmp_path, source="folder", folder=str(own))["pictures"] == {"cat": 2, "dog": 1}
    told = capsys.readouterr().out
    assert "1 a folder of no class (bird)" in told
    with open_archive(tmp_path / "raw/archive.zip", CLASSES) as archive:
        assert archive.others == {
            ".cache": "a hidden folder",
            "bird": "a folder of no class",
            "cat/.trash": "a hidden folder",
            "cat/dogs": "a link to a folder",
            "cat/folder": "a link out of data.folder",
            "cat/link.jpg": "a link out of data.folder",
            "cat/nowhere.jpg": "neither a file nor a folder",
            "dog/.1.jpg": "a hidden file",
            r"dog/caf\udce9.jpg": "its name is not valid Unicode",
            "dog/film.mov": "not a picture",
            "dog/pipe": "neither a file nor a folder",
            r"my\x1b[1mnotes.txt": "in no folder of a class",
            "notes": "a folder without pictures",
        }
    assert b"secret" not in (tmp_path / "raw/archive.zip").read_bytes()


def test_folders_in_the_folder_of_a_class_are_read(tmp_path: Path) -> None:
    names = ["cat/1.jpg", "cat/2023 holiday/1.jpg", "cat/2023 holiday/dog/2.jpg", "dog/a/b/1.jpg"]
    own = pictures(tmp_path / "own", *names)
    assert bring(tmp_path, source="folder", folder=str(own))["pictures"] == {"cat": 3, "dog": 1}
    with open_archive(tmp_path / "raw/archive.zip", CLASSES) as archive:
        assert {(p.entry, p.below) for p in archive.pictures} == {
            (name, name.partition("/")[2]) for name in names
        }


def test_a_picture_without_a_pictures_suffix_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    own = pictures(tmp_path / "own", "cat/1.jpg", "dog/1.jpg")
    (own / "dog/IMG_2").write_bytes(jpeg(1))
    assert bring(tmp_path, source="folder", folder=str(own))["pictures"] == {"cat": 1, "dog": 2}


def test_auto_takes_every_folder_that_holds_a_picture_sorted_without_capitals(
    tmp_path: Path,
) -> None:
    names = ["Zebra/1.jpg", "ant/x/1.webp", "Äffchen $1 & <b>/1.HEIC", "notes/1.txt", ".old/1.jpg"]
    own = pictures(tmp_path / "own", *names)
    (own / "empty").mkdir()
    description = bring(tmp_path, classes="auto", source="folder", folder=str(own))
    assert description["classes"] == ["ant", "Zebra", "Äffchen $1 & <b>"]
    assert description["pictures"] == {"ant": 1, "Zebra": 1, "Äffchen $1 & <b>": 1}


def test_two_spellings_of_unicode_are_one_class(tmp_path: Path) -> None:
    own = pictures(tmp_path / "own", "Ka\u0308fer/1.jpg", "bee/1.jpg")
    folder = {"source": "folder", "folder": str(own)}
    assert bring(tmp_path, classes="auto", **folder)["classes"] == ["bee", "K\xe4fer"]
    assert bring(tmp_path, classes=("k\xe4fer", "bee"), **folder)["pictures"]["k\xe4fer"] == 1


OWN_SPLITS = ["train/ant/1.jpg", "train/Bee/2.jpg", "test/Ant/1.jpg", "test/bee/x/1.jpg"]


@pytest.mark.parametrize("classes", ["auto", ("ant", "Bee")])
def test_own_folders_of_the_splits_are_kept(
    tmp_path: Path, classes: tuple[str, ...] | Auto
) -> None:
    own = pictures(tmp_path / "own", *OWN_SPLITS, "Val/ant/1.jpg", "Val/bee/1.jpg", "more/a/1.jpg")
    description = bring(tmp_path, classes=classes, source="folder", folder=str(own))
    assert description["pictures"] == {"ant": 3, "Bee": 3}
    with open_archive(tmp_path / "raw/archive.zip", description["classes"]) as archive:
        assert {p.entry: p.split for p in archive.pictures} == {
            **{name: name.partition("/")[0] for name in OWN_SPLITS},
            **dict.fromkeys(("Val/ant/1.jpg", "Val/bee/1.jpg"), "validation"),
        }
        assert archive.others == {"more": "a folder of no class"}


def test_classes_may_be_called_as_splits_are(tmp_path: Path) -> None:
    own = pictures(tmp_path / "own", "train/1.jpg", "val/1.jpg", "ship/test/1.jpg")
    description = bring(tmp_path, classes="auto", source="folder", folder=str(own))
    assert description["pictures"] == {"ship": 1, "train": 1, "val": 1}
    with open_archive(tmp_path / "raw/archive.zip", description["classes"]) as archive:
        assert {p.split for p in archive.pictures} == {None}


def test_a_changed_folder_is_told_with_the_commands_that_read_it_again(tmp_path: Path) -> None:
    own = pictures(tmp_path / "own", "cat/1.jpg", "cat/2.jpg", "dog/1.jpg", "notes.txt")
    bring(tmp_path, source="folder", folder=str(own))
    archive = tmp_path / "raw/archive.zip"
    assert stale(str(own), CLASSES, archive) is None
    (own / "cat/2.jpg").rename(own / "dog/2.jpg")
    note = stale(str(own), CLASSES, archive) or ""
    assert "new files: 1, gone: 1" in note
    assert "`dvc repro --force download`" in note
    own.rename(tmp_path / "elsewhere")  # what the archive holds is enough
    assert stale(str(own), CLASSES, archive) is None


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
        (["cat/1.jpg", "dog/notes.txt"], ".", "dog holds no pictures"),
        (["cat/1.jpg", "Cat/1.jpg", "dog/1.jpg"], ".", "own/Cat and {own}/cat are both of class"),
        (["train/cat/1.jpg", "train/dog/1.jpg", "test/cat/1.jpg"], ".", "test has no folder for"),
        ([f"{s}/{c}/1.jpg" for s in ("train", "val", "valid") for c in CLASSES], ".", "one split"),
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
    assert message.format(own=own) in str(raised.value)
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["cat/1.jpg", "notes/1.txt"], r"holds 1 folders with pictures \(cat\)"),
        ([f"{number}/1.jpg" for number in range(1001)], "holds 1,001 folders with pictures"),
        (["cat/1.jpg", "Cat/1.jpg"], "Cat and .*cat are both of class"),
        (["cat/1.jpg", "dog /1.jpg"], "dog ' cannot be a class: .*Rename it"),
        (["cat/1.jpg", "\udcff/1.jpg"], r"udcff' cannot be a class"),
    ],
)
def test_folders_that_cannot_be_classes_are_explained(
    tmp_path: Path, names: list[str], message: str
) -> None:
    own = pictures_without_content(tmp_path / "own", names)
    with pytest.raises(PipelineError, match=message):
        bring(tmp_path, classes="auto", source="folder", folder=str(own))


def pictures_without_content(folder: Path, names: list[str]) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


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
    assert list(written) == [
        *("source", "file", "bytes", "sha256", "classes", "pictures", "licence")
    ]
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
