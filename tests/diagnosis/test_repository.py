"""What git and DVC's experiments would lose in a folder is told before anything runs."""

import subprocess
from pathlib import Path

import pytest
from parameters import changed_params

from dogs_vs_cats.diagnosis.finding import Finding, Situation
from dogs_vs_cats.diagnosis.repository import repository


def git(folder: Path, *arguments: str) -> None:
    options = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "protocol.file.allow=always")
    subprocess.run(("git", *options, *arguments), cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with two commits."""
    folder = tmp_path / "project"
    (folder / ".dvc").mkdir(parents=True)
    (folder / ".dvc" / "config").write_text("[core]\n    analytics = false\n")
    git(folder, "init", "--quiet")
    for text in ("one", "two"):
        (folder / "note.txt").write_text(text)
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", text)
    return folder


def told(folder: Path) -> dict[str, Finding]:
    found = repository(Situation(folder, changed_params({}), 5000))
    return {each.subject: each for each in found}


def test_a_whole_clone_has_nothing_to_tell(project: Path) -> None:
    assert [each.verdict for each in told(project).values()] == ["ok"]


def test_a_shallow_clone_is_told_with_what_makes_it_whole(project: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth", "1", project.as_uri(), "clone")
    found = told(tmp_path / "clone")["repository"]
    assert found.verdict == "note"
    assert "git fetch --unshallow" in found.advice
    git(tmp_path / "clone", "fetch", "--unshallow")
    assert told(tmp_path / "clone")["repository"].verdict == "ok"


def test_files_that_an_experiment_would_set_back_are_named(project: Path) -> None:
    git(project, "update-index", "--skip-worktree", "note.txt")
    assert told(project)["skip-worktree"].value == "note.txt"


def test_submodules_that_an_experiment_would_delete_are_named(
    project: Path, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "--quiet", str(project), "other")
    git(project, "submodule", "add", str(tmp_path / "other"), "library")
    assert told(project)["submodules"].value == "library"


def test_a_download_without_git_is_a_problem_but_not_where_dvc_works_alone(tmp_path: Path) -> None:
    config = tmp_path / ".dvc" / "config"
    config.parent.mkdir()
    config.write_text("[core]\n    analytics = false\n")
    found = told(tmp_path)["repository"]
    assert found.verdict == "problem"
    assert "git init" in found.advice
    config.write_text("[core]\n    no_scm = True\n")
    assert told(tmp_path)["repository"].verdict == "note"
