"""``audit diff``: pictures, parameters, code and accuracy between two states."""

from collections import Counter

import pytest

from dogs_vs_cats.audit.pictures import Placed, compare
from dogs_vs_cats.project.errors import PipelineError

METHODS = ("small_convnet", "feature_extraction")


def change_everything(project) -> None:
    """One picture of each kind of change, a parameter, a code file, the accuracy."""
    project.picture("train", "cat", 0).unlink()
    project.write("data/splits/train/cat/cat.99.jpg", "a new cat")
    project.picture("train", "cat", 1).write_text("another cat under the old name")
    project.picture("validation", "dog", 4).rename(project.picture("test", "dog", 4))
    project.picture("train", "dog", 3).rename(project.path("data/splits/train/cat/dog.3.jpg"))
    project.picture("train", "dog", 2).rename(project.picture("train", "dog", 20))
    project.params["small_convnet"]["epochs"] = 9
    project.write("pipeline/train.py", "# other code")
    project.write_manifest()
    project.train("two", accuracy=0.8)
    project.record()


def check_changes(document) -> None:
    assert document["pictures"] == {
        "added": ["train/cat/cat.99.jpg"],
        "removed": ["train/cat/cat.0.jpg"],
        "moved": [["validation/dog/dog.4.jpg", "test/dog/dog.4.jpg"]],
        "relabelled": [["train/dog/dog.3.jpg", "train/cat/dog.3.jpg"]],
        "renamed": [["train/dog/dog.2.jpg", "train/dog/dog.20.jpg"]],
        "changed": [["train/cat/cat.1.jpg", "train/cat/cat.1.jpg"]],
    }


def test_everything_that_changed_between_two_revisions_is_told(project):
    change_everything(project)
    project.commit("Second")

    document = project.audit_json("diff", "HEAD~1", "HEAD")

    check_changes(document)
    assert document["parameters"] == [{"name": "small_convnet.epochs", "before": 2, "after": 9}]
    assert [row["name"] for row in document["code"]] == ["pipeline/train.py"]
    assert document["accuracy"][0] == {
        "method": "small_convnet",
        "test": {"before": 0.75, "after": 0.8},
        "validation": {"before": 0.75, "after": 0.8},
    }
    assert document["before"]["version"] != document["after"]["version"]


def test_the_working_tree_can_be_compared(project):
    change_everything(project)

    check_changes(project.audit_json("diff", "HEAD", "workspace"))


def test_pictures_are_compared_by_dvcs_listings_where_a_manifest_is_lost(project):
    project.cached(project.recorded_md5("data/manifest.csv")).unlink()
    change_everything(project)
    project.commit("Second")

    check_changes(project.audit_json("diff", "HEAD~1", "HEAD"))


def test_pictures_that_nobody_can_list_are_not_called_the_same(project):
    for path in ("data/manifest.csv", "data/splits/train"):
        project.cached(project.recorded_md5(path)).unlink()
    change_everything(project)
    project.commit("Second")

    document = project.audit_json("diff", "HEAD~1", "HEAD")

    assert document["pictures"] is None
    assert "cannot be compared" in document["notes"][0]


def test_equal_states_have_no_difference(project):
    document = project.audit_json("diff", "HEAD", "HEAD")

    assert not any(document["pictures"].values())
    assert document["parameters"] == document["code"] == document["environment"] == []


def test_two_runs_are_compared(project):
    head = project.git("rev-parse", "HEAD")
    before = project.log_model_runs(head, accuracy=0.75)["small_convnet"]
    change_everything(project)
    head = project.commit("Second")
    after = project.log_model_runs(head, accuracy=0.8)["small_convnet"]

    document = project.audit_json("diff", before, after[:12])

    check_changes(document)
    assert document["parameters"] == [{"name": "epochs", "before": "2", "after": "9"}]
    assert [row["method"] for row in document["accuracy"]] == ["small_convnet"]
    assert document["accuracy"][0]["test"] == {"before": 0.75, "after": 0.8}
    assert document["after"]["run"] == after


def test_the_parameters_of_two_methods_line_up(project):
    runs = project.log_model_runs(project.git("rev-parse", "HEAD"), accuracy=0.75)

    document = project.audit_json("diff", runs["small_convnet"], runs["feature_extraction"])

    assert {"name": "epochs", "before": "2", "after": "3"} in document["parameters"]


def test_a_run_is_compared_with_a_revision(project):
    run = project.log_model_runs(project.git("rev-parse", "HEAD"), accuracy=0.7)["small_convnet"]

    document = project.audit_json("diff", run, "HEAD")

    assert not any(document["pictures"].values())
    assert document["accuracy"][0]["test"] == {"before": 0.7, "after": 0.75}


def test_package_versions_that_changed_are_told(project):
    project.write("requirements.lock", "numpy==2.2\n")
    project.commit("Update")

    [row] = project.audit_json("diff", "HEAD~1", "HEAD")["environment"]

    assert row["name"] == "lock"
    assert row["before"] != row["after"]


