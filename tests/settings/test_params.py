"""Every parameter is checked before the first stage begins its work."""

import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.yaml_text import dump_yaml, load_yaml
from dogs_vs_cats.settings import Params, read_params

ROOT = Path(__file__).parents[2]
COMMITTED: dict[str, Any] = load_yaml((ROOT / "params.yaml").read_bytes())


def read(folder: Path, changes: dict[str, Any]) -> Params:
    """The committed parameters with some changed, by dotted name; None takes one away."""
    content = deepcopy(COMMITTED)
    for name, value in changes.items():
        *parents, key = name.split(".")
        place = content
        for parent in parents:
            place = place[parent]
        place[key] = value
        if value is None:
            del place[key]
    path = folder / "params.yaml"
    path.write_text(dump_yaml(content))
    return read_params(path)


def test_the_committed_file_is_read_with_its_types() -> None:
    params = read_params(ROOT / "params.yaml")
    for method in METHODS:
        assert params.method(method).model_dump() == COMMITTED[method]
    assert params.augmentation.model_dump() == COMMITTED["augmentation"]
    assert params.validation.side.max == COMMITTED["validate"]["side"]["max"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("fine_tuning.optimizer", "sgd", r"fine_tuning\.optimizer: .*'adam' or 'rmsprop'.*'sgd'"),
        ("split.train", "many", r"split\.train: .* integer .*'many'"),
        ("split.train", 10.0, r"split\.train: .*10\.0"),
        ("augmentation.horizontal_flip", 1, r"augmentation\.horizontal_flip: .* boolean"),
        ("backbone.image_size", 45, r"backbone\.image_size: .*46.*45"),
        ("small_convnet.learning_rate", float("inf"), r"small_convnet\.learning_rate: .*finite"),
        ("small_convnet.learning_rate", float("nan"), r"small_convnet\.learning_rate"),
        ("sample.occlusion", 1.2, r"sample\.occlusion: .*1\.2"),
        ("sample.scale", -0.1, r"sample\.scale"),
        ("sample.viewpoint", "much", r"sample\.viewpoint"),
        ("sample.seed", -1, r"sample\.seed"),
        ("validate.side.min", 2000, r"validate\.side: .*min is above max"),
        ("classes.positive", "cat", r"classes: .*two different names"),
        ("evaluate", 3, r"evaluate: .*3"),
        ("evaluate", None, r"evaluate: is missing"),
        ("frozen_base", None, r"frozen_base: is missing"),
        ("frozen_base.epochs", None, r"frozen_base\.epochs: is missing"),
    ],
)
def test_what_cannot_be_used_is_named(
    tmp_path: Path, name: str, value: object, message: str
) -> None:
    with pytest.raises(PipelineError, match=message):
        read(tmp_path, {name: value})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("fine_tunning", "fine_tuning"),
        ("validation", "validate"),
        ("small_convnet.learning_rte", "learning_rate"),
        ("validate.side.maximum", "max"),
    ],
)
def test_a_mistyped_name_is_told_the_one_that_was_meant(
    tmp_path: Path, name: str, meant: str
) -> None:
    with pytest.raises(PipelineError, match=f"{name}: .*did you mean {meant}\\?"):
        read(tmp_path, {name: 1})


def test_a_name_like_no_other_is_told_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"compute\.zzz: .*precision, strategy, engine"):
        read(tmp_path, {"compute.zzz": 1})


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(PipelineError) as raised:
        read(tmp_path, {"split.train": "many", "fine_tuning.epochs": 0, "visualize.heatmaps": True})
    for name in ("split.train", "fine_tuning.epochs", "visualize.heatmaps"):
        assert name in str(raised.value)


@pytest.mark.parametrize("text", ["split: {train", "- 1\n- 2", "", "3"])
def test_what_holds_no_sections_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(PipelineError, match=r"params\.yaml"):
        read_params(path)


def test_a_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="root of the project"):
        read_params(tmp_path / "params.yaml")


def test_the_first_stage_ends_with_a_mistake_in_the_last_methods_section(tmp_path: Path) -> None:
    with pytest.raises(PipelineError):
        read(tmp_path, {"fine_tuning.optimizer": "sgd"})
    ended = subprocess.run(
        [sys.executable, ROOT / "pipeline/download.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: params.yaml has settings that cannot be used:")
    assert "fine_tuning.optimizer" in ended.stderr
    assert not (tmp_path / "data").exists()
