"""The validation suite finds each kind of damage, names the file, and nothing else."""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import imagehash
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from dogs_vs_cats.data.reading.classes import write_classes
from dogs_vs_cats.data.splitting.split import MANIFEST_COLUMNS
from dogs_vs_cats.data.validation.picture_statistics import measure, measure_picture
from dogs_vs_cats.data.validation.picture_table import NONE_NEAR, nearest_earlier
from dogs_vs_cats.data.validation.validation import Validation, validate_pictures
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SourceName, ValidationSettings, read_params
from dogs_vs_cats.settings.sections import Range

ROOT = Path(__file__).parents[3]
CLASSES = ("cat", "dog")
SIZES = {"train": 3, "validation": 2, "test": 2}
COMMITTED = read_params(ROOT / "params.yaml").validation
STRICT = COMMITTED.model_copy(
    update={
        "near_duplicates_allowed": 0.0,
        # So that what is too large is soon drawn.
        "side": Range(min=16, max=1200),
        "bytes": Range(min=100, max=1_000_000),
    }
)


def draw(seed: int, width: int = 96, height: int = 80) -> Image.Image:
    """Coarse coloured noise: every seed another picture, to the eye and to a perceptual hash."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def encoded(picture: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


class Project:
    """Drawn pictures in three splits, and their manifest."""

    def __init__(self, root: Path, classes: Sequence[str] = CLASSES) -> None:
        self.classes = tuple(classes)
        self.splits = root / "splits"
        self.manifest = root / "manifest.csv"
        self.files: dict[str, tuple[str, str]] = {}
        """File to (split, class), in the manifest's order."""
        number = 0
        for split, size in SIZES.items():
            for label in self.classes:
                for _ in range(size):
                    self.add(f"{split}/{label}/{label}.{number}.jpg", encoded(draw(number)))
                    number += 1

    def add(self, file: str, content: bytes, label: str | None = None) -> None:
        path = self.splits / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        split, folder, *_ = file.split("/")
        self.files[file] = (split, label or folder)

    def replace(self, file: str, content: bytes) -> None:
        (self.splits / file).write_bytes(content)

    def read(self, file: str) -> bytes:
        return (self.splits / file).read_bytes()

    def write_manifest(self) -> None:
        rows = []
        for file, (split, label) in self.files.items():
            content = self.read(file)
            try:
                with Image.open(io.BytesIO(content)) as picture:
                    size, phash = picture.size, str(imagehash.phash(picture))
            except OSError:
                size, phash = (0, 0), f"{hashlib.sha256(content).hexdigest():.16}"
            digest = hashlib.sha256(content).hexdigest()
            rows.append((split, label, file, digest, *size, len(content), phash))
        pd.DataFrame(rows, columns=list(MANIFEST_COLUMNS)).to_csv(self.manifest, index=False)

    def validate(
        self, limits: ValidationSettings = STRICT, source: SourceName = "kaggle"
    ) -> Validation:
        return validate_pictures(self.manifest, self.splits, self.classes, source, limits)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def failed(validation: Validation) -> set[str]:
    return {e["name"] for e in validation.summary["expectations"] if not e["success"]}


def truncate(p: Project) -> None:
    p.replace("train/cat/cat.0.jpg", p.read("train/cat/cat.0.jpg")[:1200])


def closed_after_a_cut(p: Project) -> None:
    p.replace("train/cat/cat.0.jpg", p.read("train/cat/cat.0.jpg")[:1200] + b"\xff\xd9")


def text_named_jpg(p: Project) -> None:
    p.replace("train/cat/cat.0.jpg", b"This is no picture.\n" * 40)


def of_unknown_range(p: Project) -> None:
    p.replace("train/cat/cat.0.jpg", encoded(draw(0).convert("F"), "TIFF"))


def tall_strip(p: Project) -> None:
    p.replace("train/cat/cat.0.jpg", encoded(draw(0, 40, 408)))


def wide_strip(p: Project) -> None:
    p.replace("train/cat/cat.0.jpg", encoded(draw(0, 408, 40)))


def tiny(p: Project) -> None:
    p.replace("train/cat/cat.0.jpg", encoded(draw(0, 15, 40)))


def huge(p: Project) -> None:
    p.replace("train/cat/cat.0.jpg", encoded(draw(0, 1201, 400)))


def black(p: Project) -> None:
    p.replace("train/cat/cat.0.jpg", encoded(Image.new("RGB", (96, 80))))


