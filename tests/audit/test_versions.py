"""``audit versions``: what each data version is, who used it and where its bytes are."""

import shutil
import socket
from pathlib import Path

import pytest

from dogs_vs_cats.audit import objects


def second_version(project) -> str:
    """Another split of the same pictures, committed; the revision."""
    project.picture("train", "cat", 0).unlink()
    project.params["split"]["seed"] = 7
    project.params["split"]["strategy"] = "random"
    project.write_manifest()
    project.train("two", accuracy=0.8)
    project.record()
    return project.commit("Second")


def move_to_remote(project, path: str) -> None:
    """Take a recorded content out of the cache and into a remote folder."""
    remote = project.root.parent / "remote"
    config = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {remote}\n"
    project.write(".dvc/config", config)
    cached = project.cached(project.recorded_md5(path))
    target = remote / cached.relative_to(project.root / ".dvc/cache")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(cached, target)


def test_a_version_is_described(project):
    [version] = project.audit_json("versions")["versions"]

    assert version["archive"]["sha256"] == "a" * 64
    assert version["archive"]["bytes"] == len("an archive")
    assert version["source"] == "sample"
    assert version["settings"]["split.strategy"] == "first"
    assert version["pictures"] == {
        "train": {"cat": 4, "dog": 4},
        "validation": {"cat": 2, "dog": 2},
        "test": {"cat": 2, "dog": 2},
    }
    assert version["validation"] == {"success": True, "failed": 0}
    assert version["bytes"] == {"state": "here", "missing": 0}


def test_versions_come_with_their_revisions_newest_first(project):
    first = project.git("rev-parse", "HEAD")
    project.write("notes.txt", "no new data")
    same = project.commit("Notes")
    second = second_version(project)

    versions = project.audit_json("versions")["versions"]

    assert [[r["revision"] for r in v["revisions"]] for v in versions] == [[second], [same, first]]
    assert [v["settings"]["split.seed"] for v in versions] == [7, 0]


def test_revisions_of_other_branches_count(project):
    project.git("checkout", "--quiet", "-b", "attempt")
    second = second_version(project)
    project.git("checkout", "--quiet", "-")

    versions = project.audit_json("versions")["versions"]

    assert next(r["revision"] for v in versions for r in v["revisions"]) == second


def test_a_dvc_lock_that_is_not_committed_counts_as_the_workspace(project):
    project.params["split"]["seed"] = 7
    project.record()

    versions = project.audit_json("versions")["versions"]

    assert versions[0]["revisions"] == [{"revision": "workspace", "subject": "not committed"}]


def test_a_run_is_found_by_its_model_and_not_by_the_revision_of_its_code(project):
    first = project.git("rev-parse", "HEAD")
    second_version(project)
    # The code is committed before it trains: the run knows the earlier revision.
    runs = project.log_model_runs(first, accuracy=0.8)

    new, old = project.audit_json("versions")["versions"]

    assert {run["run"] for run in new["runs"]} == set(runs.values())
    assert old["runs"] == []


def test_a_run_whose_model_nobody_recorded_is_found_by_its_training_pictures(project):
    digest = project.recorded_md5("data/splits/train")
    second_version(project)
    run = project.log_run("small_convnet", {"dvc.model_md5": "f" * 32}, training_data=digest)

    new, old = project.audit_json("versions")["versions"]

    assert (new["runs"], [r["run"] for r in old["runs"]]) == ([], [run])


@pytest.mark.parametrize("first_old_stage", ["validate", "train_small_convnet"])
def test_a_model_that_was_not_trained_anew_belongs_to_the_old_pictures(project, first_old_stage):
    runs = project.log_model_runs(project.git("rev-parse", "HEAD"), accuracy=0.8)
    before = project.path("dvc.lock").read_text()
    second_version(project)
    after = project.path("dvc.lock").read_text()
    # As after `dvc repro split` or `features`: later stages' entries are still the old ones.
    cut = f"  {first_old_stage}:"
    project.git("reset", "--quiet", "--hard", "HEAD~1")
    project.write("dvc.lock", after[: after.index(cut)] + before[before.index(cut) :])

    new, old = project.audit_json("versions")["versions"]

    assert new["runs"] == []
    assert {run["run"] for run in old["runs"]} == set(runs.values())


