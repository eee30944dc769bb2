"""A finished project that is moved, copied, or whose files are lost."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.champion import fetch_champion
from dogs_vs_cats.tracking.mirror import track

UP_TO_DATE = "5 runs up to date (0 new) in"
MLFLOW = (sys.executable, "-m", "mlflow")


@pytest.fixture(params=["my project", "100%41 #1?a=b"])
def finished(
    request: Any, make_project: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Any:
    """A tracked project; of its names, one is plain, and one is full of an address's signs."""
    project = make_project(request.param)
    monkeypatch.chdir(project.root)
    project.write_comparison("Five methods compared")
    project.write_reached("frozen_base", validation_accuracy=0.9)
    track(Layout())
    return project


def files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def places(root: Path) -> set[str]:
    """All artifact locations that a store holds."""
    with sqlite3.connect(root / "mlflow.db") as store:
        return {
            place
            for column, table in (
                ("artifact_location", "experiments WHERE name = 'dogs-vs-cats'"),
                ("artifact_uri", "runs"),
                ("artifact_location", "logged_models"),
                ("source", "model_versions"),
                ("storage_location", "model_versions"),
            )
            for (place,) in store.execute(f"SELECT {column} FROM {table}")
        }


def test_the_store_lies_in_the_project_whatever_its_folder_is_called(finished: Any) -> None:
    assert {path.name for path in finished.root.parent.iterdir()} == {finished.root.name}
    assert all(place.startswith(finished.root.as_uri()) for place in places(finished.root))
    assert fetch_champion(finished.root, finished.root).method == "frozen_base"


def test_a_moved_project_finds_its_models_and_writes_where_it_is(
    finished: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = files(finished.root / "mlartifacts")
    moved = tmp_path / "moved here #2"
    finished.root.rename(moved)
    monkeypatch.chdir(moved)
    assert fetch_champion(moved, tmp_path).method == "frozen_base"
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"was made in {finished.root} and lies in {moved} now" in said
    assert UP_TO_DATE in track(Layout())
    assert capsys.readouterr().err == ""
    assert files(moved / "mlartifacts") == before
    assert all(place.startswith(moved.as_uri()) for place in places(moved))
    finished.root = moved
    finished.write_reached("small_convnet", validation_accuracy=0.7)
    assert "1 new" in track(Layout())
    assert len(files(moved / "mlartifacts")) > len(before)
    assert not (tmp_path / "my project").exists()


def test_what_is_thrown_away_in_a_copy_stays_in_the_original(
    finished: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, before = finished.root, files(finished.root)
    copy = tmp_path / "copy"
    shutil.copytree(original, copy)
    monkeypatch.chdir(copy)
    assert UP_TO_DATE in track(Layout())
    store = ("--backend-store-uri", "sqlite:///mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    subprocess.run((*MLFLOW, "experiments", "delete", "--experiment-id", "1"), check=True)
    subprocess.run((*MLFLOW, "gc", *store, "--tracking-uri", store[1]), check=True)
    assert not list((copy / "mlartifacts").rglob("*.csv"))
    assert files(original) == before
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.chdir(original)
    assert UP_TO_DATE in track(Layout())


def test_a_database_without_its_artifacts_is_explained(
    finished: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(finished.root / "mlflow.db", elsewhere)
    with pytest.raises(PipelineError, match="and not beside it") as refused:
        fetch_champion(elsewhere, tmp_path)
    assert str(finished.root / "mlartifacts") in str(refused.value)
    shutil.copytree(finished.root / "mlartifacts", elsewhere / "mlartifacts")
    assert fetch_champion(elsewhere, tmp_path).method == "frozen_base"


def test_a_store_that_keeps_its_artifacts_elsewhere_on_purpose_is_left_alone(
    project: Any, tmp_path: Path
) -> None:
    project.client().create_experiment("dogs-vs-cats", (tmp_path / "big disk").as_uri())
    track(Layout())
    assert "5 runs up to date" in track(Layout())
    assert (tmp_path / "big disk").is_dir()
    assert not (project.root / "mlartifacts").exists()


@pytest.mark.parametrize("lost", ["models", "history", "evaluation.json", "figures", ""])
def test_files_that_are_lost_are_brought_back(project: Any, tmp_path: Path, lost: str) -> None:
    project.write_comparison("Five methods compared")
    track(Layout())
    artifacts = project.root / "mlartifacts"
    names = {path.name for path in files(artifacts)}
    kept = set(project.runs())
    for path in list(artifacts.glob(f"**/{lost}" if lost else "*")):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert "0 new, 5 updated" in track(Layout())
    assert {path.name for path in files(artifacts)} >= names
    assert len(kept & set(project.runs())) >= 5  # with all that their trainings told
    assert fetch_champion(project.root, tmp_path).method in project.runs_by_method()
    assert UP_TO_DATE in track(Layout())
