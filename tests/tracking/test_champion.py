import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from tracked_project import CLASSES

from dogs_vs_cats.cli.predict import command
from dogs_vs_cats.models.saved import describe
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.yaml_text import dump_yaml, load_yaml
from dogs_vs_cats.tracking.champion import fetch_champion
from dogs_vs_cats.tracking.mirror import track

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture
def tracked(project: Any) -> Any:
    """A project whose champion is frozen_base."""
    project.write_reached("frozen_base", validation_accuracy=0.9)
    track(Layout())
    return project


def test_the_champion_is_the_file_that_was_trained(tracked: Any, tmp_path: Path) -> None:
    champion = fetch_champion(tracked.root, tmp_path)
    assert champion.method == "frozen_base"
    assert champion.file.is_relative_to(tmp_path)
    assert champion.file.read_bytes() == tracked.model("frozen_base").read_bytes()


def test_it_comes_from_the_projects_store_wherever_one_stands(
    tracked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"  # whose store MLflow would open by itself
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert fetch_champion(tracked.root, tmp_path).method == "frozen_base"
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("lost", ["model", "alias"])
def test_a_store_without_champion_says_what_to_do(project: Any, tmp_path: Path, lost: str) -> None:
    if lost == "alias":
        track(Layout())
        project.client().delete_registered_model_alias("dogs-vs-cats", "champion")
    with pytest.raises(PipelineError, match=r"champion\. Train and register one with `dvc repro`"):
        fetch_champion(project.root, tmp_path)


def test_a_champion_whose_file_is_lost_is_told_from_none(tracked: Any, tmp_path: Path) -> None:
    shutil.rmtree(tracked.root / "mlartifacts")
    with pytest.raises(PipelineError, match="knows a champion, but its file cannot be had"):
        fetch_champion(tracked.root, tmp_path)


def test_predict_asks_the_champion(tracked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # It sets up the process, and all tests share one.
    monkeypatch.setattr("dogs_vs_cats.compute.device.set_up", lambda *_, **__: None)
    params = load_yaml(PARAMS.read_bytes()) | {"classes": ["night", "day"]}
    Path("params.yaml").write_text(dump_yaml(params))
    noise = np.random.default_rng(0).integers(0, 256, (150, 150, 3), np.uint8)
    Image.fromarray(noise).save("picture.png")
    asked = CliRunner().invoke(command, ["picture.png", "--json"])
    assert asked.exit_code == 0, asked.exception
    assert asked.stderr == "Model: dogs-vs-cats@champion, version 4 (frozen_base)\n"
    named = CliRunner().invoke(command, ["picture.png", "--json", "--method", "frozen_base"])
    others = CliRunner().invoke(command, ["picture.png", "--json", "--method", "small_convnet"])
    (of_champion,), (of_file,) = (json.loads(each.stdout)["pictures"] for each in (asked, named))
    assert of_champion == of_file
    assert [*of_champion["probabilities"]] == [*CLASSES]
    assert named.stdout != others.stdout


def test_a_champion_whose_run_tells_no_parameters_names_its_classes(
    tracked: Any, tmp_path: Path
) -> None:
    (run,) = (run for run in tracked.runs().values() if run.info.run_name == "frozen_base")
    with sqlite3.connect(tracked.root / "mlflow.db") as store:
        store.execute("DELETE FROM params WHERE run_uuid = ?", (run.info.run_id,))
    told = describe(fetch_champion(tracked.root, tmp_path).file)
    assert told
    assert told.classes == CLASSES
