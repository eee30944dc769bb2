"""A small DVC project, verified as its user would: what a clone makes again is told apart."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from mlflow import MlflowClient
from tiny_project import TinyProject, make_tiny_project

from dogs_vs_cats.cli.verify import command
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.lineage import file_md5
from dogs_vs_cats.tracking.store import EXPERIMENT

MODEL = "data/models/small_convnet.keras"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> TinyProject:
    return make_tiny_project(tmp_path_factory.mktemp("tiny") / "my project")


@pytest.fixture
def project(original: TinyProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyProject:
    """A copy of a project, entered."""
    folder = tmp_path / "my project"
    shutil.copytree(original.folder, folder, symlinks=True)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return TinyProject(folder)


@pytest.fixture
def stages_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Tells which stages have really run."""
    log = tmp_path / "log"
    monkeypatch.setenv("TINY_LOG", str(log))
    return lambda: log.read_text().split() if log.exists() else []


def verify(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def verify_json(*arguments: str) -> Any:
    """The document; the exit code agrees with it."""
    result = verify(*arguments, "--json")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    document = json.loads(result.stdout)
    assert result.exit_code == (0 if document["ok"] else 1)
    return document


def verdicts(document: Any) -> dict[str, str]:
    return {out["path"]: out["verdict"] for s in document["stages"] for out in s["outputs"]}


def stage(document: Any, name: str) -> Any:
    return next(entry for entry in document["stages"] if entry["stage"] == name)


def files(folder: Path) -> dict[str, str]:
    """MD5 of each file by path, but for what DVC may note down of its own work."""
    return {
        str(path.relative_to(folder)): file_md5(path)
        for path in folder.rglob("*")
        if path.is_file() and ".dvc/tmp" not in str(path)
    }


def test_what_comes_out_the_same_is_identical_and_nothing_here_changes(
    project: TinyProject, stages_run: Callable[[], list[str]]
) -> None:
    before = files(project.folder)
    result = verify()
    assert result.exit_code == 0, result.output
    assert "all 7 outputs are identical, byte for byte" in result.stdout
    assert "stage 3 of 4: train_small_convnet" in result.stderr
    assert stages_run() == ["download", "split", "train", "evaluate"]
    assert files(project.folder) == before
    assert not list((project.folder / ".dvc/tmp").glob("verify-*"))


def test_a_named_stage_runs_alone_on_the_recorded_inputs(
    project: TinyProject, stages_run: Callable[[], list[str]], tmp_path: Path
) -> None:
    shutil.rmtree(project.folder / "data")
    document = verify_json("evaluate", "--keep", str(tmp_path / "kept"))
    assert document["verdict"] == "identical"
    assert verdicts(document) == {"reports/evaluation.json": "identical"}
    assert document["restored"] == [MODEL, "data/splits/test"]
    assert stages_run() == ["evaluate"]
    kept = tmp_path / "kept"
    assert (kept / "data/splits/test/cat/cat.4.jpg").read_text() == "cat 4"
    assert not (kept / "data/manifest.csv").exists()


def test_a_small_difference_is_within_the_tolerance_and_is_told(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINY_NOISE", "6e-6")
    result = verify("train_small_convnet", "evaluate")
    assert result.exit_code == 0, result.output
    assert "1 of 3 outputs are identical, the others equal within the tolerance" in result.stdout
    assert "(largest difference 6e-06)" in result.stdout
    assert "First stage that differs: train_small_convnet" in result.stdout
    assert "config.json: weights.4" in result.stdout
    strict = verify_json("train_small_convnet", "evaluate", "--tolerance", "1e-6")
    assert strict["verdict"] == "different"
    assert strict["restored"] == ["data/splits/test", "data/splits/train"]  # and not the model


def test_a_difference_names_the_first_stage_and_those_that_follow_from_it(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINY_NOISE", "0.6")
    document = verify_json()
    assert document["first_difference"] == "train_small_convnet"
    assert stage(document, "split")["verdict"] == "identical"
    (model, training) = stage(document, "train_small_convnet")["outputs"]
    assert model["largest"] == pytest.approx(0.6)
    assert model["where"] == "config.json: weights.4"
    assert training["verdict"] == "identical"
    assert (
        "does not give the same bytes twice" in stage(document, "train_small_convnet")["causes"][0]
    )
    evaluate = stage(document, "evaluate")
    assert evaluate["outputs"][0]["largest"] == pytest.approx(0.1)
    assert (evaluate["upstream"], evaluate["causes"]) == (["train_small_convnet"], [])


def test_a_stage_that_fails_is_told_with_what_it_said(
    project: TinyProject,
    monkeypatch: pytest.MonkeyPatch,
    stages_run: Callable[[], list[str]],
) -> None:
    monkeypatch.setenv("TINY_FAILS", "train")
    result = verify()
    assert result.exit_code == 1
    assert "Stage train_small_convnet failed:" in result.stdout
    assert "train has lost its way" in result.stdout
    assert stages_run() == ["download", "split", "train"]
    states = {line.split()[0]: line for line in result.stdout.splitlines() if line[:1].islower()}
    assert "not run" in states["evaluate"]


def test_parameters_and_code_that_were_committed_without_a_run_are_the_likely_reason(
    project: TinyProject,
) -> None:
    project.set_epochs(3)
    path = project.folder / "pipeline/train.py"
    path.write_text(path.read_text() + "write('data/models/small_convnet.keras', 'other')\n")
    project.commit("Second, not run")
    document = verify_json("train_small_convnet")
    assert document["verdict"] == "different"
    parameters, code = stage(document, "train_small_convnet")["causes"][:2]
    assert parameters == "other parameters: small_convnet.epochs: 2 -> 3"
    assert code.startswith("other code: pipeline/train.py")
    # The revision before is as it was.
    assert verify_json("train_small_convnet", "--revision", "HEAD~1")["verdict"] == "identical"


def test_a_command_that_was_changed_without_a_run_is_the_likely_reason(
    project: TinyProject,
) -> None:
    path = project.folder / "dvc.yaml"
    path.write_text(
        path.read_text().replace(
            "python pipeline/train.py", "TINY_NOISE=1 python pipeline/train.py"
        )
    )
    project.commit("Another command, not run")
    document = verify_json("train_small_convnet")
    assert document["verdict"] == "different"
    assert stage(document, "train_small_convnet")["causes"][0] == (
        "other command in dvc.yaml: python pipeline/train.py"
        " -> TINY_NOISE=1 python pipeline/train.py"
    )


def test_the_code_that_runs_is_that_of_the_revision(project: TinyProject) -> None:
    project.write("src/own_code.py", "ANSWER = 42\n")
    path = project.folder / "pipeline/evaluate.py"
    path.write_text(path.read_text() + "import own_code\nassert own_code.ANSWER == 42\n")
    project.commit("Code of its own")
    project.write("src/own_code.py", "ANSWER = 'not committed'\n")
    assert verify_json("evaluate")["verdict"] == "identical"


def test_of_the_environment_the_archive_reaches_the_stages_and_the_store_of_runs_does_not(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.folder / "pipeline/evaluate.py"
    path.write_text(
        path.read_text()
        + "assert os.environ['DOGS_VS_CATS_ARCHIVE'] == 'pictures.zip'\n"
        + "assert 'MLFLOW_TRACKING_URI' not in os.environ\n"
    )
    project.commit("Look around")
    monkeypatch.setenv("DOGS_VS_CATS_ARCHIVE", "pictures.zip")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///elsewhere.db")
    assert verify_json("evaluate")["verdict"] == "identical"
    assert not (project.folder / "elsewhere.db").exists()


def test_what_a_stage_does_not_make_any_more_is_missing(project: TinyProject) -> None:
    path = project.folder / "pipeline/evaluate.py"
    path.write_text(path.read_text() + "Path('reports/evaluation.json').unlink()\n")
    project.commit("No evaluation")
    document = verify_json("evaluate")
    assert document["failure"]["stage"] == "evaluate"
    assert "reports/evaluation.json" in document["failure"]["output"]
    assert verdicts(document) == {"reports/evaluation.json": "missing"}


def test_another_processor_than_the_recorded_run_had_is_the_likely_reason(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/runs.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    client = MlflowClient(store)
    tags = {
        "method": "small_convnet",
        "dvc.model_md5": file_md5(project.folder / MODEL),
        "environment.cpu": "A Processor Of Long Ago",
    }
    client.create_run(client.create_experiment(EXPERIMENT), tags=tags)
    monkeypatch.setenv("TINY_NOISE", "0.6")
    document = verify_json("train_small_convnet")
    (cause,) = stage(document, "train_small_convnet")["causes"]
    assert cause.startswith("other processor: recorded A Processor Of Long Ago, here ")
    assert document["environment"]["recorded"] == {"cpu": "A Processor Of Long Ago"}


def test_inputs_that_are_lost_or_damaged_are_not_used(project: TinyProject) -> None:
    md5 = file_md5(project.folder / MODEL)
    cached = project.object(md5)
    cached.chmod(0o600)
    cached.write_text("damaged")
    damaged = verify("evaluate")
    assert isinstance(damaged.exception, PipelineError)
    assert "neither in git, the cache nor a remote" in str(damaged.exception)
    assert cached.read_text() == "damaged"  # nothing here changes
    cached.unlink()
    lost = verify("evaluate")
    assert "neither in git, the cache nor a remote" in str(lost.exception)


def test_what_the_cache_lacks_comes_from_the_remote(project: TinyProject, tmp_path: Path) -> None:
    project.dvc("remote", "add", "--default", "--local", "shared", str(tmp_path / "remote"))
    project.dvc("push", "--quiet")
    shutil.rmtree(project.folder / ".dvc/cache")
    assert verify_json("evaluate")["restored"] == [MODEL, "data/splits/test"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("trian",), "Stage trian of revision"),
        (("--revision", "nowhere"), "nowhere is no revision that git knows"),
        (("--keep", "pipeline"), "pipeline is there already"),
    ],
)
def test_mistakes_are_told_in_one_message(
    project: TinyProject, arguments: tuple[str, ...], message: str
) -> None:
    result = verify(*arguments)
    assert isinstance(result.exception, PipelineError)
    assert message in str(result.exception)