def flat_gray(p: Project) -> None:
    p.replace("train/cat/cat.0.jpg", encoded(Image.new("RGB", (96, 80), (120, 120, 120))))


def padded(p: Project) -> None:
    p.replace("train/cat/cat.0.jpg", p.read("train/cat/cat.0.jpg") + bytes(1_000_000))


def unknown_class(p: Project) -> None:
    p.add("train/cow/cow.1.jpg", encoded(draw(99)))


def wrong_folder(p: Project) -> None:
    content = p.read("train/cat/cat.0.jpg")
    (p.splits / "train/cat/cat.0.jpg").unlink()
    p.files = {f: where for f, where in p.files.items() if f != "train/cat/cat.0.jpg"}
    p.add("train/dog/cat.0.jpg", content, label="cat")


def class_missing(p: Project) -> None:
    for file in [file for file in p.files if file.startswith("test/dog/")]:
        (p.splits / file).unlink()
        del p.files[file]


def duplicate_across_splits(p: Project) -> None:
    p.replace("test/dog/dog.12.jpg", p.read("train/cat/cat.0.jpg"))


def encoded_again_across_splits(p: Project) -> None:
    p.replace("test/dog/dog.12.jpg", encoded(draw(0, 60, 50), quality=60))


@pytest.mark.parametrize(
    ("damage", "expectations", "files"),
    [
        (truncate, {"decodes"}, ["train/cat/cat.0.jpg"]),
        (closed_after_a_cut, {"decodes"}, ["train/cat/cat.0.jpg"]),
        (text_named_jpg, {"decodes"}, ["train/cat/cat.0.jpg"]),
        (of_unknown_range, {"decodes"}, ["train/cat/cat.0.jpg"]),
        (tall_strip, {"aspect_ratio"}, ["train/cat/cat.0.jpg"]),
        (wide_strip, {"aspect_ratio"}, ["train/cat/cat.0.jpg"]),
        (tiny, {"shorter_side"}, ["train/cat/cat.0.jpg"]),
        (huge, {"longer_side"}, ["train/cat/cat.0.jpg"]),
        (black, {"brightness", "contrast"}, ["train/cat/cat.0.jpg"]),
        (flat_gray, {"contrast"}, ["train/cat/cat.0.jpg"]),
        (padded, {"bytes"}, ["train/cat/cat.0.jpg"]),
        (unknown_class, {"class"}, ["train/cow/cow.1.jpg"]),
        (wrong_folder, {"folder"}, ["train/dog/cat.0.jpg"]),
        (class_missing, {"classes"}, []),
        (duplicate_across_splits, {"unique"}, ["train/cat/cat.0.jpg", "test/dog/dog.12.jpg"]),
        (
            encoded_again_across_splits,
            {"near_duplicates"},
            ["test/dog/dog.12.jpg", "train/cat/cat.0.jpg"],
        ),
    ],
)
def test_damage_before_the_split_fails_exactly_its_expectation_and_names_the_files(
    project: Project, damage: Callable[[Project], None], expectations: set[str], files: list[str]
) -> None:
    damage(project)
    project.write_manifest()
    validation = project.validate()
    assert failed(validation) == expectations
    assert validation.summary["success"] is False
    assert validation.summary["failed"] == len(expectations)
    named = set(re.findall(r"\S+\.jpg", "\n".join(validation.failures)))
    assert named == set(files)
    with pytest.raises(PipelineError, match=rf"^{len(expectations)} of 14 expectations"):
        validation.require_success()


def overwritten(p: Project) -> list[str]:
    p.replace("train/cat/cat.0.jpg", encoded(draw(99)))
    return ["train/cat/cat.0.jpg"]


def swapped(p: Project) -> list[str]:
    first, second = p.read("train/cat/cat.0.jpg"), p.read("train/dog/dog.3.jpg")
    p.replace("train/cat/cat.0.jpg", second)
    p.replace("train/dog/dog.3.jpg", first)
    return ["train/cat/cat.0.jpg", "train/dog/dog.3.jpg"]


def removed(p: Project) -> list[str]:
    (p.splits / "train/cat/cat.0.jpg").unlink()
    return ["train/cat/cat.0.jpg"]


def stray(p: Project) -> list[str]:
    (p.splits / "train/cat/stray.jpg").write_bytes(encoded(draw(99)))
    return ["train/cat/stray.jpg"]


