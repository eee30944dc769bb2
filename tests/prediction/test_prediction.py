import errno
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import jpeg
from PIL import ExifTags, Image

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.data.reading.pictures import load_pictures
from dogs_vs_cats.models.saved import whole_model
from dogs_vs_cats.prediction.files import SUFFIXES, find_pictures, why_unreadable
from dogs_vs_cats.prediction.heatmap_files import heatmap_files
from dogs_vs_cats.prediction.predict import predict_files
from dogs_vs_cats.project.errors import PipelineError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("b/2.jpg", "b/1.JPEG", "a/1.jpg", "b/deep/3.jpg", "[1].jpg")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(number))
    for name in ("b/notes.txt", "b/.hidden.jpg", "b/.thumbnails/1.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no picture")
    (tmp_path / "empty").mkdir()
    return tmp_path


def found(*names: str) -> list[str]:
    return [path.as_posix() for path in find_pictures(names).paths]


def left_out(*names: str) -> dict[str, str]:
    return {path.as_posix(): why for path, why in find_pictures(names).left_out.items()}


def test_a_folder_stands_for_the_pictures_in_it_and_in_its_folders(folder: Path) -> None:
    assert found("b") == ["b/1.JPEG", "b/2.jpg", "b/deep/3.jpg"]


def test_a_pattern_that_no_shell_expanded_stands_for_what_it_matches(folder: Path) -> None:
    assert found("*/*.jpg") == ["a/1.jpg", "b/2.jpg"]
    assert found("b/**/*.jpg") == ["b/2.jpg", "b/deep/3.jpg"]
    assert found(f"{folder}/a/*") == [f"{folder}/a/1.jpg"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(folder: Path) -> None:
    assert found("[1].jpg") == ["[1].jpg"]


def test_a_picture_named_twice_is_found_once_where_it_was_named_first(folder: Path) -> None:
    assert found("b/2.jpg", "b", "b/2.jpg") == ["b/2.jpg", "b/1.JPEG", "b/deep/3.jpg"]


def test_what_stands_for_nothing_is_kept_to_be_complained_of(folder: Path) -> None:
    assert found("gone.jpg", "*.gone", "empty", "a") == ["gone.jpg", "*.gone", "empty", "a/1.jpg"]


def test_what_is_left_out_of_a_folder_is_named_with_the_reason(folder: Path) -> None:
    for name in ("b/1.svg", "b/deep/2.SVG", "b/deep/3.cr2", "b/README", "b/4.jfif"):
        (folder / name).write_bytes(b"")
    (folder / "b/album").symlink_to(folder / "a")
    assert left_out("b") == {
        "b/.hidden.jpg": "hidden",
        "b/.thumbnails": "hidden",
        "b/1.svg": ".svg (picture format not read)",
        "b/README": "without suffix",
        "b/album": "linked folder",
        "b/deep/2.SVG": ".svg (picture format not read)",
        "b/deep/3.cr2": ".cr2 (picture format not read)",
        "b/notes.txt": ".txt",
    }
    assert str(find_pictures(["b"])) == (
        "8 left out in folders: 2 × .svg (picture format not read), 1 × .cr2 (picture format not"
        " read), 2 × hidden, 1 × without suffix, 1 × linked folder, 1 × .txt."
    )
    assert found("b")[-1] == "b/deep/3.jpg"
    assert "b/4.jfif" in found("b")


def test_what_is_named_itself_is_not_left_out(folder: Path) -> None:
    assert found("b", "b/notes.txt")[-1] == "b/notes.txt"
    assert "b/notes.txt" not in left_out("b", "b/notes.txt")
    assert str(find_pictures(["a", "b/2.jpg"])) == ""


def test_many_kinds_of_files_are_told_in_one_short_line(folder: Path) -> None:
    for number in range(1000):
        (folder / f"a/log.{number}").touch()
    (folder / "a/1.jxl").touch()
    told = str(find_pictures(["a"]))
    assert told.startswith("1001 left out in folders: 1 × .jxl (picture format not read), 1 × .")
    assert told.endswith("× others.")
    assert len(told) < 200


def test_a_folder_that_cannot_be_listed_is_complained_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def closed(path: Any) -> Any:
        if Path(path).name == "deep":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert found("b") == ["b/1.JPEG", "b/2.jpg", "b/deep"]


def test_what_is_wrong_with_a_path_is_told(folder: Path) -> None:
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "broken.jpg").symlink_to("gone")
    os.mkfifo("pipe.jpg")
    for name, why in {
        "loop.jpg": "Too many levels of symbolic links",
        "broken.jpg": "no such file",
        "pipe.jpg": "no regular file",
        "a" * 300: "File name too long",
        "a/1.jpg/x": "Not a directory",
        "empty": "a folder without pictures in a format that is read",
        "b/notes.txt": "not a picture in a format that is read",
    }.items():
        assert found(name) == [name]
        assert why_unreadable(Path(name)) == why
    assert {"loop.jpg", "broken.jpg", "pipe.jpg"} < {*found(".")}


