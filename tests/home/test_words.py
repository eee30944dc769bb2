"""What git and MLflow say arrives whole, and a command that is advised works as it is printed."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from tiny_project import TinyProject, make_tiny_project

from dogs_vs_cats.__main__ import cli
from dogs_vs_cats.audit.history import History
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.environment import git_state
from dogs_vs_cats.tracking.store import open_store


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> TinyProject:
    project = make_tiny_project(tmp_path_factory.mktemp("one") / "my project")
    for epochs in (3, 4):
        project.set_epochs(epochs)
        project.commit(f"{epochs} epochs")
    return project


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_that_another_user_owns_the_folder_is_said_with_gits_remedy(
    finished: TinyProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Git's own way to pretend so.
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(PipelineError, match="dubious ownership") as refused:
        History(finished.folder)
    assert git_state(finished.folder) == {}
    told = capsys.readouterr().err
    for said in (str(refused.value), told):
        advised = re.search(r"git config --global --add safe.directory .+", said)
        assert advised
        subprocess.run(shlex.split(advised[0]), check=True)
        assert git_state(finished.folder)["git.dirty"] == "false"
        History(finished.folder)
        subprocess.run(["git", "config", "--global", "--unset-all", "safe.directory"], check=True)


def test_a_shallow_clone_says_that_it_does_not_know_all(
    finished: TinyProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "clone"
    url = finished.folder.as_uri().replace("%20", " ")
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", url, clone], check=True)
    monkeypatch.chdir(clone)
    said = CliRunner().invoke(cli, ["audit", "versions"]).output
    advised = re.search(r"`(git fetch --unshallow)`", said)
    assert advised
    # What DVC would run there to its end, and drop
    beside = clone / ".dvc" / "tmp" / "exps" / "copy"
    beside.mkdir(parents=True)
    monkeypatch.chdir(beside)
    monkeypatch.setenv("DVC_ROOT", str(clone))
    with pytest.raises(SystemExit) as ended:
        stage.run(lambda: pytest.fail("it ran"))
    assert advised[0] in str(ended.value.code)
    subprocess.run(shlex.split(advised[1]), cwd=clone, check=True)
    assert History(clone).notes == []
    stage.run(lambda: None)


def test_a_folder_without_git_is_told_how_to_begin(
    finished: TinyProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "download"
    subprocess.run(["cp", "-r", finished.folder, folder], check=True)
    subprocess.run(["rm", "-r", folder / ".git"], check=True)
    monkeypatch.chdir(folder)
    refused = CliRunner().invoke(cli, ["verify"])
    advised = re.search(r"`(git init .*)` makes one", str(refused.exception))
    assert advised
    monkeypatch.setenv("GIT_AUTHOR_NAME", "A")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "a@example.org")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "A")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "a@example.org")
    subprocess.run(advised[1], shell=True, check=True, capture_output=True)
    assert git_state(folder)["git.dirty"] == "false"


@pytest.mark.parametrize("way", ["restore", "gc"])
def test_a_deleted_experiment_comes_back_or_goes_as_is_advised(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store(tmp_path)
    store.client.delete_experiment(store.experiment_id)
    with pytest.raises(PipelineError) as refused:
        open_store(tmp_path)
    advised = re.search(rf"`(mlflow (?:experiments )?{way} [^`]*)`", str(refused.value))
    assert advised
    subprocess.run(shlex.split(advised[1]), check=True, capture_output=True)
    assert open_store(tmp_path).experiment_id
