"""``audit check``: each kind of damage is made, then found."""

import shutil
import subprocess
import sys

import pytest
from mlflow import MlflowClient

from dogs_vs_cats.project.errors import PipelineError


def test_a_clean_project_has_no_findings(project):
    result = project.audit("check")

    assert result.exit_code == 0
    assert "as dvc.lock and the manifest record them" in result.stdout


def test_a_clean_project_stays_as_it_was(project):
    before = {p: p.stat().st_mtime_ns for p in project.root.rglob("*") if ".git" not in p.parts}
    project.audit("check")

    after = {p: p.stat().st_mtime_ns for p in project.root.rglob("*") if ".git" not in p.parts}
    assert after == before


def test_a_finding_is_told_in_a_table_and_by_the_exit_code(project):
    project.picture("train", "cat", 0).unlink()

    result = project.audit("check")

    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].split() == ["finding", "path", "detail"]
    assert "data/splits/train/cat/cat.0.jpg" in result.stdout
    assert "1 finding in" in result.stdout


@pytest.mark.parametrize("damage", ["other bytes of the same size", "other bytes"])
def test_a_picture_swapped_under_the_same_name_is_found(project, damage):
    picture = project.picture("train", "cat", 0)
    picture.write_bytes(b"x" * picture.stat().st_size if "size" in damage else b"another cat")

    assert project.findings() == [("swapped", "data/splits/train/cat/cat.0.jpg")]


def test_two_pictures_that_changed_names_are_swapped_and_say_with_which(project):
    one, other = project.picture("train", "cat", 0), project.picture("train", "cat", 1)
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)

    found = project.audit_json("check")["findings"]

    assert [(f["kind"], f["detail"]) for f in found] == [
        ("swapped", "has the bytes of data/splits/train/cat/cat.1.jpg"),
        ("swapped", "has the bytes of data/splits/train/cat/cat.0.jpg"),
    ]


def test_a_missing_picture_is_found(project):
    project.picture("validation", "dog", 4).unlink()

    assert project.findings() == [("missing", "data/splits/validation/dog/dog.4.jpg")]


def test_a_missing_folder_is_found_file_by_file(project):
    shutil.rmtree(project.path("data/splits/test/cat"))

    assert project.findings() == [
        ("missing", "data/splits/test/cat/cat.6.jpg"),
        ("missing", "data/splits/test/cat/cat.7.jpg"),
    ]


def test_a_link_into_a_cache_that_lost_the_file_is_found(project):
    picture = project.picture("train", "cat", 0)
    picture.unlink()
    picture.symlink_to(project.cached("0" * 32))

    assert project.findings() == [("missing", "data/splits/train/cat/cat.0.jpg")]


def test_an_extra_picture_is_found(project):
    project.write("data/splits/train/cat/cat.99.jpg", "one more cat")

    assert project.findings() == [("extra", "data/splits/train/cat/cat.99.jpg")]


def test_an_extra_split_is_found(project):
    project.write("data/splits/holdout/cat/cat.99.jpg", "one more cat")

    assert project.findings() == [("extra", "data/splits/holdout/cat/cat.99.jpg")]


def test_what_a_killed_stage_or_dvc_left_is_no_finding(project):
    project.write("data/models/.partial-small_convnet.keras", "half a model")
    project.write("data/models/.gitignore", "/small_convnet.keras")

    assert project.findings() == []


@pytest.mark.parametrize("split", ["test", "validation"])
def test_a_picture_that_leaked_into_training_is_found(project, split):
    source = project.picture(split, "dog", 6 if split == "test" else 4)
    shutil.copy(source, project.picture("train", "dog", 50))

    [finding] = project.audit_json("check")["findings"]

    assert finding["kind"] == "leak"
    assert finding["path"] == "data/splits/train/dog/dog.50.jpg"
    assert finding["detail"] == f"has the bytes of {source.relative_to(project.root)}"


def test_a_test_picture_that_took_the_place_of_a_training_picture_is_a_leak(project):
    shutil.copy(project.picture("test", "cat", 7), project.picture("train", "cat", 2))

    assert project.findings() == [("leak", "data/splits/train/cat/cat.2.jpg")]


def test_a_test_picture_that_was_moved_into_training_is_a_leak_and_missing(project):
    project.picture("test", "cat", 7).rename(project.picture("train", "cat", 7))

    assert project.findings() == [
        ("leak", "data/splits/train/cat/cat.7.jpg"),
        ("missing", "data/splits/test/cat/cat.7.jpg"),
    ]


def test_a_leak_that_dvc_lock_itself_records_is_found_on_both_sides(project):
    shutil.copy(project.picture("test", "cat", 7), project.picture("train", "cat", 2))
    project.write_manifest()
    project.record()

    assert project.findings() == [
        ("leak", "data/splits/test/cat/cat.7.jpg"),
        ("leak", "data/splits/train/cat/cat.2.jpg"),
    ]


def test_a_leak_is_found_from_the_manifest_alone(project):
    for split in ("train", "test"):
        project.cached(project.recorded_md5(f"data/splits/{split}")).unlink()
    project.picture("test", "cat", 7).rename(project.picture("train", "cat", 7))

    assert ("leak", "data/splits/train/cat/cat.7.jpg") in project.findings()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("train,cat,train/cat/cat.0.jpg", "train,dog,train/cat/cat.0.jpg", "class: cat -> dog"),
        ("test,cat,test/cat/cat.7.jpg", "train,cat,test/cat/cat.7.jpg", "split: test -> train"),
    ],
)
def test_a_manifest_edited_by_hand_is_found_with_its_rows(project, old, new, told):
    manifest = project.path("data/manifest.csv")
    manifest.write_text(manifest.read_text().replace(old, new))

    found = project.audit_json("check")["findings"]

    assert {(f["kind"], f["path"]) for f in found} == {("manifest", "data/manifest.csv")}
    assert any(f["detail"].endswith(told) for f in found)