def test_the_result_of_an_older_validation_is_not_shown(project):
    project.write_json("reports/validation.json", {"success": False, "failed": 3})

    project.commit("A report of other pictures")  # and dvc.lock has the earlier one

    [version] = project.audit_json("versions")["versions"]
    assert version["validation"] == {"success": True, "failed": 0}


def test_a_version_without_a_picture_in_cache_and_remote_is_lost(project):
    project.cached(project.md5("data/splits/train/cat/cat.0.jpg")).unlink()

    [version] = project.audit_json("versions")["versions"]

    assert version["bytes"] == {"state": "lost", "missing": 1}


def test_bytes_that_only_the_remote_has_are_found_there(project):
    move_to_remote(project, "data/raw/archive.zip")
    move_to_remote(project, "data/manifest.csv")

    [version] = project.audit_json("versions")["versions"]

    assert version["bytes"] == {"state": "remote", "missing": 2}


def test_counts_are_read_from_the_remote_where_the_listing_is(project):
    move_to_remote(project, "data/splits/train")

    [version] = project.audit_json("versions")["versions"]

    assert version["pictures"]["train"] == {"cat": 4, "dog": 4}


def test_a_remote_that_lacks_some_makes_a_version_lost(project):
    move_to_remote(project, "data/raw/archive.zip")
    project.cached(project.recorded_md5("data/manifest.csv")).unlink()

    [version] = project.audit_json("versions")["versions"]

    assert version["bytes"] == {"state": "lost", "missing": 2}


def test_a_remote_that_does_not_answer_is_given_up_and_named(project, monkeypatch):
    monkeypatch.setattr(objects, "REMOTE_PATIENCE", 0.2)
    # A port that takes connections and never answers.
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        config = (
            f"[core]\n    remote = web\n['remote \"web\"']\n    url = http://127.0.0.1:{port}/\n"
        )
        project.write(".dvc/config", config)
        project.cached(project.recorded_md5("data/raw/archive.zip")).unlink()

        document = project.audit_json("versions")

    assert document["versions"][0]["bytes"]["state"] == "unknown"
    assert document["notes"] == ["The DVC remote web cannot be asked: no answer"]


def test_a_store_that_does_not_answer_is_named_and_the_rest_is_told(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")

    document = project.audit_json("versions")

    assert len(document["versions"]) == 1
    assert "http://127.0.0.1:9 cannot be used" in document["notes"][0]


def test_a_damaged_dvc_lock_of_long_ago_is_named_and_left_out(project):
    good = project.path("dvc.lock").read_text()
    project.write("dvc.lock", "<<<<<<< HEAD\n")
    bad = project.commit("Conflict")
    project.write("dvc.lock", good)
    project.commit("Mend")

    document = project.audit_json("versions")

    assert len(document["versions"]) == 1
    assert bad[:7] in document["notes"][0]


def test_the_table_has_a_line_a_version(project):
    second_version(project)

    lines = project.audit("versions").stdout.splitlines()

    assert lines[0].split()[:4] == ["version", "archive", "source", "split"]
    assert [line.split()[3] for line in lines[2:4]] == ["random", "first"]
    assert "8/4/4" in lines[3]


def test_a_project_in_a_folder_of_a_repository_is_read(project, monkeypatch):
    outer = project.root.parent / "outer"
    outer.mkdir()
    inner = Path(shutil.move(project.root, outer / "inner"))
    shutil.rmtree(inner / ".git")
    project.root = outer
    project.git("init", "--quiet")
    revision = project.commit("All")
    project.root = inner
    monkeypatch.chdir(inner)

    [version] = project.audit_json("versions")["versions"]

    assert [r["revision"] for r in version["revisions"]] == [revision]


def test_without_git_there_is_the_workspace(project):
    shutil.rmtree(project.root / ".git")

    [version] = project.audit_json("versions")["versions"]

    assert [r["revision"] for r in version["revisions"]] == ["workspace"]
