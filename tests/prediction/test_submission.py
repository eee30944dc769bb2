"""``dogs-vs-cats submit``: every id of Kaggle's sample file gets one answer, in its form."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from colour_models import write_model
from PIL import Image

from dogs_vs_cats.__main__ import cli
from dogs_vs_cats.project.errors import PipelineError

SHADES = {1: 255, 2: 0, 3: 140, 10: 120}
"""Ids and how bright each picture is."""


def jpeg(shade: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.full((40, 60, 3), shade, np.uint8)).save(stream, "JPEG")
    return stream.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def write_archive(
    path: Path, pictures: Mapping[str, bytes] | None = None, sample: str | None = None
) -> Path:
    """An archive as Kaggle serves it, less its training pictures."""
    if pictures is None:
        pictures = {f"test1/{number}.jpg": jpeg(shade) for number, shade in SHADES.items()}
    if sample is None:
        sample = "id,label\n" + "".join(f"{number},0\n" for number in SHADES)
    inner = zipped({"test1/": b"", "__MACOSX/test1/._1.jpg": b"", **pictures})
    path.write_bytes(zipped({"test1.zip": inner, "sampleSubmission.csv": sample.encode()}))
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Takes bright pictures for dogs: log odds from -10 for black to 10 for white."""
    path = tmp_path_factory.mktemp("model") / "bright_dogs.keras"
    return write_model(path, ("cat", "dog"), np.full((3, 1), 20 / 3), [-10.0])


def submit(model: Path, *arguments: str) -> Result:
    command = ["submit", "--model", str(model), "--archive", "kaggle.zip", *arguments]
    return CliRunner().invoke(cli, command)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    # Of this process, which has run TensorFlow, the threads cannot be set any more.
    monkeypatch.setattr("dogs_vs_cats.compute.device.set_up", lambda *_, **__: None)
    return tmp_path


def rows(path: str = "submission.csv") -> list[list[str]]:
    return [line.split(",") for line in Path(path).read_text().splitlines()]


def test_it_has_the_sample_s_ids_in_its_order_and_clipped_probabilities(model: Path) -> None:
    write_archive(Path("kaggle.zip"))
    result = submit(model)
    assert result.exit_code == 0, result.output
    assert rows()[0] == ["id", "label"]
    assert [number for number, _ in rows()[1:]] == ["1", "2", "3", "10"]
    white, black, lighter, darker = (float(label) for _, label in rows()[1:])
    assert (white, black) == (0.995, 0.005)
    assert lighter == pytest.approx(1 / (1 + np.exp(-(140 / 255 * 20 - 10))), abs=0.01)
    assert darker == pytest.approx(1 / (1 + np.exp(-(120 / 255 * 20 - 10))), abs=0.01)
    assert {path.name for path in Path().iterdir()} == {"kaggle.zip", "submission.csv"}


def test_labels_are_whole_numbers(model: Path) -> None:
    write_archive(Path("kaggle.zip"))
    assert submit(model, "--labels", "--out", "labels.csv").exit_code == 0
    assert rows("labels.csv")[1:] == [["1", "1"], ["2", "0"], ["3", "1"], ["10", "0"]]


def test_a_picture_that_cannot_be_read_is_told_and_gets_one_half(model: Path) -> None:
    pictures = {f"test1/{number}.jpg": jpeg(shade) for number, shade in SHADES.items()}
    write_archive(Path("kaggle.zip"), pictures | {"test1/3.jpg": b"nothing"})
    result = submit(model)
    assert result.exit_code == 0
    assert "picture 3 gets 0.5: " in result.stderr
    assert rows()[3] == ["3", "0.5"]


@pytest.mark.parametrize(
    ("sample", "told"),
    [
        ("id,label\n1,0\n2,0\n3,0\n10,0\n11,0\n", r"Only in the table: 11\..*the zip: none"),
        ("id,label\n1,0\n2,0\n", r"Only in the table: none\. .*the zip: 3, 10"),
        ("name,label\n1,0\n", r"no table of id,label"),
        ("", r"no table of id,label"),
    ],
)
def test_other_pictures_than_the_sample_s_are_refused(model: Path, sample: str, told: str) -> None:
    write_archive(Path("kaggle.zip"), sample=sample)
    Path("submission.csv").write_text("an earlier one")
    with pytest.raises(PipelineError, match=told):
        raise submit(model).exception or AssertionError
    assert Path("submission.csv").read_text() == "an earlier one"


def test_another_archive_is_refused(model: Path) -> None:
    Path("kaggle.zip").write_bytes(zipped({"cat/1.jpg": jpeg(3)}))
    with pytest.raises(PipelineError, match=r"does not hold test1\.zip"):
        raise submit(model).exception or AssertionError


def test_a_damaged_archive_is_refused(model: Path) -> None:
    whole = write_archive(Path("kaggle.zip")).read_bytes()
    place = whole.index(b"\xff\xd8\xff")
    Path("kaggle.zip").write_bytes(whole[:place] + bytes(400) + whole[place + 400 :])
    with pytest.raises(PipelineError, match=r"not a whole zip archive"):
        raise submit(model).exception or AssertionError


def test_a_model_of_other_classes_is_refused(tmp_path: Path) -> None:
    other = write_model(tmp_path / "flowers.keras", ("rose", "tulip"), np.full((3, 1), 1.0), [0.0])
    write_archive(Path("kaggle.zip"))
    with pytest.raises(PipelineError, match=r"rose, tulip.* asks for cat and dog"):
        raise submit(other).exception or AssertionError
