import subprocess
from pathlib import Path

from dogs_vs_cats.tracking.environment import environment, git_state, workspace_id


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.com")
    subprocess.run(("git", *identity, *arguments), cwd=folder, check=True, capture_output=True)


def test_environment_names_versions_and_hardware() -> None:
    tags = environment()
    assert tags["environment.python"].startswith("3.")
    assert tags["environment.tensorflow"].startswith("2.")
    assert float(tags["environment.memory_gib"]) > 0.1
    assert all(tags.values())


def test_git_state_is_dirty_after_a_change_but_not_after_what_the_pipeline_writes(
    tmp_path: Path,
) -> None:
    git(tmp_path, "init")
    (tmp_path / "reports").mkdir()
    for name in ("code.py", "dvc.lock", "reports/metrics.json"):
        (tmp_path / name).write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    (tmp_path / "dvc.lock").write_text("2")
    (tmp_path / "reports/metrics.json").write_text("2")
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
