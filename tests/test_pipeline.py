"""The real DAG, end to end, on drawn pictures: what `dvc repro` promises its users."""

import html
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.entities import Run
from parameters import changed_params
from PIL import ExifTags, Image

from dogs_vs_cats.cli.demo import ROOT, prepare
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.data.sample import draw_archive
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.yaml_text import dump_yaml, load_yaml

TINY: dict[str, dict[str, Any]] = {
    "data": {"source": "sample"},
    "sample": {"pictures_per_class": 30},
    "split": {"train": 16, "validation": 6, "test": 8},
    "backbone": {"image_size": 64},
    "augmentation": {"views": 2},
    "small_convnet": {"epochs": 2},
    "augmented_convnet": {"epochs": 2},
    "feature_extraction": {"epochs": 2},
    "frozen_base": {"epochs": 2},
    "fine_tuning": {"epochs": 2},
    "evaluate": {"seeds": 2, "bootstrap_resamples": 100},
    "compare": {"backbones": ["vgg16-64", "efficientnet_lite0-64"], "draws": 2, "curve": [2, 5]},
    "robustness": {"pictures": 4},
    "visualize": {"heatmaps": 2, "filters": 1, "filter_steps": 1},
}
NOT_IN_GIT = ("calibration", "data_docs", "figures", "lesson", "predictions", "roc", "timings")
FILES_NOT_IN_GIT = (
    "comparison.md", "errors.json", "index.html", "pareto.svg",
)  # fmt: skip
EVERY_RUN = {"report", "track"}
"""Stages that run always."""
PATIENCE = 900
"""Seconds until a moment that does not come is given up, also on a slow machine."""

AFTER_TRAINING = {"evaluate", "robustness", "visualize"}


class Project:
    """A DVC project in a folder, driven as its user would drive it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(folder / "src"),
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "dvc", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def dvc(self, *arguments: str) -> str:
        process = self.start(*arguments)
        output, _ = process.communicate()
        assert process.returncode == 0, output
        return output

    def repro(self) -> set[str]:
        """Run ``dvc repro`` and give the stages that were run anew."""
        output = self.dvc("repro")
        return {
            line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")
        }

    def set(self, section: str, key: str, value: Any) -> None:
        path = self.folder / "params.yaml"
        params = load_yaml(path.read_bytes())
        params[section][key] = value
        path.write_text(dump_yaml(params))

    def lock(self) -> Any:
        return load_yaml((self.folder / "dvc.lock").read_bytes())["stages"]

    def runs(self) -> list[Run]:
        """The methods' runs."""
        return [run for run in self.all_runs() if run.info.run_name in METHODS]

    def all_runs(self) -> list[Run]:
        client = mlflow.MlflowClient(f"sqlite:///{self.folder / 'mlflow.db'}")
        experiment = client.get_experiment_by_name("dogs-vs-cats")
        return list(client.search_runs([experiment.experiment_id])) if experiment else []

    def json(self, name: str) -> Any:
        return json.loads((self.folder / "reports" / name).read_text())


