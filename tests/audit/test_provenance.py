"""``audit run``: from a run or a model file back to what made it, and to a folder with it."""

import shutil
import subprocess

import pytest

from dogs_vs_cats.audit.objects import configuration
from dogs_vs_cats.project.errors import PipelineError


@pytest.fixture
def runs(project) -> dict[str, str]:
    """Run ids by method, of the models of the first revision."""
    return project.log_model_runs(project.git("rev-parse", "HEAD"), accuracy=0.75)


def test_a_run_leads_to_all_that_made_its_model(project, runs):
    document = project.audit_json("run", runs["small_convnet"])

    assert document["model"]["method"] == "small_convnet"
    assert document["model"]["md5"] == project.md5("data/models/small_convnet.keras")
    assert document["revision"]["revision"] == project.git("rev-parse", "HEAD")
    assert document["trained_at"]["dirty"] is False
    assert document["parameters"]["small_convnet.learning_rate"] == 2e-5
    assert document["parameters"]["split.seed"] == 0
    assert document["data"]["pictures"]["train"] == {"cat": 4, "dog": 4}
    assert document["data"]["bytes"]["state"] == "here"
    assert set(document["code"]["files"]) == {
        f"pipeline/{name}.py" for name in ("download", "split", "train")
    }
    assert document["code"]["differs"] == []
    assert document["environment"]["tensorflow"] == "2.21.0"
    digest = project.sha256(project.path("requirements.lock"))
    assert document["environment"]["lock"] == f"requirements.lock sha256:{digest}"
    assert document["metrics"] == {"test_accuracy": 0.75}
    assert document["notes"] == []


def test_the_packages_that_a_run_names_win_over_those_of_the_revision(project):
    run = project.log_run(
        "small_convnet",
        {
            "dvc.model_md5": project.md5("data/models/small_convnet.keras"),
            "environment.lock": "requirements-gpu.lock sha256:1",
            "environment.gpu": "NVIDIA H100, 550.54",
        },
    )

    told = project.audit_json("run", run)["environment"]

    assert told == {"lock": "requirements-gpu.lock sha256:1", "gpu": "NVIDIA H100, 550.54"}


def test_weights_are_told_of_a_method_that_starts_from_some(project, runs):
    weights = project.audit_json("run", runs["feature_extraction"])["weights"]

    md5 = project.recorded_md5("data/weights")
    assert [(w["path"], w["md5"]) for w in weights] == [("data/weights", md5)]
    assert project.audit_json("run", runs["small_convnet"])["weights"] == []


def test_a_model_file_and_the_start_of_an_id_lead_to_the_same(project, runs):
    by_id = project.audit_json("run", runs["small_convnet"])

    assert project.audit_json("run", "data/models/small_convnet.keras") == by_id
    assert project.audit_json("run", runs["small_convnet"][:10]) == by_id


def test_a_copy_of_a_model_elsewhere_is_known_by_its_bytes(project, runs, tmp_path):
    copy = shutil.copy("data/models/small_convnet.keras", tmp_path / "received.keras")

    assert project.audit_json("run", str(copy))["runs"][0]["run"] == runs["small_convnet"]


def test_an_old_model_leads_to_the_first_revision_that_records_it(project, runs):
    first = project.git("rev-parse", "HEAD")
    project.write("notes.txt", "more")
    project.commit("Notes")
    project.train("two", accuracy=0.8)
    project.record()
    project.commit("Second")

    document = project.audit_json("run", runs["small_convnet"])

    assert document["revision"]["revision"] == first


def test_code_digests_differ_when_a_file_does_and_else_not(project, runs):
    first = project.audit_json("run", runs["small_convnet"])["code"]["digest"]
    project.write("pipeline/weights.py", "# not used by small_convnet")
    project.train("two", accuracy=0.8)
    project.record()
    project.commit("Second")
    second = project.audit_json("run", "data/models/small_convnet.keras")["code"]["digest"]
    project.write("pipeline/train.py", "# changed")
    project.train("three", accuracy=0.8)
    project.record()
    project.commit("Third")
    third = project.audit_json("run", "data/models/small_convnet.keras")["code"]["digest"]

    assert first == second != third


def test_code_that_was_trained_but_not_committed_is_named(project):
    project.write("pipeline/train.py", "# tried out")
    project.train("two", accuracy=0.8)
    project.record()
    project.write("pipeline/train.py", "# committed")
    project.commit("Second")

    document = project.audit_json("run", "data/models/small_convnet.keras")

    assert document["code"]["differs"] == ["pipeline/train.py"]
    assert "pipeline/train.py" in document["notes"][0]


def test_a_model_whose_dvc_lock_is_not_committed_is_told(project):
    project.train("two", accuracy=0.8)
    project.record()

    document = project.audit_json("run", "data/models/small_convnet.keras")

    assert document["revision"]["revision"] == "workspace"
    assert "not committed" in document["notes"][0]


def test_a_run_that_no_dvc_lock_knows_tells_what_it_logged(project):
    head = project.git("rev-parse", "HEAD")
    run = project.log_run("small_convnet", {"dvc.model_md5": "f" * 32, "git.revision": head})

    document = project.audit_json("run", run)

    assert document["revision"] is None
    assert document["code"] is None
    assert document["data"] is None
    assert document["commands"] == [
        f"dogs-vs-cats audit run {run} --checkout DIR",
        "dvc --cd DIR repro",
    ]
    assert "No dvc.lock in history records this model" in document["notes"][0]


def test_a_run_is_told_without_git(project):
    run = project.log_run("small_convnet", {"git.revision": "1" * 40, "dvc.experiment": "warm-cat"})
    shutil.rmtree(project.root / ".git")

    result = project.audit("run", run)

    assert result.exit_code == 0
    assert "experiment warm-cat" in result.stdout


