import io
import os
import subprocess
import sys
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from small_models import backbone

import dogs_vs_cats.data.sample.archive as drawing
from dogs_vs_cats.backbones.networks import build, preprocess
from dogs_vs_cats.backbones.weights import fill
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.data.sample import SPECIES, SampleSettings, draw_archive, draw_picture
from dogs_vs_cats.data.splitting.archive import open_archive

CATS_AND_DOGS = ("cat", "dog")

STRENGTHS = (
    "viewpoint",
    "scale",
    "deformation",
    "occlusion",
    "illumination",
    "background_clutter",
    "intraclass_variation",
)

THUMBNAILS = {
    "cat.0": [143, 152, 153, 151, 139, 141, 139, 130, 110, 124, 140, 125, 73, 95, 111, 94],
    "cat.3": [95, 123, 113, 133, 118, 99, 117, 90, 121, 125, 93, 132, 114, 124, 85, 112],
    "dog.0": [163, 154, 146, 131, 153, 60, 67, 92, 145, 81, 70, 61, 112, 53, 54, 43],
    "dog.3": [153, 154, 135, 111, 91, 120, 126, 116, 96, 101, 151, 117, 56, 69, 97, 81],
}
"""Grey values of 4×4 fields of pictures that are in the archive."""


def settings(strength: float = 0.5, **changes: object) -> SampleSettings:
    values = {"pictures_per_class": 4, "seed": 1, **dict.fromkeys(STRENGTHS, strength)}
    return SampleSettings.model_validate(values | changes)


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture, dtype=np.int16)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "archive.zip"
    draw_archive(path, settings(), CATS_AND_DOGS)
    return path


def test_same_seed_gives_same_bytes(archive: Path, tmp_path: Path) -> None:
    draw_archive(tmp_path / "again.zip", settings(), CATS_AND_DOGS)
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_another_process_gives_same_bytes(archive: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path;"
        "from dogs_vs_cats.data.sample import SampleSettings, draw_archive;"
        "settings = SampleSettings.model_validate_json(sys.argv[2]);"
        "draw_archive(Path(sys.argv[1]), settings, ('cat', 'dog'))"
    )
    path = tmp_path / "other.zip"
    subprocess.run(
        [sys.executable, "-c", script, str(path), settings().model_dump_json()],
        env={**os.environ, "PYTHONHASHSEED": "5"},
        check=True,
        capture_output=True,
    )
    assert path.read_bytes() == archive.read_bytes()


