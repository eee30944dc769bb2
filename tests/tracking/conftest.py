"""A project whose five methods are trained, and an MLflow store for it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient
from tracked_project import Project, write_models, write_project


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny whole model of each method."""
    folder = tmp_path_factory.mktemp("models")
    write_models(folder)
    return folder


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database without runs: making one takes seconds, copying it none."""
    path = tmp_path_factory.mktemp("database") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def make_project(
    tmp_path: Path, models: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Project]:
    """Makes a project in a folder of the given name; ``chdir`` to it is left to the test."""
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)

    def make(name: str) -> Project:
        project = write_project(tmp_path / name, models)
        shutil.copy(empty_database, project.root / "mlflow.db")
        return project

    return make


@pytest.fixture
def project(make_project: Callable[[str], Project], monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project, entered, with an empty local store. Its folder's name has a space."""
    made = make_project("my project")
    monkeypatch.chdir(made.root)
    return made
