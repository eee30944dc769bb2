import re
import subprocess
import sys
from pathlib import Path

import pytest

from dogs_vs_cats.compute.cpu import cpu_flags
from dogs_vs_cats.project.files import sha256
from dogs_vs_cats.tracking.environment import environment, git_state, workspace_id


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.com")
    subprocess.run(("git", *identity, *arguments), cwd=folder, check=True, capture_output=True)


def test_environment_names_versions_and_hardware() -> None:
    tags = environment()
    assert tags["environment.python"].startswith("3.")
    assert tags["environment.tensorflow"].startswith("2.")
    assert float(tags["environment.memory_gib"]) > 0.1
    assert re.fullmatch(r"\S+ [0-9a-f]{16}", tags["environment.tensorflow_build"])
    assert set(tags["environment.cpu_features"].split()) <= cpu_flags()
    assert all(tags.values())


def test_nothing_that_it_tells_of_is_imported() -> None:
    program = (
        "import sys\n"
        "from dogs_vs_cats.tracking.environment import environment\n"
        "environment()\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run((sys.executable, "-c", program), check=True)


def test_the_locked_packages_are_those_that_were_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, prefix = tmp_path / "project", tmp_path / "venv"
    project.mkdir()
    prefix.mkdir()
    monkeypatch.setattr("sys.prefix", str(prefix))
    assert "environment.lock" not in environment(project)
    (project / "requirements.lock").write_text("a==1\n")
    (project / "requirements-gpu.lock").write_text("a==1\nb==2\n")
    digest = sha256(project / "requirements.lock")
    assert environment(project)["environment.lock"] == f"requirements.lock sha256:{digest}"
    (prefix / "installed-requirements-gpu.lock").touch()
    digest = sha256(project / "requirements-gpu.lock")
    assert environment(project)["environment.lock"] == f"requirements-gpu.lock sha256:{digest}"


def test_gpus_are_named_with_their_driver_and_left_out_where_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "environment.gpu" not in environment()
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA A, 550.54'\necho 'NVIDIA B, 550.54'\n")
    tool.chmod(0o700)
    assert environment()["environment.gpu"] == "NVIDIA A, 550.54; NVIDIA B, 550.54"


def test_git_state_is_dirty_after_a_change_but_not_after_what_the_pipeline_writes(
    tmp_path: Path,
) -> None:
    git(tmp_path, "init")
    written = ("dvc.lock", "reports/metrics.json", "mnist/dvc.lock", "mnist/reports/metrics.json")
    for name in ("code.py", *written):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    for name in written:
        (tmp_path / name).write_text("2")
    clean = git_state(tmp_path)
    (tmp_path / "code.py").write_text("2")
    assert len(clean["git.revision"]) == 40
    assert clean["git.dirty"] == "false"
    assert git_state(tmp_path) == clean | {"git.dirty": "true"}


def test_git_state_is_empty_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init")
    assert git_state(tmp_path) == {}


def test_a_workspace_id_is_stable_and_differs_between_folders(tmp_path: Path) -> None:
    assert workspace_id(tmp_path) == workspace_id(tmp_path / "a" / "..")
    assert workspace_id(tmp_path) != workspace_id(tmp_path / "a")
    assert tmp_path.name not in workspace_id(tmp_path)
