"""``dogs-vs-cats drift`` on a project with a small random base."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from parameters import COMMITTED
from PIL import Image
from small_models import random_base

from dogs_vs_cats.__main__ import cli
from dogs_vs_cats.backbones.networks import load_conv_base
from dogs_vs_cats.data.reading.pictures import LabelledPictures
from dogs_vs_cats.features.frozen_pass import bank_features
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.yaml_text import dump_yaml
from dogs_vs_cats.settings import read_params


def draw(folder: Path, count: int, seed: int, dark: bool = False) -> list[Path]:
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    paths = []
    for number in range(count):
        small = random.integers(0, 60 if dark else 256, (4, 4, 3), np.uint8)
        picture = Image.fromarray(small).resize((64, 64), Image.Resampling.BICUBIC)
        paths.append(folder / f"{number}.png")
        picture.save(paths[-1])
    return paths


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Features of 60 test pictures by a small base; new pictures of that kind, and dark ones."""
    root = tmp_path_factory.mktemp("project")
    backbone = {
        "name": "mobilenet_v2",
        "weights": "",
        "image_size": 64,
        "preprocessing": "imagenet",
    }
    compute = COMMITTED["compute"] | {"precision": "float32"}
    (root / "params.yaml").write_text(
        dump_yaml(COMMITTED | {"backbone": backbone, "compute": compute})
    )
    weights = root / "data/weights/conv_base.weights.h5"
    weights.parent.mkdir(parents=True)
    random_base("mobilenet_v2").save_weights(weights)
    known = draw(root / "known", 60, seed=6)
    draw(root / "same", 40, seed=1)
    draw(root / "dark", 40, seed=2, dark=True)
    settings = read_params(root / "params.yaml").backbone
    bank_features(
        load_conv_base(weights, settings),
        settings,
        LabelledPictures(tuple(known), np.zeros(60, np.int32)),
        root / "data/features/test.npy",
    )
    return root


@pytest.fixture(autouse=True)
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setattr("dogs_vs_cats.monitoring.drift.set_up", lambda *_, **__: None)


def drift(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["drift", *arguments])


def test_pictures_of_the_same_kind_are_no_alarm() -> None:
    result = drift("same")
    assert result.exit_code == 0, result.output
    assert "No difference is seen" in result.output


def test_other_light_is_noticed_and_the_most_foreign_are_shown(tmp_path: Path) -> None:
    sheet = tmp_path / "foreign.jpg"
    result = drift("dark", "--json", "--sheet", str(sheet))
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["differs"]
    assert told["p_value"] == pytest.approx(0.001)
    assert told["pictures"] == 40
    assert told["classifier_accuracy"] > 0.8
    assert Image.open(sheet).size == (1200, 800)


def test_few_pictures_are_refused_and_broken_ones_named(project: Path) -> None:
    result = drift("same/0.png", "same/1.png")
    assert isinstance(result.exception, PipelineError)
    assert "2 pictures are too few" in str(result.exception)
    (project / "broken.png").write_bytes(b"nothing")
    result = drift("broken.png", "same")
    assert result.exit_code == 0
    assert "broken.png is left out: " in result.stderr


def test_without_features_it_says_which_stage_makes_them() -> None:
    result = drift("same", "--split", "train")
    assert isinstance(result.exception, PipelineError)
    assert "dvc repro features" in str(result.exception)
