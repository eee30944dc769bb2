"""A folder's name is data, whatever its characters mean elsewhere; relative paths have one root."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from conftest import jpeg

from dogs_vs_cats.data.sources.folder import class_names
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.places import ORIGIN, of_user

ROOT = Path(__file__).parents[2]
NAME = "My Projects 100% #1 ?a=b;c/Hündchen %20"
STORE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import mlflow
assert "%" in mlflow.__file__
from dogs_vs_cats.tracking.store import open_store
store = open_store(Path.cwd())
run = store.client.create_run(store.experiment_id)
store.client.log_text(run.info.run_id, "text", "note.txt")
print(store.client.list_artifacts(run.info.run_id)[0].path)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / NAME
    made.mkdir(parents=True)
    return made


def test_database_and_files_lie_in_the_folder_also_where_mlflow_itself_does(folder: Path) -> None:
    packages = folder / "packages"
    packages.symlink_to(sysconfig.get_path("purelib"))
    variables = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    done = subprocess.run(
        [sys.executable, "-c", STORE, str(packages)],
        env={**variables, "PYTHONPATH": str(ROOT / "src")},
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "note.txt"
    assert (folder / "mlflow.db").is_file()
    assert len([*folder.glob("mlartifacts/**/note.txt")]) == 1
    outside = [path for path in folder.parents[1].iterdir() if path != folder.parent]
    assert outside == []


def pictures(place: Path) -> None:
    for label in ("cat", "dog"):
        (place / label).mkdir(parents=True)
        (place / label / "1.jpg").write_bytes(jpeg(1))


@pytest.mark.parametrize("variable", ["DVC_ROOT", ORIGIN])
def test_in_a_copy_a_relative_path_counts_from_the_project_it_was_made_of(
    folder: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DVC_ROOT", ORIGIN):
        monkeypatch.delenv(name, raising=False)
    pictures(folder.parent / "pictures")
    copy = folder / ".dvc" / "tmp" / "exps" / "copy"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    with pytest.raises(PipelineError, match="there is no folder"):
        class_names("../pictures")
    monkeypatch.setenv(variable, str(folder))
    assert class_names("../pictures") == ("cat", "dog")


def test_what_git_brought_into_a_copy_is_taken_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "groups.csv").write_text("of now")
    copy = folder / "copy"
    copy.mkdir()
    (copy / "groups.csv").write_text("of then")
    monkeypatch.chdir(copy)
    monkeypatch.setenv(ORIGIN, str(folder))
    assert of_user("groups.csv").read_text() == "of then"
    assert of_user("/absolute") == Path("/absolute")
    monkeypatch.setenv("HOME", str(folder))
    assert of_user("~/groups.csv").read_text() == "of now"