def copy(project: Project, folder: Path) -> Project:
    shutil.copytree(project.folder, folder)
    return Project(folder)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project after its first ``dvc repro``. Tests that change it work on a copy."""
    folder = tmp_path_factory.mktemp("pipeline") / "project"
    prepare(folder, TINY)
    project = Project(folder)
    stages = set(load_yaml((folder / "dvc.yaml").read_bytes())["stages"]) - {"base"}
    of_bases = {f"base@{name}" for name in TINY["compare"]["backbones"]}
    assert project.repro() == stages | of_bases
    return project


def test_every_output_is_there(project: Project) -> None:
    manifest = pd.read_csv(project.folder / "data/manifest.csv")
    counts = manifest.groupby(["split", "class"]).size().to_dict()
    assert counts == {
        ("train", "cat"): 16, ("train", "dog"): 16, ("validation", "cat"): 6,
        ("validation", "dog"): 6, ("test", "cat"): 8, ("test", "dog"): 8,
    }  # fmt: skip
    assert project.json("validation.json")["success"] is True
    assert (project.folder / "reports/data_docs/index.html").stat().st_size > 10_000
    views = np.load(project.folder / "data/views/train.npy", mmap_mode="r")
    assert (views.shape, views.dtype) == ((2, 32, 4, 4, 512), np.float16)
    features = np.load(project.folder / "data/features/test.npy", mmap_mode="r")
    assert (features.shape, features.dtype) == ((1, 16, 2, 2, 512), np.float16)
    page = (project.folder / "reports/comparison.md").read_text()
    for method in METHODS:
        assert f"| {method} " in page
        assert project.json(f"timings/{method}.json")["seconds"] > 0
        assert len(pd.read_csv(project.folder / f"reports/history/{method}.csv")) == 2


def test_the_published_scores_are_those_of_the_saved_models(project: Project) -> None:
    scores = project.json("evaluation.json")
    for method in METHODS:
        predictions = pd.read_csv(project.folder / f"reports/predictions/{method}.csv")
        model = keras.models.load_model(project.folder / f"data/models/{method}.keras")
        from dogs_vs_cats.data.reading.pictures import load_pictures

        paths = [project.folder / "data/splits" / file for file in predictions["file"]]
        again = model.predict(load_pictures(paths, 64), verbose=0)
        told = predictions[["probability_cat", "probability_dog"]]
        np.testing.assert_allclose(told, again, atol=1e-4)
        named = np.array(["cat", "dog"])[again.argmax(axis=1)]
        actual = [path.parent.name for path in paths]
        assert scores[method]["accuracy"] == pytest.approx((named == actual).mean())


def test_mlflow_holds_one_run_a_method_and_a_second_repro_adds_none(project: Project) -> None:
    before = {run.info.run_id: run.info.run_name for run in project.runs()}
    assert sorted(before.values()) == sorted(METHODS)
    assert project.repro() == EVERY_RUN
    assert {run.info.run_id: run.info.run_name for run in project.runs()} == before


def test_the_comparison_is_a_run_with_the_report_and_every_figure_is_logged(
    project: Project, tmp_path: Path
) -> None:
    client = mlflow.MlflowClient(f"sqlite:///{project.folder / 'mlflow.db'}")
    logged = set()
    for run in project.all_runs():
        folder = client.download_artifacts(run.info.run_id, "", str(tmp_path))
        logged |= {path.name for path in (Path(folder) / "figures").glob("*")}
    drawings = json.loads((project.folder / "reports/figures/drawings.json").read_text())
    assert {drawing["file"] for drawing in drawings} <= logged
    assert (tmp_path / "index.html").stat().st_size > 100_000


def test_the_report_shows_every_figure_and_every_method(project: Project) -> None:
    page = (project.folder / "reports/index.html").read_text()
    drawings = json.loads((project.folder / "reports/figures/drawings.json").read_text())
    for drawing in drawings:
        assert drawing["title"] in html.unescape(page)
    assert len(page) < 25_000_000
    assert 'src="http' not in page


def test_a_run_says_what_it_was_made_of(project: Project) -> None:
    train_digest = next(
        out["md5"] for out in project.lock()["split"]["outs"] if out["path"] == "data/splits/train"
    )
    for run in project.runs():
        method = run.info.run_name
        assert run.info.status == "FINISHED"
        assert run.data.params["epochs"] == "2"
        (dataset,) = run.inputs.dataset_inputs
        assert dataset.dataset.digest == train_digest
        accuracy = project.json("evaluation.json")[method]["accuracy"]
        assert run.data.metrics["test_accuracy"] == pytest.approx(accuracy)


def test_dvc_shows_metrics_and_plots(project: Project, tmp_path: Path) -> None:
    shown = json.loads(project.dvc("metrics", "show", "--json"))
    files = shown[""]["data"]
    accuracies = {m: scores["accuracy"] for m, scores in project.json("evaluation.json").items()}
    assert files == {"reports/metrics.json": {"data": accuracies}}
    assert max(map(len, project.dvc("metrics", "show").splitlines())) <= 160
    project.dvc("plots", "show", "--out", str(tmp_path / "plots"))
    page = (tmp_path / "plots" / "index.html").read_text()
    for title in ("Validation accuracy", "ROC on the test split", "predictions/fine_tuning.csv"):
        assert title in page


def test_other_epochs_retrain_that_method_alone(project: Project, tmp_path: Path) -> None:
    changed = copy(project, tmp_path / "project")
    changed.set("small_convnet", "epochs", 3)
    assert changed.repro() == AFTER_TRAINING | {"train_small_convnet"} | EVERY_RUN
    assert sorted(run.info.run_name for run in changed.runs()) == sorted(
        [*METHODS, "small_convnet"]
    )
    # Going back takes everything from the cache and finds its runs again.
    changed.set("small_convnet", "epochs", 2)
    changed.repro()
    assert changed.lock() == project.lock()
    assert len(changed.runs()) == 6


def test_from_the_cache_into_an_empty_store_come_all_five_runs(
    project: Project, tmp_path: Path
) -> None:
    restored = copy(project, tmp_path / "project")
    # What git does not hold, as in a fresh clone beside a full cache.
    for folder in ("data", "mlartifacts", *(f"reports/{name}" for name in NOT_IN_GIT)):
        shutil.rmtree(restored.folder / folder)
    for file in ("mlflow.db", *(f"reports/{name}" for name in FILES_NOT_IN_GIT)):
        (restored.folder / file).unlink()
    restored.dvc("checkout")
    assert restored.repro() == EVERY_RUN
    assert sorted(run.info.run_name for run in restored.runs()) == sorted(METHODS)
    assert restored.lock() == project.lock()
    for run in restored.runs():
        history = mlflow.MlflowClient(
            f"sqlite:///{restored.folder / 'mlflow.db'}"
        ).get_metric_history(run.info.run_id, "val_accuracy")
        assert [metric.step for metric in history] == [1, 2]


def test_pulled_from_a_remote_nothing_runs_and_the_audit_finds_nothing(
    project: Project, tmp_path: Path
) -> None:
    restored = copy(project, tmp_path / "project")
    restored.dvc("remote", "add", "--default", "shared", str(tmp_path / "remote"))
    restored.dvc("push")
    for folder in ("data", "mlartifacts", ".dvc/cache", *(f"reports/{n}" for n in NOT_IN_GIT)):
        shutil.rmtree(restored.folder / folder)
    (restored.folder / "mlflow.db").unlink()
    restored.dvc("pull")
    assert restored.repro() == EVERY_RUN
    assert sorted(run.info.run_name for run in restored.runs()) == sorted(METHODS)
    assert restored.lock() == project.lock()
    checked = subprocess.run(
        [sys.executable, "-m", "dogs_vs_cats", "audit", "check"],
        cwd=restored.folder,
        env=restored.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_killed_again_and_again_the_last_run_ends_as_if_undisturbed(
    project: Project, tmp_path: Path
) -> None:
    killed = Project(tmp_path / "project")
    prepare(killed.folder, TINY)
    for moment in ("data/raw", "data/views", "data/models/small_convnet.keras"):
        process = killed.start("repro")
        deadline = time.monotonic() + PATIENCE
        while not (killed.folder / moment).exists():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, f"{moment} did not appear"
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    killed.repro()
    assert killed.lock() == project.lock()
    assert sorted(run.info.run_name for run in killed.runs()) == sorted(METHODS)


@pytest.fixture
def versioned(project: Project, tmp_path: Path) -> Project:
    """The project in a git repository, as experiments need it."""
    versioned = copy(project, tmp_path / "project")
    config = versioned.folder / ".dvc" / "config"
    config.write_text(config.read_text().replace("no_scm = True", "no_scm = False"))
    for name in (".gitignore", ".dvc/.gitignore"):
        shutil.copy(ROOT / name, versioned.folder / name)
    for command in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "."),
        ("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "first"),
    ):
        subprocess.run(("git", *command), cwd=versioned.folder, check=True)
    return versioned


def test_an_experiment_runs_beside_the_workspace_and_is_found_in_mlflow_by_its_name(
    versioned: Project, tmp_path: Path
) -> None:
    lock = versioned.folder / "dvc.lock"
    before = lock.read_bytes()
    versioned.dvc("exp", "run", "--temp", "-S", "small_convnet.epochs=1", "-n", "shorter")
    assert lock.read_bytes() == before
    shown = json.loads(versioned.dvc("params", "diff", "main", "shorter", "--json"))
    assert shown == {"params.yaml": {"small_convnet.epochs": {"old": 2, "new": 1, "diff": -1}}}
    versioned.dvc("plots", "diff", "main", "shorter", "--out", str(tmp_path / "plots"))
    assert (tmp_path / "plots" / "index.html").exists()
    (run,) = (run for run in versioned.runs() if run.data.tags.get("dvc.experiment") == "shorter")
    assert (run.info.run_name, run.data.params["epochs"]) == ("small_convnet", "1")
    versioned.dvc("exp", "apply", "shorter")
    assert lock.read_bytes() != before


def test_a_queued_grid_of_parameters_is_run_by_workers_and_shown(versioned: Project) -> None:
    rates = {0.003, 0.001}  # others than the committed one, which would train nothing
    grid = f"feature_extraction.learning_rate={','.join(map(str, rates))}"
    versioned.dvc("exp", "run", "--queue", "-S", grid)
    versioned.dvc("queue", "start", "--jobs", "2")
    deadline = time.monotonic() + PATIENCE
    while (status := versioned.dvc("queue", "status")).count("Success") < len(rates):
        assert "Failed" not in status, status
        assert time.monotonic() < deadline, status
        time.sleep(2)
    (baseline,) = json.loads(versioned.dvc("exp", "show", "--json", "--rev", "main"))[1:]
    shown = {}
    for experiment in baseline["experiments"]:
        (state,) = experiment["revs"]
        params = state["data"]["params"]["params.yaml"]["data"]
        metrics = state["data"]["metrics"]["reports/metrics.json"]["data"]
        rate = params["feature_extraction"]["learning_rate"]
        shown[experiment["name"]] = (rate, metrics["feature_extraction"])
    assert {rate for rate, _ in shown.values()} == rates
    tracked = {
        run.data.tags["dvc.experiment"]: (
            float(run.data.params["learning_rate"]),
            run.data.metrics["test_accuracy"],
        )
        for run in versioned.runs()
        if "dvc.experiment" in run.data.tags
    }
    assert tracked == shown


def test_a_mistake_in_params_stops_with_one_clear_message(project: Project, tmp_path: Path) -> None:
    wrong = copy(project, tmp_path / "project")
    wrong.set("fine_tuning", "optimizer", "adm")
    process = wrong.start("repro")
    output, _ = process.communicate()
    assert process.returncode != 0
    assert "fine_tuning.optimizer" in output
    assert "Traceback" not in output


def test_a_broken_split_stops_before_anything_is_trained(project: Project, tmp_path: Path) -> None:
    short = copy(project, tmp_path / "project")
    short.set("split", "train", 25)
    process = short.start("repro")
    output, _ = process.communicate()
    assert process.returncode != 0
    assert "9 of class cat" in output
    assert "Traceback" not in output


OWN = {"Große Katze": 21, "R&D $5 [b]": 34, "owl": 13}
"""Pictures of a user's three classes, and not of cats and dogs."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project of one's own pictures: a folder with three unequal classes, and nothing else set
    but sizes and times."""
    folder = tmp_path_factory.mktemp("own")
    draw_own_pictures(folder / "pictures")
    changes = {key: value for key, value in TINY.items() if key not in ("sample", "split")}
    changes["data"] = {"source": "folder", "folder": str(folder / "pictures")}
    prepare(folder / "project", changes)
    project = Project(folder / "project")
    project.repro()
    return project


def draw_own_pictures(folder: Path) -> None:
    """As they come from phones and the web: several formats, nested, some turned."""
    archive = folder.with_suffix(".zip")
    settings = changed_params({"sample.pictures_per_class": max(OWN.values())}).sample
    draw_archive(archive, settings, ("cat", "dog", "owl"))
    with zipfile.ZipFile(archive) as drawn:
        for name, species in zip(OWN, ("cat", "dog", "owl"), strict=True):
            (folder / name / "2023 holiday").mkdir(parents=True)
            for number in range(OWN[name]):
                picture = Image.open(io.BytesIO(drawn.read(f"train/{species}.{number}.jpg")))
                place = folder / name / ("2023 holiday" if number % 3 == 0 else "")
                turned = Image.Exif()
                turned[ExifTags.Base.Orientation] = 6
                match number % 4:
                    case 0:
                        picture.save(place / f"{number}.png")
                    case 1:
                        picture.save(place / f"{number}.webp")
                    case 2:
                        lying = picture.transpose(Image.Transpose.ROTATE_90)
                        lying.save(place / f"IMG_{number}.JPG", exif=turned)
                    case _:
                        picture.convert("L").save(place / f"IMG_{number}.jpeg")
    (folder / "notes.txt").write_text("no picture")


def test_own_pictures_of_three_classes_need_nothing_but_their_folder(own: Project) -> None:
    manifest = pd.read_csv(own.folder / "data/manifest.csv")
    assert manifest["class"].value_counts().to_dict() == OWN
    shares = pd.crosstab(manifest["class"], manifest["split"], normalize="index")
    for split, share in (("train", 0.6), ("validation", 0.2), ("test", 0.2)):
        np.testing.assert_allclose(shares[split], share, atol=1 / min(OWN.values()))
    names = json.loads((own.folder / "data/classes.json").read_text())
    assert sorted(names) == sorted(OWN)
    excluded = pd.read_csv(own.folder / "data/excluded.csv")
    assert excluded["file"].tolist() == ["notes.txt"]


def test_every_method_tells_three_classes_apart(own: Project) -> None:
    names = json.loads((own.folder / "data/classes.json").read_text())
    scores = own.json("evaluation.json")
    for method in METHODS:
        table = pd.read_csv(own.folder / f"reports/predictions/{method}.csv")
        probabilities = table[[f"probability_{name}" for name in names]].to_numpy()
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)
        predicted = np.array(names)[probabilities.argmax(axis=1)]
        assert (table["predicted"] == predicted).all()
        assert scores[method]["accuracy"] == (predicted == table["actual"]).mean()
        assert set(scores[method]["confusion"]) == set(OWN)
    assert scores["feature_extraction"]["accuracy"] > 0.5


def test_the_report_speaks_of_these_three_classes(own: Project) -> None:
    page = html.unescape((own.folder / "reports/index.html").read_text())
    for name in OWN:
        assert name in page
    assert "the lecture's (validation)" not in page


def test_models_of_own_pictures_name_their_classes_anywhere(own: Project, tmp_path: Path) -> None:
    picture = next((own.folder / "data/splits/test/owl").rglob("*.*"))
    model = own.folder / "data/models/feature_extraction.keras"
    predicted = subprocess.run(
        [sys.executable, "-m", "dogs_vs_cats", "predict", "--json", "--model", model, picture],
        cwd=tmp_path,
        env=own.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert predicted.returncode == 0, predicted.stderr
    (told,) = json.loads(predicted.stdout)["pictures"]
    assert told["class"] in OWN
    assert set(told["probabilities"]) == set(OWN)
