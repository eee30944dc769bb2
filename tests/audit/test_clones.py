"""What a revision of somebody else may do to this machine when it is brought back: nothing."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from dogs_vs_cats.audit.clones import clone
from dogs_vs_cats.audit.objects import configuration
from dogs_vs_cats.cli import audit
from dogs_vs_cats.cli.verify import command as verify
from dogs_vs_cats.project.errors import PipelineError


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that must stay empty."""
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


def commit_run(project) -> str:
    """Commit all that lies here, ignored or not; the id of a run of that commit."""
    project.git("add", "--all")
    revision = project.commit("Foreign")
    return project.log_run("small_convnet", {"git.revision": revision, "git.dirty": "false"})


def replace_by_link(project, path: str, target: Path | str) -> None:
    place = project.path(path)
    shutil.rmtree(place, ignore_errors=True)
    place.unlink(missing_ok=True)
    place.symlink_to(target)
    project.git("add", "--force", path)


def link_to_a_link(project, target: Path) -> None:
    replace_by_link(project, "near", target)
    replace_by_link(project, "chain", "near")


def record_path(project, path: str) -> None:
    """Let ``dvc.lock`` record the weights elsewhere."""
    lock = project.path("dvc.lock").read_text()
    project.write("dvc.lock", lock.replace("data/weights", path))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("reports/training", lambda p, out: replace_by_link(p, "reports/training", out)),
        ("data", lambda p, out: replace_by_link(p, "data", out)),
        ("docs", lambda p, out: replace_by_link(p, "docs", "../outside")),
        ("chain", lambda p, out: link_to_a_link(p, out)),
        ("hooks", lambda p, out: replace_by_link(p, "hooks", ".git/hooks")),
        (".dvc/config.local", lambda p, out: replace_by_link(p, ".dvc/config.local", out / "x")),
        ("../outside/weights", lambda p, out: record_path(p, "../outside/weights")),
        (".git/hooks/post-merge", lambda p, out: record_path(p, ".git/hooks/post-merge")),
        (".dvc/config", lambda p, out: record_path(p, ".dvc/config")),
    ],
)
def test_a_revision_that_leads_out_of_the_folder_is_refused(
    project, outside, tmp_path, name: str, change: Callable
):
    change(project, outside)
    run = commit_run(project)
    # Of the working tree, only git's part is foreign.
    project.path(".dvc/config.local").unlink(missing_ok=True)

    result = project.audit("run", run, "--checkout", str(tmp_path / "back"))

    assert isinstance(result.exception, PipelineError), result
    assert "leads out of the folder" in str(result.exception)
    assert name.split("/")[0] in str(result.exception)
    assert not list(outside.iterdir())
    assert not (tmp_path / "back").exists()


def test_a_folder_whose_listing_leads_out_of_it_is_refused(project, outside, tmp_path):
    md5 = hashlib.md5(b"weights").hexdigest()
    listing = json.dumps([{"md5": md5, "relpath": "../../../outside/weights"}]).encode()
    name = f"{hashlib.md5(listing).hexdigest()}.dir"
    project.cached(name).parent.mkdir(exist_ok=True)
    project.cached(name).write_bytes(listing)
    lock = project.path("dvc.lock").read_text()
    project.write("dvc.lock", lock.replace(project.recorded_md5("data/features"), name))

    result = project.audit("run", commit_run(project), "--checkout", str(tmp_path / "back"))

    assert isinstance(result.exception, PipelineError)
    assert "'../../../outside/weights', which is out of that folder" in str(result.exception)
    assert not list(outside.iterdir())


def test_a_link_within_the_revision_is_brought_back(project, tmp_path):
    replace_by_link(project, "latest", "pipeline")

    result = project.audit("run", commit_run(project), "--checkout", str(tmp_path / "back"))

    assert result.exit_code == 0, result
    assert (tmp_path / "back/latest/train.py").read_text() == "# train\n"