def test_machines_that_differ_are_told(project):
    model = {"dvc.model_md5": project.md5("data/models/small_convnet.keras")}
    before, after = (
        project.log_run("small_convnet", model | {"environment.cpu_features": f, "precision": p})
        for f, p in (("avx2 fma", "float32"), ("amx_bf16 avx2 fma", "bfloat16"))
    )

    rows = project.audit_json("diff", before, after)["environment"]

    assert rows == [
        {"name": "cpu_features", "before": "avx2 fma", "after": "amx_bf16 avx2 fma"},
        {"name": "precision", "before": "float32", "after": "bfloat16"},
    ]


def test_a_command_that_changed_is_told_with_the_code(project):
    lock = project.path("dvc.lock")
    lock.write_text(lock.read_text().replace("python pipeline/split.py", "python -O split.py"))

    assert project.audit_json("diff", "HEAD", "workspace")["code"] == [
        {
            "name": "command of split",
            "before": "python pipeline/split.py",
            "after": "python -O split.py",
        }
    ]


def test_the_table_lists_the_pictures_by_what_became_of_them(project):
    change_everything(project)
    project.commit("Second")

    text = project.audit("diff", "HEAD~1", "HEAD").stdout

    assert "moved: 1\n  validation/dog/dog.4.jpg -> test/dog/dog.4.jpg" in text
    assert "changed: 1\n  train/cat/cat.1.jpg\n" in text
    assert "75.0%" in text
    assert "+5.0 points" in text


def test_a_name_that_is_no_revision_and_no_run_is_refused(project):
    result = project.audit("diff", "HEAD", "--", "-nothing")

    assert isinstance(result.exception, PipelineError)
    assert "no revision that git knows" in str(result.exception)


def test_the_beginning_of_several_ids_is_told_from_none(project):
    for _ in range(9):  # 18 ids and 16 first digits
        project.log_model_runs(project.git("rev-parse", "HEAD"), accuracy=0.75)
    runs = project.client().search_runs(["1"])
    counts = Counter(run.info.run_id[0] for run in runs)
    (shared, number), *_ = counts.most_common()

    result = project.audit("diff", "HEAD", shared)

    assert isinstance(result.exception, PipelineError)
    assert f"{shared} is the beginning of {number} runs" in str(result.exception)


def test_a_test_accuracy_of_another_model_is_not_the_new_ones(project):
    before = project.path("dvc.lock").read_text()
    project.train("two", accuracy=0.8)
    project.write_json("reports/evaluation.json", {m: {"accuracy": 0.75} for m in METHODS})
    project.record()
    after = project.path("dvc.lock").read_text()
    cut = "  evaluate:"  # trained anew, not evaluated yet
    project.write("dvc.lock", after[: after.index(cut)] + before[before.index(cut) :])

    rows = project.audit_json("diff", "HEAD", "workspace")["accuracy"]

    assert [row["test"] for row in rows] == [{"before": 0.75, "after": None}] * 2
    assert [row["validation"] for row in rows] == [
        {"before": 0.75, "after": 0.8},
        {"before": 0.74, "after": 0.79},
    ]


def test_a_picture_that_moved_with_its_folder_is_told_as_moved(project):
    for split in ("train", "test"):
        project.path(f"data/splits/{split}/cat/shoot 1").mkdir()
    nested = project.path("data/splits/train/cat/shoot 1/cat.0.jpg")
    project.picture("train", "cat", 0).rename(nested)
    project.write_manifest()
    project.record()
    project.commit("Second")
    nested.rename(project.path("data/splits/test/cat/shoot 1/cat.0.jpg"))
    project.write_manifest()
    project.record()

    changes = project.audit_json("diff", "HEAD", "workspace")["pictures"]

    file = "cat/shoot 1/cat.0.jpg"
    assert changes["moved"] == [[f"train/{file}", f"test/{file}"]]
    changes = project.audit_json("diff", "HEAD~1", "HEAD")["pictures"]
    assert changes["renamed"] == [["train/cat/cat.0.jpg", f"train/{file}"]]


def test_the_same_bytes_in_two_places_are_told_apart():
    before = [Placed("train", "cat", "a.jpg", "1"), Placed("train", "cat", "b.jpg", "1")]
    after = [Placed("train", "cat", "b.jpg", "1"), Placed("test", "cat", "a.jpg", "1")]

    changes = compare(before, after)

    assert changes.moved == [("train/cat/a.jpg", "test/cat/a.jpg")]
    assert not changes.added
    assert not changes.removed


@pytest.mark.parametrize("splits", [("train", "validation"), ("validation", "train")])
def test_pictures_of_one_name_in_two_splits_are_all_counted(splits):
    before = [Placed(split, "cat", "a.jpg", split) for split in splits]
    after = [Placed("test", "cat", "a.jpg", "new")]

    changes = compare(before, after)

    assert changes.changed == [("train/cat/a.jpg", "test/cat/a.jpg")]
    assert changes.removed == ["validation/cat/a.jpg"]