def test_formats_that_are_read_here_stand_for_pictures_and_others_do_not(folder: Path) -> None:
    read = ("webp", "AVIF", "tif", "mpo", "gif", "bmp", "jpe")
    for suffix in (*read, "h5", "mpg", "eps"):
        (folder / f"empty/1.{suffix}").touch()
    assert found("empty") == sorted(f"empty/1.{suffix}" for suffix in read)
    assert {*left_out("empty").values()} == {".h5", ".mpg", ".eps (picture format not read)"}


def test_without_its_extra_heic_is_left_out_with_the_way_to_read_it(folder: Path) -> None:
    (folder / "empty/1.HEIC").touch()
    if ".heic" in SUFFIXES:
        assert found("empty") == ["empty/1.HEIC"]
    else:
        told = left_out("empty")["empty/1.HEIC"]
        assert told == ".heic (picture format not read without the extra heic)"


@pytest.fixture(scope="module")
def model() -> Any:
    """Tells the colours of a picture's places apart."""
    keras.utils.set_random_seed(0)
    pictures = keras.Input((30, 30, 3))
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(pictures))
    return whole_model("places", keras.Model(pictures, keras.layers.Dense(3)(x)))


@pytest.mark.parametrize("batch_size", [1, 3, 50])
def test_every_picture_gets_its_own_probability_whatever_lies_between(
    tmp_path: Path, model: Any, batch_size: int
) -> None:
    paths = [tmp_path / f"{number}.jpg" for number in range(8)]
    for number, path in enumerate(paths):
        path.write_bytes(jpeg(number))
    paths[0].write_bytes(b"")
    paths[3].write_bytes(jpeg(3)[:200])
    paths[4].unlink()
    readable = [paths[number] for number in (1, 2, 5, 6, 7)]
    expected = model.predict(load_pictures(readable, 30), verbose=0)
    assert len(np.unique(expected, axis=0)) == len(readable)

    batches = list(predict_files(model, paths, batch_size))
    assert [path for batch in batches for path in batch.paths] == readable
    assert all(len(batch.paths) <= batch_size for batch in batches)
    told = np.concatenate([batch.probabilities for batch in batches])
    np.testing.assert_allclose(told, expected, atol=1e-6)


def test_neither_a_pipe_nor_an_odd_name_stops_the_rest(tmp_path: Path, model: Any) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg"))
    paths = [tmp_path / "pipe.jpg", odd, tmp_path / "1.jpg"]
    os.mkfifo(paths[0])
    for path in paths[1:]:
        path.write_bytes(jpeg(1))
    (batch,) = predict_files(model, paths, 8)
    assert batch.paths == (odd, paths[2])
    np.testing.assert_array_equal(batch.probabilities[0], batch.probabilities[1])


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_a_photo_that_a_phone_stores_turned_gets_the_answer_of_the_upright_one(
    tmp_path: Path, model: Any, orientation: int, turn: Image.Transpose
) -> None:
    upright = Image.open(io.BytesIO(jpeg(3, 64, 48)))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    named = {}
    for suffix, options in (("png", {}), ("jpg", {"quality": 98, "subsampling": 0})):
        for name, picture, told in (
            ("up", upright, None),
            ("turned", upright.transpose(turn), exif),
        ):
            path = tmp_path / f"{name}.{suffix}"
            picture.save(path, **options, **({"exif": told} if told else {}))
            named[path.name] = path
    (batch,) = predict_files(model, [*named.values()], 8)
    told = dict(zip(named, batch.probabilities, strict=True))
    np.testing.assert_array_equal(told["turned.png"], told["up.png"])
    np.testing.assert_allclose(told["turned.jpg"], told["up.jpg"], atol=5e-3)
    lying = tmp_path / "lying.png"
    upright.transpose(turn).save(lying)
    ((there,),) = [each.probabilities for each in predict_files(model, [lying], 8)]
    assert np.abs(there - told["up.png"]).max() > 0.02  # this model would tell the difference


def test_heatmaps_of_equal_names_go_to_different_files(folder: Path) -> None:
    paths = [Path("a/1.jpg"), Path("b/1.JPEG"), folder / "b/deep/3.png", Path("b/deep/3.png.jpg")]
    assert [file.as_posix() for file in heatmap_files(paths, Path("out")).values()] == [
        "out/a/1.jpg",
        "out/b/1.JPEG",
        "out/b/deep/3.png.jpg",
        "out/b/deep/3.png.jpg.jpg",
    ]


@pytest.mark.parametrize("into", ["b", "link"])
def test_a_heatmap_never_takes_the_place_of_a_picture(folder: Path, into: str) -> None:
    (folder / "link").symlink_to("b")
    with pytest.raises(PipelineError, match="Name another folder"):
        heatmap_files([Path("b/2.jpg")], Path(into))