@pytest.mark.parametrize(
    ("damage", "expectation"),
    [(overwritten, "sha256"), (swapped, "sha256"), (removed, "decodes"), (stray, "listed")],
)
def test_damage_after_the_split_fails_exactly_its_expectation_and_names_the_files(
    project: Project, damage: Callable[[Project], list[str]], expectation: str
) -> None:
    project.write_manifest()
    files = damage(project)
    validation = project.validate()
    assert failed(validation) == {expectation}
    assert set(re.findall(r"\S+\.jpg", "\n".join(validation.failures))) == set(files)


def test_sound_pictures_pass_with_the_committed_thresholds(project: Project) -> None:
    project.write_manifest()
    validation = project.validate(COMMITTED)
    validation.require_success()
    assert validation.failures == ()
    assert validation.summary["pictures"] == 14
    assert validation.summary["counts"]["train"] == {"cat": 3, "dog": 3}
    assert validation.summary["observed"]["width"] == {"min": 96, "max": 96, "mean": 96.0}


def test_pictures_of_any_format_pass_and_are_measured_upright(project: Project) -> None:
    told = Image.Exif()
    told[ExifTags.Base.Orientation] = 6
    project.replace("train/cat/cat.0.jpg", encoded(draw(0, 400, 80), exif=told))
    project.replace("train/cat/cat.1.jpg", encoded(draw(1), "PNG"))
    project.replace("train/dog/dog.3.jpg", encoded(draw(3).convert("L")))
    project.replace("train/dog/dog.4.jpg", encoded(draw(4).convert("CMYK")))
    glass = draw(12)
    glass.putalpha(200)
    project.replace("test/dog/dog.12.jpg", encoded(glass, "WEBP"))
    project.replace("test/dog/dog.13.jpg", encoded(draw(13), "MPO", save_all=True))
    project.write_manifest()
    validation = project.validate()
    validation.require_success()
    assert validation.summary["formats"] == {"JPEG": 12, "PNG": 1, "WEBP": 1}
    assert validation.summary["modes"] == {"CMYK": 1, "L": 1, "RGB": 11, "RGBA": 1}
    assert validation.summary["observed"]["height"]["max"] == 400
    assert validation.summary["observed"]["aspect_ratio"]["min"] == 0.2


def test_classes_may_be_unequal_with_any_name_and_lie_in_folders_below(tmp_path: Path) -> None:
    classes = ("Kühe & Kälber", "$x^2$ [a], <b>50 %", "null")
    project = Project(tmp_path, classes)
    project.add(f"train/{classes[0]}/Sommer/1.jpg", encoded(draw(98)))
    project.add(f"train/{classes[0]}/Winter/1.jpg", encoded(draw(99)))
    project.write_manifest()
    validation = project.validate()
    validation.require_success()
    assert validation.summary["counts"]["train"] == dict(zip(classes, (5, 3, 3), strict=True))
    assert "<b>" not in validation.page
    assert "$x^2$ [a], &lt;b&gt;50 %" in validation.page
    (project.splits / f"train/{classes[1]}").rename(project.splits / "train/aside")
    assert failed(project.validate()) == {"decodes", "listed"}


def test_missing_classes_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write_manifest()
    project.classes += tuple(f"class {number}" for number in range(4))
    (failure,) = project.validate().failures
    assert "found 6" in failure
    assert "none in train/class 0, train/class 1, train/class 2, train/class 3, validati" in failure
    assert "and 2 more" in failure


def test_the_suite_and_the_page_do_not_grow_with_the_classes(tmp_path: Path) -> None:
    project = Project(tmp_path, [f"class {number}" for number in range(30)])
    project.write_manifest()
    validation = project.validate(COMMITTED)
    validation.require_success()
    assert len(validation.summary["expectations"]) == 14
    assert validation.page.count("class 29") == 1
    assert "<details>" in validation.page


def test_the_advice_fits_the_source(project: Project) -> None:
    black(project)
    project.replace("test/dog/dog.12.jpg", encoded(draw(1), quality=50))
    project.write_manifest()
    archive = "\n".join(project.validate().failures)
    folder = "\n".join(project.validate(source="folder").failures)
    assert archive.count("take them out of the archive") == 3
    assert "data.folder" not in archive
    advice = "change data.folder and run `dvc repro --force download`, then `dvc repro`"
    assert folder.count(advice) == 3
    assert "out of the archive" not in folder
    assert "split.by: group" in folder