def test_a_row_that_was_added_and_one_that_was_removed_are_found(project):
    manifest = project.path("data/manifest.csv")
    lines = manifest.read_text().splitlines()
    added = lines[-1].replace("dog.7.jpg", "dog.8.jpg")
    manifest.write_text("\n".join([*lines[:-1], added]) + "\n")

    details = [f["detail"] for f in project.audit_json("check")["findings"]]

    assert "test/dog/dog.8.jpg: the row was added" in details
    assert "test/dog/dog.7.jpg: the row was removed" in details


def test_a_manifest_whose_digest_was_edited_is_found_though_the_recorded_one_is_lost(project):
    project.cached(project.recorded_md5("data/manifest.csv")).unlink()
    manifest = project.path("data/manifest.csv")
    digest = project.sha256(project.picture("train", "cat", 0))
    manifest.write_text(manifest.read_text().replace(digest, "0" * 64))

    details = [f["detail"] for f in project.audit_json("check")["findings"]]

    assert "train/cat/cat.0.jpg: its sha256 is not the file's" in details


def test_a_manifest_that_is_none_is_found(project):
    project.write("data/manifest.csv", "\xff, not a manifest")

    [finding] = project.audit_json("check")["findings"]

    assert finding["kind"] == "manifest"
    assert "cannot be read as a manifest" in finding["detail"]


def test_a_model_file_that_no_run_made_is_found(project):
    project.log_model_runs("0" * 40, accuracy=0.7)
    project.write("data/models/small_convnet.keras", "from somewhere")
    project.write("data/models/other.keras", "from elsewhere")

    assert project.findings() == [
        ("unknown model", "data/models/other.keras"),
        ("unknown model", "data/models/small_convnet.keras"),
    ]


def test_the_model_of_another_run_is_found_and_named(project):
    project.write("data/models/small_convnet.keras", "an experiment")
    md5 = project.md5("data/models/small_convnet.keras")
    run = project.log_run("small_convnet", {"dvc.model_md5": md5})

    [finding] = project.audit_json("check")["findings"]

    assert finding["kind"] == "modified"
    assert run[:8] in finding["detail"]


def test_the_model_of_an_earlier_revision_is_found_and_named(project):
    first = project.git("rev-parse", "HEAD")
    old = project.path("data/models/small_convnet.keras").read_bytes()
    project.train("two", accuracy=0.8)
    project.record()
    project.commit("Second")
    project.write("data/models/small_convnet.keras", old)

    [finding] = project.audit_json("check")["findings"]

    assert finding["kind"] == "modified"
    assert first[:8] in finding["detail"]


@pytest.mark.parametrize("path", ["data/raw/archive.zip", "reports/evaluation.json"])
def test_any_other_output_that_was_modified_or_is_missing_is_found(project, path):
    project.write(path, "something else")
    assert project.findings() == [("modified", path)]

    project.path(path).unlink()
    assert project.findings() == [("missing", path)]


def test_a_modified_folder_is_found_though_its_listing_is_lost(project):
    project.cached(project.recorded_md5("data/features")).unlink()
    assert project.findings() == []

    project.write("data/features/train.npy", "other features")
    assert project.findings() == [("modified", "data/features")]


def test_a_stage_that_dvc_yaml_no_longer_has_is_not_looked_at(project):
    text = project.path("dvc.lock").read_text()
    entry = "  gone:\n    cmd: x\n    outs:\n    - {path: old.csv, hash: md5, md5: '0', size: 1}\n"
    assert text.endswith("\n")
    project.write("dvc.lock", text + entry)

    assert project.findings() == []


def test_a_damaged_cache_is_not_believed(project):
    listing = project.cached(project.recorded_md5("data/splits/train"))
    listing.write_text("[]")
    project.write("data/splits/train/cat/cat.0.jpg", "another cat")

    assert ("modified", "data/splits/train") in project.findings()


def test_without_dvc_lock_the_user_is_told_what_to_do(project):
    project.path("dvc.lock").unlink()

    result = project.audit("check")

    assert isinstance(result.exception, PipelineError)
    assert "dvc repro" in str(result.exception)


def test_no_store_is_made_where_there_is_none(project):
    project.path("mlflow.db").unlink()
    project.write("data/models/other.keras", "from elsewhere")

    assert project.findings() == [("unknown model", "data/models/other.keras")]
    assert not project.path("mlflow.db").exists()
    [note] = project.audit_json("check")["notes"]
    assert "sqlite:///mlflow.db has no experiment dogs-vs-cats" in note


def test_tensorflow_is_not_imported(project):
    project.write("data/models/other.keras", "from elsewhere")  # so that MLflow is asked
    program = (
        "import sys\n"
        "from dogs_vs_cats.cli.audit import command\n"
        "try: command(['check'])\n"
        "finally: assert not {'tensorflow', 'keras', 'torch'} & set(sys.modules), 'slow'\n"
    )

    ended = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True)

    assert ended.returncode == 1
    assert "unknown model" in ended.stdout
    assert "slow" not in ended.stderr


def test_runs_beyond_one_page_of_the_store_are_seen(project, monkeypatch):
    project.write("data/models/small_convnet.keras", "an experiment")
    md5 = project.md5("data/models/small_convnet.keras")
    for tags in ({}, {}, {"dvc.model_md5": md5}):
        project.log_run("small_convnet", tags)
    search = MlflowClient.search_runs
    monkeypatch.setattr(
        MlflowClient, "search_runs", lambda *a, max_results, **k: search(*a, max_results=2, **k)
    )

    assert project.findings() == [("modified", "data/models/small_convnet.keras")]
