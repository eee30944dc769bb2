"""Which data a run had: by what it recorded itself, and where that is not enough, not at all."""

import pytest

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.comparison import comparison_key
from dogs_vs_cats.tracking.lineage import read_lock


def other_data(project) -> None:
    """Another split of the same pictures, trained and recorded, not committed."""
    project.picture("train", "cat", 0).unlink()
    project.params["split"]["seed"] = 7
    project.write_manifest()
    project.train("two", accuracy=0.8)
    project.record()


def log_comparison(project) -> str:
    """Compare the models that lie here: a run as ``track`` leaves it, of a dirty working tree."""
    for stage in ("robustness", "visualize"):
        project.write(f"reports/{stage}.csv", project.md5("reports/evaluation.json"))
        project.add_stage(stage, ["reports/evaluation.json"], [f"reports/{stage}.csv"])
    tags = {
        "origin": "dvc.lock",
        "dvc.content": comparison_key(read_lock(project.path("dvc.lock"))),
        "git.revision": project.git("rev-parse", "HEAD"),
        "git.dirty": "true",
    }
    return project.log_run("comparison", tags)


def test_a_comparison_of_data_that_were_not_committed_has_not_those_of_its_commit(project):
    other_data(project)
    run = log_comparison(project)

    document = project.audit_json("run", run)

    assert document["data"]["settings"]["split.seed"] == 7
    assert document["revision"]["revision"] == "workspace"
    assert document["trained_at"] is None
    assert document["commands"] == []
    assert not any("no model file" in note for note in document["notes"])
    new, old = project.audit_json("versions")["versions"]
    assert ([r["run"] for r in new["runs"]], old["runs"]) == ([run], [])

    revision = project.commit("Second")
    assert project.audit_json("run", run)["revision"]["revision"] == revision


def test_a_comparison_counts_as_no_method(project):
    project.log_model_runs(project.git("rev-parse", "HEAD"), accuracy=0.75)
    run = log_comparison(project)
    project.commit("Compared")

    assert "2 of 2 methods, 1 comparison" in project.audit("versions").stdout
    methods = [row["method"] for row in project.audit_json("diff", run, run)["accuracy"]]
    assert methods == ["small_convnet", "feature_extraction"]


def test_a_run_is_known_by_the_digest_of_its_stage(project):
    digest = read_lock(project.path("dvc.lock")).stages["train_small_convnet"].digest
    other_data(project)
    project.commit("Second")
    tags = {"dvc.model_md5": "f" * 32, "dvc.stage_digest": digest}
    run = project.log_run(
        "small_convnet", tags | {"git.revision": project.git("rev-parse", "HEAD")}
    )

    assert project.audit_json("run", run)["data"]["settings"]["split.seed"] == 0


def test_of_a_dirty_run_without_any_record_the_data_are_unknown(project, tmp_path):
    head = project.git("rev-parse", "HEAD")
    run = project.log_run("small_convnet", {"git.revision": head, "git.dirty": "true"})
    folder = tmp_path / "back"

    document = project.audit_json("run", run)

    assert (document["data"], document["commands"]) == (None, [])
    assert any("cannot be told for sure" in note and head[:8] in note for note in document["notes"])
    assert project.audit_json("versions")["versions"][0]["runs"] == []
    result = project.audit("run", run, "--checkout", str(folder))
    assert isinstance(result.exception, PipelineError)
    assert "changes that no commit has" in str(result.exception)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("seed", "told"), [("0", "which may be it"), ("7", "which is not it: split.seed differ")]
)
def test_of_a_clean_run_the_data_of_its_commit_are_a_guess(project, seed, told):
    head = project.git("rev-parse", "HEAD")
    run = project.log_run("small_convnet", {"git.revision": head, "git.dirty": "false"})
    project.client().log_param(run, "split.seed", seed)

    document = project.audit_json("run", run)

    assert document["data"] is None
    assert any(told in note for note in document["notes"])
    assert "not known for sure" in project.audit("diff", run, "HEAD").stdout


def test_pictures_that_two_data_versions_have_are_told_to_be_of_either(project):
    train = project.recorded_md5("data/splits/train")
    project.params["split"]["seed"] = 7
    project.record()
    project.commit("The same pictures, by another seed")
    run = project.log_run("small_convnet", training_data=train)

    notes = project.audit_json("run", run)["notes"]

    assert any("which of them it had cannot be told" in note for note in notes)


def test_a_run_that_track_made_does_not_say_where_it_was_trained(project):
    md5 = project.md5("data/models/small_convnet.keras")
    tags = {"origin": "dvc.lock", "dvc.model_md5": md5, "git.revision": "1" * 40}
    run = project.log_run("small_convnet", tags)

    document = project.audit_json("run", run)

    assert document["trained_at"] is None
    assert any("that of the tracking" in note for note in document["notes"])