def test_allowed_near_duplicates_pass_and_are_still_reported(project: Project) -> None:
    encoded_again_across_splits(project)
    project.replace("validation/cat/cat.6.jpg", encoded(draw(1), quality=50))
    project.write_manifest()
    one, two = (
        # Of the eight pictures of validation and test.
        STRICT.model_copy(update={"near_duplicates_allowed": allowed / 8})
        for allowed in (1, 2)
    )
    assert failed(project.validate(one)) == {"near_duplicates"}
    validation = project.validate(two)
    validation.require_success()
    assert validation.summary["near_duplicates"]["count"] == 2
    pairs = {(p["file"], p["twin"]) for p in validation.summary["near_duplicates"]["pairs"]}
    assert pairs == {
        ("validation/cat/cat.6.jpg", "train/cat/cat.1.jpg"),
        ("test/dog/dog.12.jpg", "train/cat/cat.0.jpg"),
    }


def test_an_empty_manifest_fails(project: Project, tmp_path: Path) -> None:
    project.manifest.write_text(",".join(MANIFEST_COLUMNS) + "\n", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    project.splits = tmp_path / "empty"
    assert failed(project.validate()) == {"classes"}


def test_ten_files_are_named_and_the_rest_counted(project: Project) -> None:
    for number, file in enumerate(project.files):
        if number < 12:
            project.replace(file, encoded(draw(number, 15, 40)))
    project.write_manifest()
    (failure,) = project.validate().failures
    assert len(re.findall(r"\.jpg", failure)) == 10
    assert "and 2 more of 12" in failure


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "not found"),
        ("a,b\n1,2\n", "no column split"),
        ('a,b\n"1,2\n3', "cannot be read"),
        ("", "cannot be read"),
        (
            ",".join(MANIFEST_COLUMNS) + "\ntrain,cat,train/cat/cat.0.jpg,0,1,1,1,xyz\n",
            "perceptual",
        ),
    ],
)
def test_a_manifest_that_is_none_is_refused_with_the_remedy(
    project: Project, content: str | None, message: str
) -> None:
    if content is not None:
        project.manifest.write_text(content, encoding="utf-8")
    with pytest.raises(PipelineError, match=rf"{message}.*`dvc repro") as error:
        project.validate()
    assert str(project.manifest) in str(error.value)


def test_file_names_cannot_put_markup_into_the_page(project: Project) -> None:
    name = "train/cat/<img src=x onerror=alert(1)>.jpg"
    project.add(name, encoded(draw(99, 15, 40)))
    project.write_manifest()
    page = project.validate().page
    assert "<img" not in page
    assert "&lt;img" in page


def test_the_page_asks_for_nothing_outside_itself(project: Project) -> None:
    truncate(project)
    project.write_manifest()
    page = project.validate().page
    assert "train/cat/cat.0.jpg" in page
    assert re.findall(r"https?:|<script|src=|<link(?! rel=\"icon\" href=\"data:)|url\(", page) == []


def test_results_are_the_same_bytes_in_every_process_and_nothing_connects(
    project: Project, tmp_path: Path
) -> None:
    truncate(project)
    encoded_again_across_splits(project)
    project.write_manifest()
    script = """
import json, socket, sys
def refuse(*arguments): raise AssertionError(f"connects to {arguments}")
socket.socket.connect = socket.getaddrinfo = refuse
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from test_validation import CLASSES, STRICT, validate_pictures
manifest, splits = (Path(sys.argv[2]) / name for name in ("manifest.csv", "splits"))
v = validate_pictures(manifest, splits, CLASSES, "kaggle", STRICT)
print(json.dumps([v.summary, v.page, v.failures]))
"""

    def run(seed: str) -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, "-c", script, str(Path(__file__).parent), str(tmp_path)]
        return subprocess.run(
            arguments,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )

    first, second = run("1"), run("2")
    assert first.stdout == second.stdout
    assert str(tmp_path) not in first.stdout
    here = project.validate()
    assert json.loads(first.stdout) == [here.summary, here.page, list(here.failures)]
    noise = [line for line in re.split(r"[\r\n]+", first.stderr) if line.strip()]
    assert all(line.startswith("decoding pictures:") for line in noise), first.stderr