@pytest.mark.parametrize("name", ["nothing", "", "0" * 32])
def test_what_is_neither_file_nor_run_is_refused(project, runs, name):
    result = project.audit("run", name)

    assert isinstance(result.exception, PipelineError)
    assert "neither a file nor a run" in str(result.exception)


def test_a_file_that_nobody_made_is_refused(project, runs):
    project.write("data/models/other.keras", "from elsewhere")

    result = project.audit("run", "data/models/other.keras")

    assert isinstance(result.exception, PipelineError)
    assert "No run and no dvc.lock in history made" in str(result.exception)


def test_the_table_names_what_a_reader_looks_for(project, runs):
    text = project.audit("run", runs["feature_extraction"]).stdout

    for wanted in (
        runs["feature_extraction"],
        "data/weights",
        "feature_extraction.epochs",
        "dogs-vs-cats audit run",
    ):
        assert wanted in text


def restored(folder, project) -> bool:
    """Whether a folder has the model and pictures of ``train("one")``."""
    model = folder / "data/models/small_convnet.keras"
    picture = folder / "data/splits/train/cat/cat.0.jpg"
    return model.read_text() == "small_convnet one" and picture.read_text() == "cat 0"


def test_checkout_brings_the_state_back(project, runs, tmp_path):
    project.train("two", accuracy=0.8)
    project.record()
    project.commit("Second")
    folder = tmp_path / "back"

    result = project.audit("run", runs["small_convnet"], "--checkout", str(folder), "--json")

    assert result.exit_code == 0, result
    assert restored(folder, project)
    # DVC itself finds nothing that differs.
    status = subprocess.run(
        ("dvc", "data", "status", "--json"), cwd=folder, capture_output=True, text=True, check=True
    )
    assert "uncommitted" not in status.stdout


def test_checkout_fetches_from_the_remote_what_is_not_here(project, runs, tmp_path):
    remote = project.root.parent / "remote"
    # Relative to .dvc, and known to this machine alone: the clone must find it all the same.
    config = "[core]\n    remote = store\n['remote \"store\"']\n    url = ../../remote\n"
    project.write(".dvc/config.local", config)
    shutil.move(project.root / ".dvc/cache", remote)
    folder = tmp_path / "back"

    result = project.audit("run", runs["small_convnet"], "--checkout", str(folder))

    assert result.exit_code == 0, result
    assert restored(folder, project)


@pytest.mark.parametrize("password", ["plain", "a, b # c", """it's '"so"'"""])
def test_checkout_hands_on_how_to_reach_a_remote_and_shows_it_to_nobody(
    project, runs, tmp_path, password
):
    quote = "'''" if '"' in password else '"'
    project.write(
        ".dvc/config.local",
        "['remote \"web\"']\n    url = http://127.0.0.1:9/\n    auth = basic\n    user = me\n"
        f"    password = {quote}{password} {quote}\n",
    )
    folder = tmp_path / "back"

    result = project.audit("run", runs["small_convnet"], "--checkout", str(folder))

    assert result.exit_code == 0, result
    assert configuration(folder)["remote.web.password"] == f"{password} "
    assert (folder / ".dvc/config.local").stat().st_mode & 0o077 == 0


def test_a_damaged_configuration_of_dvc_is_told(project):
    project.write(".dvc/config.local", "[core\n")

    result = project.audit("versions")

    assert isinstance(result.exception, PipelineError)
    assert str(result.exception).startswith("DVC's configuration cannot be used: ")
    assert "Traceback" not in str(result.exception)


def test_checkout_says_which_data_are_lost(project, runs, tmp_path):
    project.cached(project.recorded_md5("data/features")).unlink()
    folder = tmp_path / "back"

    result = project.audit("run", runs["small_convnet"], "--checkout", str(folder))

    assert isinstance(result.exception, PipelineError)
    assert "features" in str(result.exception)
    assert restored(folder, project)


def test_checkout_brings_back_a_state_in_which_not_all_stages_had_run(project, tmp_path):
    lock = project.path("dvc.lock").read_text()
    project.write("dvc.lock", lock[: lock.index("  evaluate:")])
    project.commit("Trained, not evaluated")
    project.git("branch", "trained")
    project.write(
        "dvc.lock", lock.replace(project.md5("data/models/small_convnet.keras"), "a" * 32)
    )
    project.commit("Another model")
    run = project.log_run("small_convnet", {"git.revision": project.git("rev-parse", "trained")})
    folder = tmp_path / "back"

    result = project.audit("run", run, "--checkout", str(folder))

    assert result.exit_code == 0, result
    assert restored(folder, project)


def test_checkout_brings_back_the_code_of_a_revision_without_data(project, tmp_path):
    project.git("rm", "--quiet", "dvc.lock")
    revision = project.commit("Before the first training")
    run = project.log_run("small_convnet", {"git.revision": revision})
    folder = tmp_path / "back"

    result = project.audit("run", run, "--checkout", str(folder))

    assert result.exit_code == 0, result
    assert (folder / "pipeline/train.py").exists()
    assert "records no data" in result.stderr


def test_checkout_leaves_a_folder_that_is_there_alone(project, runs, tmp_path):
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")

    result = project.audit("run", runs["small_convnet"], "--checkout", str(folder))

    assert isinstance(result.exception, PipelineError)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_checkout_leaves_nothing_of_a_revision_that_is_gone(project, tmp_path):
    run = project.log_run("small_convnet", {"git.revision": "1" * 40})
    folder = tmp_path / "back"

    result = project.audit("run", run, "--checkout", str(folder))

    assert isinstance(result.exception, PipelineError)
    assert not folder.exists()
