from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import jpeg

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.data.reading.pictures import load_pictures
from dogs_vs_cats.prediction.files import find_pictures
from dogs_vs_cats.prediction.heatmap_files import heatmap_files
from dogs_vs_cats.prediction.predict import input_size, predict_files
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
    return [path.as_posix() for path in find_pictures(names)]


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


@pytest.fixture(scope="module")
def model() -> Any:
    """Tells the colours of a picture's places apart."""
    keras.utils.set_random_seed(0)
    pictures = keras.Input((30, 30, 3), dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(pictures))
    return keras.Model(pictures, keras.layers.Dense(1, activation="sigmoid")(x))


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
    expected = model.predict(load_pictures(readable, 30), verbose=0)[:, 0]
    assert len(set(expected.tolist())) == len(readable)

    batches = list(predict_files(model, paths, batch_size))
    assert [path for batch in batches for path in batch.paths] == readable
    assert all(len(batch.paths) <= batch_size for batch in batches)
    told = np.concatenate([batch.probabilities for batch in batches])
    np.testing.assert_allclose(told, expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(30, 20, 3), (30, 30, 1), (30,)])
def test_a_model_that_takes_something_else_is_refused(shape: tuple[int, ...]) -> None:
    inputs = keras.Input(shape)
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(inputs)), name="odd")
    with pytest.raises(PipelineError, match="Model 'odd' takes"):
        input_size(model)


def test_heatmaps_of_equal_names_go_to_different_files(folder: Path) -> None:
    paths = [Path("a/1.jpg"), Path("b/1.JPEG"), folder / "b/deep/3.png"]
    assert [file.as_posix() for file in heatmap_files(paths, Path("out")).values()] == [
        "out/a/1.jpg",
        "out/b/1.JPEG",
        "out/b/deep/3.png.jpg",
    ]


@pytest.mark.parametrize("into", ["b", "link"])
def test_a_heatmap_never_takes_the_place_of_a_picture(folder: Path, into: str) -> None:
    (folder / "link").symlink_to("b")
    with pytest.raises(PipelineError, match="Name another folder"):
        heatmap_files([Path("b/2.jpg")], Path(into))