def test_the_stage_leaves_its_result_and_page_behind_when_it_stops_the_pipeline(
    project: Project, tmp_path: Path
) -> None:
    truncate(project)
    project.write_manifest()
    (tmp_path / "data").mkdir()
    project.manifest.rename(tmp_path / "data/manifest.csv")
    project.splits.rename(tmp_path / "data/splits")
    write_classes(tmp_path / "data/classes.json", CLASSES)
    shutil.copyfile(ROOT / "params.yaml", tmp_path / "params.yaml")
    stage = subprocess.run(
        [sys.executable, str(ROOT / "pipeline/validate.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert stage.returncode == 1, stage.stderr
    assert "Traceback" not in stage.stderr
    assert "error: 1 of 14 expectations about the pictures failed.\ndecodes:" in stage.stderr
    assert "train/cat/cat.0.jpg" in stage.stderr
    result = json.loads((tmp_path / "reports/validation.json").read_text(encoding="utf-8"))
    assert (result["success"], result["failed"]) == (False, 1)
    assert [path.name for path in (tmp_path / "reports/data_docs").iterdir()] == ["index.html"]


def test_pictures_are_measured_in_the_order_given(project: Project) -> None:
    truncate(project)
    paths = [project.splits / file for file in project.files] + [project.splits / "none.jpg"]
    seen = measure(paths)
    assert seen == [measure_picture(path) for path in paths]
    assert seen[-1].defect == "no such file"
    assert seen[0].defect is not None
    assert seen[0].brightness is None


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40), st.sampled_from(["L", "RGB"])
)
@settings(max_examples=30, deadline=None)
def test_brightness_and_contrast_are_mean_and_deviation_of_luminance(
    tmp_path_factory: pytest.TempPathFactory, seed: int, width: int, height: int, mode: str
) -> None:
    shape = (height, width) if mode == "L" else (height, width, 3)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    path = tmp_path_factory.mktemp("picture") / "picture.png"
    Image.fromarray(pixels).save(path)
    seen = measure_picture(path)
    luminance = pixels if mode == "L" else pixels @ np.array([0.299, 0.587, 0.114])
    assert seen.brightness == pytest.approx(luminance.mean(), abs=0.6)
    assert seen.contrast == pytest.approx(luminance.std(), abs=0.6)
    assert (seen.width, seen.height, seen.mode) == (width, height, mode)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_bytes_a_file_holds_it_is_described_and_not_raised(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = encoded(draw(0))
    start = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:start] + data.draw(st.binary(max_size=64)) + whole[start + 1 :]
    content = data.draw(st.sampled_from([damaged, whole[: start // 2], damaged[:start]]))
    path = tmp_path_factory.mktemp("picture") / "picture.jpg"
    path.write_bytes(content)
    seen = measure_picture(path)
    assert seen.sha256 == hashlib.sha256(content).hexdigest()
    assert (seen.defect is None) == (seen.brightness is not None)
    if len(content) < len(whole) // 2 and content == whole[: len(content)]:
        assert seen.defect is not None
    assert " at 0x" not in (seen.defect or "")


@pytest.mark.parametrize("side", [10_000, 50_000])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_header_that_declares_too_many_pixels_is_a_defect(tmp_path: Path, side: int) -> None:
    content = bytearray(encoded(draw(0)))
    frame = content.index(b"\xff\xc0") + 5
    content[frame : frame + 4] = side.to_bytes(2, "big") * 2
    path = tmp_path / "bomb.jpg"
    path.write_bytes(content)
    assert measure_picture(path).defect == "has more than 89,478,485 pixels"


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_the_nearest_earlier_hash_is_what_comparing_all_pairs_finds(data: st.DataObject) -> None:
    # Few bits and few contents, so that ties and identical files are common.
    rows = data.draw(
        st.lists(st.tuples(st.integers(0, 7), st.integers(0, 2), st.integers(0, 4)), max_size=12)
    )
    hashes, groups, contents = (np.array([row[i] for row in rows], np.int64) for i in range(3))
    index, distance = nearest_earlier(hashes.astype(np.uint64), groups, contents, chunk=3)
    for i, (own, group, content) in enumerate(rows):
        others = [
            ((own ^ other).bit_count(), j)
            for j, (other, other_group, other_content) in enumerate(rows)
            if other_group < group and (other, other_content) != (own, content)
        ]
        assert (distance[i], index[i]) == min(others, default=(NONE_NEAR, -1))
