from pathlib import Path

import pytest

from dogs_vs_cats.data.augmentation import AugmentationSettings
from dogs_vs_cats.data.split import SplitSettings
from dogs_vs_cats.errors import PipelineError
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.params import Settings, read_settings
from dogs_vs_cats.training.loop import TrainingSettings

COMMITTED = Path(__file__).parents[1] / "params.yaml"


class Oven(Settings):
    degrees: float
    fan: bool


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    return path


def test_a_section_is_read_with_its_types(tmp_path: Path) -> None:
    path = write(tmp_path, "oven: {degrees: 180, fan: true}\nother: 1\n")
    assert read_settings("oven", Oven, path) == Oven(degrees=180.0, fan=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("oven: {degrees: hot, fan: true}", "oven.degrees"),
        ("oven: {degrees: 180, fan: true, light: on}", "oven.light"),
        ("oven: {degrees: 180}", "oven.fan"),
        ("oven: {degrees: 180, fan: 1}", "oven.fan"),
        ("oven: 3", "oven"),
        ("stove: {}", "no section 'oven'"),
        ("oven: {degrees", "not valid YAML"),
        ("", "no section 'oven'"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        read_settings("oven", Oven, write(tmp_path, text))


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "oven: {degrees: hot, fan: maybe}")
    with pytest.raises(PipelineError) as raised:
        read_settings("oven", Oven, path)
    assert "oven.degrees" in str(raised.value)
    assert "oven.fan" in str(raised.value)
    assert "'maybe'" in str(raised.value)


def test_a_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="root of the project"):
        read_settings("oven", Oven, tmp_path / "params.yaml")


def test_the_committed_splits_are_the_lectures() -> None:
    split = read_settings("split", SplitSettings, COMMITTED)
    assert split.sizes == {"train": 1000, "validation": 500, "test": 500}
    assert split.strategy == "first"


def test_the_committed_augmentation_is_the_lectures() -> None:
    settings = read_settings("augmentation", AugmentationSettings, COMMITTED)
    assert settings.rotation == 40
    assert settings.fill == "nearest"
    assert settings.horizontal_flip
    strengths = {settings.width_shift, settings.height_shift, settings.shear, settings.zoom}
    assert strengths == {0.2}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_usable_committed_settings(method: str) -> None:
    read_settings(method, TrainingSettings, COMMITTED)