def test_git_and_dvc_run_nothing_that_a_revision_names(project, outside, tmp_path, monkeypatch):
    hook = project.write("hooks/post-checkout", f"#!/bin/sh\ntouch '{outside}/hook'\n")
    hook.chmod(0o755)
    project.write(".gitattributes", "pipeline/* filter=mine\n")
    options = "[core]\n    remote = theirs\n['remote \"theirs\"']\n    url = /nowhere\n"
    project.write(".dvc/config", options)
    run = commit_run(project)
    project.write(".dvc/config", "[core]\n    analytics = false\n")
    config = tmp_path / "gitconfig"
    filters = f'[filter "mine"]\n\tsmudge = "touch \'{outside}/filter\'; cat"\n'
    config.write_text(f"[core]\n\thooksPath = hooks\n{filters}")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    folder = tmp_path / "back"

    result = project.audit("run", run, "--checkout", str(folder))

    assert result.exit_code == 0, result
    assert not list(outside.iterdir())
    told = configuration(folder)
    assert told["core.analytics"] == "false"
    assert not any("theirs" in option for option in told.items())
    status = subprocess.check_output(("git", "status", "--porcelain"), cwd=folder, text=True)
    assert status.strip().splitlines() == []


def test_what_git_has_otherwise_than_it_was_recorded_is_told(project, tmp_path):
    project.write("reports/evaluation.json", "{}")

    result = project.audit("run", commit_run(project), "--checkout", str(tmp_path / "back"))

    assert result.exit_code == 0, result
    assert "(reports/evaluation.json as git has it, not as its dvc.lock records)" in result.stderr


def test_a_project_below_the_top_of_its_repository_comes_back_there(project, tmp_path, monkeypatch):
    outer = project.root.parent / "outer"
    outer.mkdir()
    inner = Path(shutil.move(project.root, outer / "inner"))
    shutil.rmtree(inner / ".git")
    project.root = outer
    project.git("init", "--quiet")
    project.commit("All")
    project.root = inner
    monkeypatch.chdir(inner)

    result = project.audit(
        "run", "data/models/small_convnet.keras", "--checkout", str(tmp_path / "back")
    )

    assert result.exit_code == 0, result
    model = tmp_path / "back/inner/data/models/small_convnet.keras"
    assert model.read_text() == "small_convnet one"


def test_a_hook_of_git_that_runs_the_audit_keeps_its_own_repository(project, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(project.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(project.root / ".git/index"))
    branch = project.git("symbolic-ref", "HEAD")

    clone(project.root, project.git("rev-parse", "HEAD"), tmp_path / "back")

    assert project.git("symbolic-ref", "HEAD") == branch


@pytest.fixture
def foreign(project) -> tuple[str, str]:
    """A commit on another branch, and a run of it."""
    branch = project.git("symbolic-ref", "--short", "HEAD")
    project.git("checkout", "--quiet", "-b", "foreign")
    project.write("pipeline/train.py", "# other code")
    run = commit_run(project)
    revision = project.git("rev-parse", "HEAD")
    project.git("checkout", "--quiet", branch)
    return revision, run


@pytest.mark.parametrize("keep", ["--checkout", "--keep"])
def test_code_that_is_not_of_this_history_is_not_run_unasked(project, foreign, tmp_path, keep):
    revision, run = foreign
    folder = tmp_path / "back"
    if keep == "--checkout":
        result = project.audit("run", run, keep, str(folder))
    else:
        result = CliRunner().invoke(verify, ["--revision", "foreign", keep, str(folder)])

    assert f"warning: revision {revision[:8]} is no ancestor" in result.stderr
    assert "Its code will run with all your rights" in result.stderr
    assert isinstance(result.exception, PipelineError)
    assert str(result.exception).count("\n") == 0
    assert "give --yes" in str(result.exception)
    assert not folder.exists()


def test_with_yes_nobody_is_asked_and_still_warned(project, foreign, tmp_path):
    result = project.audit("run", foreign[1], "--checkout", str(tmp_path / "back"), "--yes")

    assert result.exit_code == 0, result
    assert "warning: revision" in result.stderr
    assert (tmp_path / "back/pipeline/train.py").read_text() == "# other code"


@pytest.mark.parametrize(("answer", "exists"), [("y\n", True), ("\n", False)])
def test_at_a_terminal_the_person_decides(
    project, foreign, tmp_path, monkeypatch, answer: str, exists: bool
):
    terminal = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(audit, "sys", terminal)
    arguments = ["run", foreign[1], "--checkout", str(tmp_path / "back")]

    result = CliRunner().invoke(audit.command, arguments, input=answer)

    assert "Do you trust it?" in result.stderr
    assert (tmp_path / "back").exists() == exists
    assert (result.exception is None) == exists
