"""The real stages of ``mnist/dvc.yaml``, on scikit-learn's digits with an epoch or two."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from servers import QUIET

from dogs_vs_cats.mnist.settings import read_params
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.yaml_text import load_yaml

ROOT = Path(__file__).parents[2]
STAGES = {"digits", "train@dense", "train@convnet", "evaluate", "report", "track"}


def dvc(folder: Path, *arguments: str) -> str:
    """What a command of DVC says; it must succeed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    env |= QUIET | {"DVC_NO_ANALYTICS": "true", "PYTHONPATH": str(folder / "src")}
    ended = subprocess.run(
        ["dvc", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def ran(output: str) -> set[str]:
    return set(re.findall(r"Running stage 'mnist/dvc\.yaml:(.*)'", output))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project after its first ``dvc repro mnist/dvc.yaml``, and what was said."""
    folder = tmp_path_factory.mktemp("digits") / "project"
    unwanted = shutil.ignore_patterns("__pycache__", "data", "dvc.lock", "reports")
    for name in ("src", "pipeline"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "mnist", folder / "mnist", ignore=unwanted)
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, folder)
    params = folder / "mnist/params.yaml"
    text = params.read_text().replace("source: auto", "source: digits")
    text = re.sub(r"epochs: \d+", "epochs: 2", text)
    params.write_text(re.sub(r"farthest_shift: \d+", "farthest_shift: 1", text))
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    dvc(folder, "init", "--quiet")
    return folder, dvc(folder, "repro", "mnist/dvc.yaml")


def test_all_stages_run_and_say_which_digits_they_are_of(project: tuple[Path, str]) -> None:
    folder, said = project
    assert ran(said) == STAGES
    assert "Digits: scikit-learn's digits" in said
    source = json.loads((folder / "mnist/reports/source.json").read_text())
    assert source["digits"] == {"train": 1318, "validation": 120, "test": 359}
    page = (folder / "mnist/reports/index.html").read_text()
    assert "These digits are not MNIST" in page
    assert source["sha256"] in page


def test_both_nets_are_judged_on_the_same_digits(project: tuple[Path, str]) -> None:
    reports = project[0] / "mnist/reports"
    metrics = json.loads((reports / "metrics.json").read_text())
    assert [*metrics] == ["dense", "convnet"]
    assert metrics["dense"] > 0.5  # two epochs; guessing is 0.1
    shifts = pd.read_csv(reports / "shifts.csv")
    unmoved = shifts[shifts["shift"] == 0].set_index("net")["accuracy"]
    assert unmoved.to_dict() == pytest.approx(metrics)
    assert set(shifts["shift"]) == {0, 1}
    (pair,) = pd.read_csv(reports / "significance.csv").to_dict("records")
    difference = metrics["convnet"] - metrics["dense"]
    assert pair["accuracy_difference"] == pytest.approx(difference)


def test_mlflow_holds_a_run_a_net_and_the_comparison(project: tuple[Path, str]) -> None:
    folder = project[0]
    client = mlflow.MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("mnist")
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {"dense", "convnet", "comparison"}
    metrics = json.loads((folder / "mnist/reports/metrics.json").read_text())
    for net, accuracy in metrics.items():
        assert runs[net].info.status == "FINISHED"
        assert runs[net].data.metrics["test_accuracy"] == pytest.approx(accuracy)
        assert runs[net].data.params["epochs"] == "2"
        history = client.get_metric_history(runs[net].info.run_id, "val_accuracy")
        assert [metric.step for metric in history] == [1, 2]
    assert client.search_registered_models() == []


def test_again_gives_the_same_and_no_second_run(project: tuple[Path, str]) -> None:
    folder = project[0]
    before = load_yaml((folder / "mnist/dvc.lock").read_bytes())
    dvc(folder, "repro", "--force", "--single-item", "mnist/dvc.yaml:train@convnet")
    said = dvc(folder, "repro", "mnist/dvc.yaml")
    assert ran(said) == {"track"}
    assert "2 runs of experiment mnist up to date (0 new)" in said
    assert load_yaml((folder / "mnist/dvc.lock").read_bytes()) == before


def test_the_main_pipeline_does_not_run_it(project: tuple[Path, str]) -> None:
    of_main = dvc(project[0], "stage", "list", "--name-only").split()
    assert "train_small_convnet" in of_main
    assert not STAGES - {"evaluate", "report", "track"} & {*of_main}


def test_a_mistake_in_the_parameters_is_named(tmp_path: Path) -> None:
    text = (ROOT / "mnist/params.yaml").read_text()
    path = tmp_path / "params.yaml"
    path.write_text(text.replace("source: auto", "source: digit").replace("seed: 0", "sed: 0", 1))
    with pytest.raises(PipelineError) as refused:
        read_params(path)
    assert "source: Input should be 'auto', 'mnist' or 'digits'" in str(refused.value)
    assert "dense.sed: there is no such setting; did you mean seed?" in str(refused.value)