def test_several_processes_give_the_bytes_that_one_gives(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    class Pool(ProcessPoolExecutor):
        def __init__(self, workers: int, *options: Any) -> None:
            started.append(workers)
            super().__init__(workers, *options)

    monkeypatch.setattr(drawing, "PICTURES_PER_PROCESS", 4)
    monkeypatch.setattr(drawing, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    draw_archive(tmp_path / "two.zip", settings(), CATS_AND_DOGS)
    assert started == [2]
    assert (tmp_path / "two.zip").read_bytes() == archive.read_bytes()


def test_another_seed_gives_other_pictures(archive: Path, tmp_path: Path) -> None:
    draw_archive(tmp_path / "other.zip", settings(seed=2), CATS_AND_DOGS)
    with zipfile.ZipFile(archive) as one, zipfile.ZipFile(tmp_path / "other.zip") as other:
        assert one.namelist() == other.namelist()
        assert all(one.read(name) != other.read(name) for name in one.namelist())


def test_a_picture_does_not_depend_on_how_many_are_drawn(archive: Path, tmp_path: Path) -> None:
    draw_archive(tmp_path / "fewer.zip", settings(pictures_per_class=2), CATS_AND_DOGS)
    with zipfile.ZipFile(archive) as more, zipfile.ZipFile(tmp_path / "fewer.zip") as fewer:
        assert len(fewer.namelist()) == 4
        assert all(fewer.read(name) == more.read(name) for name in fewer.namelist())


def test_a_picture_does_not_depend_on_the_other_classes(archive: Path, tmp_path: Path) -> None:
    draw_archive(tmp_path / "other.zip", settings(pictures_per_class=2), ("pig", "dog", "owl"))
    with zipfile.ZipFile(archive) as one, zipfile.ZipFile(tmp_path / "other.zip") as other:
        assert other.namelist() == [
            f"train/{name}.{number}.jpg" for name in ("pig", "dog", "owl") for number in range(2)
        ]
        for shared in ("train/dog.0.jpg", "train/dog.1.jpg"):
            assert one.read(shared) == other.read(shared)


def test_cats_and_dogs_stay_as_they_are(archive: Path) -> None:
    """Thumbnails, as the last bits of a JPEG differ from one kind of machine to another."""
    with zipfile.ZipFile(archive) as pictures:
        for name, expected in THUMBNAILS.items():
            with Image.open(io.BytesIO(pictures.read(f"train/{name}.jpg"))) as picture:
                thumbnail = picture.convert("L").resize((4, 4), Image.Resampling.BOX)
            np.testing.assert_allclose(pixels(thumbnail).ravel(), expected, atol=2)


def test_archive_is_understood_and_sorted(archive: Path) -> None:
    with open_archive(archive, CATS_AND_DOGS) as pictures:
        assert [p.entry for p in pictures.pictures] == [
            f"train/{label}.{number}.jpg" for label in CATS_AND_DOGS for number in range(4)
        ]
    with zipfile.ZipFile(archive) as plain:
        assert {i.date_time for i in plain.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {i.compress_type for i in plain.infolist()} == {zipfile.ZIP_STORED}


def test_every_picture_is_an_rgb_jpeg_of_its_own_with_sides_of_150_or_more(archive: Path) -> None:
    contents = set()
    with open_archive(archive, CATS_AND_DOGS) as pictures:
        for entry in pictures.pictures:
            contents.add(pictures.read(entry))
            with Image.open(io.BytesIO(pictures.read(entry))) as picture:
                picture.load()
                assert (picture.format, picture.mode) == ("JPEG", "RGB")
                assert min(picture.size) >= 150
    assert len(contents) == 8


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_pictures_at_the_ends_of_every_strength_have_contrast(strength: float) -> None:
    for label in SPECIES:
        for number in range(4):
            assert pixels(draw_picture(label, number, settings(strength))).std() > 8


@pytest.mark.parametrize("name", STRENGTHS)
def test_each_strength_alone_changes_the_picture(name: str) -> None:
    changed = 0
    for number in range(6):
        plain = draw_picture("dog", number, settings(0.0))
        harder = draw_picture("dog", number, settings(0.0, **{name: 1.0}))
        changed += harder.size != plain.size or np.abs(pixels(plain) - pixels(harder)).mean() > 2
    assert changed >= 4


@pytest.mark.parametrize("label", SPECIES)
def test_without_difficulties_all_of_a_class_look_alike(label: str) -> None:
    first, second, third = (draw_picture(label, n, settings(0.0)) for n in (0, 1, 2))
    assert first.size == second.size == third.size
    # Same pose and place: what differs is each animal's own markings and hair.
    for other in (second, third):
        difference = np.asarray(ImageChops.difference(first, other)).max(axis=2)
        assert (difference > 60).mean() < 0.08
    hard = [draw_picture(label, n, settings(1.0)).resize(first.size) for n in (0, 1)]
    difference = np.asarray(ImageChops.difference(*hard)).max(axis=2)
    assert (difference > 60).mean() > 0.2


def test_without_clutter_and_occlusion_the_surroundings_are_plain() -> None:
    corner = pixels(draw_picture("cat", 3, settings(0.0)))[:40, :40]
    assert corner.std(axis=(0, 1)).max() < 2
    cluttered = pixels(draw_picture("cat", 3, settings(0.0, background_clutter=1.0)))
    assert cluttered[:, :40].std() > 8


def test_occluders_leave_what_they_do_not_hide() -> None:
    plain = pixels(draw_picture("cat", 0, settings(0.3, occlusion=0.0)))
    occluded = pixels(draw_picture("cat", 0, settings(0.3, occlusion=1.0)))
    same = (plain == occluded).all(axis=2).mean()
    assert 0.1 < same < 0.97


def test_vgg16_tells_the_classes_where_raw_pixels_do_not() -> None:
    """Colours, light and layout are drawn alike for all classes; what differs is the animal."""
    number, size = 40, 150
    drawn = np.stack(
        [
            np.asarray(draw_picture(label, n, settings()).resize((size, size)))
            for label in SPECIES
            for n in range(number)
        ]
    )
    answers = np.repeat(np.arange(len(SPECIES)), number)
    train = np.arange(len(answers)) % 2 == 0

    raw = np.stack([np.asarray(Image.fromarray(p).resize((32, 32))).ravel() / 255 for p in drawn])
    linear = RidgeClassifier(alpha=100).fit(raw[train], answers[train])
    by_pixels = linear.score(raw[~train], answers[~train])

    conv_base = build("vgg16", size)
    fill(conv_base)
    inputs = keras.Input((size, size, 3), dtype="uint8")
    model = keras.Model(inputs, conv_base(preprocess(inputs, backbone(size))))
    features = model.predict(drawn, verbose=0).reshape(len(drawn), -1)
    head = LogisticRegression(C=1e-4, max_iter=500).fit(features[train], answers[train])
    by_features = head.score(features[~train], answers[~train])

    assert by_pixels < 0.35
    assert by_features > by_pixels + 0.4
