"""A project whose five methods are trained, as DVC leaves it, without MLflow's store."""

import csv
import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from sqlalchemy.engine import URL

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.models.outputs import logits_layer
from dogs_vs_cats.models.saved import Description, save_model, whole_model
from dogs_vs_cats.project.files import write_json
from dogs_vs_cats.project.yaml_text import dump_yaml
from dogs_vs_cats.tracking.lineage import file_md5
from dogs_vs_cats.tracking.store import EXPERIMENT

SPLIT = {
    "path": "data/splits/train",
    "hash": "md5",
    "md5": "0" * 31 + "1.dir",
    "size": 9,
    "nfiles": 3,
}
EPOCHS = 3
CLASSES = ("cat", "dog: $ä$")
CONFUSION = {"cat": {"cat": 2}, CLASSES[1]: {"cat": 1, CLASSES[1]: 1}}
DATA_PARAMS = {
    "classes": "auto",
    "split": {"strategy": "first", "train": 3},
}
TRACK = Path(__file__).parents[1] / "pipeline" / "track.py"


@dataclass
class Project:
    """A working directory in which every file of the pipeline's end is there."""

    root: Path
    params: dict[str, Any] = field(
        default_factory=lambda: {
            method: {"epochs": EPOCHS, "learning_rate": 1e-5} for method in METHODS
        }
    )
    comparison_stages: dict[str, Any] = field(default_factory=dict)
    validation: dict[str, Any] = field(
        default_factory=lambda: SPLIT | {"path": "data/splits/validation"}
    )

    @property
    def shown_params(self) -> dict[str, str]:
        """What every method's run shows, of its stage and of ``split``."""
        return {
            "epochs": "3",
            "learning_rate": "1e-05",
            "backbone.image_size": "150",
            "classes": "auto",
            "pictures.train": '{"cat": 1, "dog: $ä$": 2}',
            "pictures.test": '{"cat": 1}',
            "split.strategy": "first",
            "split.train": "3",
        }

    def write_pipeline(self) -> None:
        """Write the ``dvc.yaml`` and ``params.yaml`` that the lock follows from."""
        stages: dict[str, Any] = {
            "split": {
                "cmd": "python pipeline/split.py",
                "deps": ["data/raw/archive.zip"],
                "params": ["classes", "split"],
                "outs": ["data/splits/train"],
            },
            **{
                f"train_{method}": {
                    "cmd": f"python pipeline/train.py {method}",
                    "deps": ["data/splits/train"],
                    "params": [method, "backbone.image_size"],
                    "outs": [
                        f"data/models/{method}.keras",
                        {f"reports/history/{method}.csv": {"cache": False}},
                    ],
                }
                for method in METHODS
            },
        }
        params = {"backbone": {"image_size": 150, "preprocessing": "imagenet"}, "seeds": 1}
        (self.root / "dvc.yaml").write_text(dump_yaml({"stages": stages}))
        (self.root / "params.yaml").write_text(dump_yaml(params | DATA_PARAMS | self.params))

    def write_lock(self) -> None:
        """Record the files as they are now."""
        stages: dict[str, Any] = {
            "split": {
                "cmd": "python pipeline/split.py",
                "deps": [
                    {"path": "data/raw/archive.zip", "hash": "md5", "md5": "2" * 32, "size": 1}
                ],
                "params": {"params.yaml": DATA_PARAMS},
                "outs": [SPLIT, self.validation],
            }
        }
        for method in METHODS:
            stages[f"train_{method}"] = {
                "cmd": f"python pipeline/train.py {method}",
                "deps": [SPLIT],
                "params": {
                    "params.yaml": {method: self.params[method], "backbone.image_size": 150}
                },
                "outs": [self._entry(self.model(method)), self._entry(self.history(method))],
            }
        stages["evaluate"] = {
            "cmd": "python pipeline/evaluate.py",
            "deps": [self.models_entry()],
            "outs": [self._entry(self.root / "reports/evaluation.json")],
        }
        stages |= self.comparison_stages
        with (self.root / "dvc.lock").open("w") as file:
            file.write(dump_yaml({"schema": "2.0", "stages": stages}))

    def write_evaluation(
        self, accuracy: float, confusion: Any = CONFUSION, temperature: float = 2.0
    ) -> None:
        scores = {
            "accuracy": accuracy,
            "accuracy_low": accuracy - 0.1,
            "accuracy_high": accuracy + 0.1,
            "pictures": 4,
            "confusion": confusion,
        }
        chosen = {
            "temperature": temperature,
            "costs": {},
            "confidence": 0.9,
            "wanted_accuracy": 0.99,
            "threshold": 0.5,
        }
        of_methods = {
            method: scores | {"decision": chosen | {"model_md5": file_md5(self.model(method))}}
            for method in METHODS
        }
        write_json(self.root / "reports/evaluation.json", of_methods)
        self.write_lock()

    def write_comparison(self, content: str) -> None:
        """Draw a figure of the comparison and one of each method, all of this content."""
        figures = self.root / "reports/figures"
        figures.mkdir(exist_ok=True)
        drawings = [{"file": "all.svg", "method": None}] + [
            {"file": f"{method}.svg", "method": method} for method in METHODS
        ]
        for drawing in drawings:
            (figures / str(drawing["file"])).write_text(content)
        (figures / "drawings.json").write_text(json.dumps(drawings))
        table = self.root / "reports/robustness.csv"
        table.write_text(content)
        bases = self.root / "reports/backbones.csv"
        bases.write_text(
            "base,accuracy,validation_accuracy,multiply_adds,parameters\n"
            "vgg16-150,0.964,0.975,6615491328,14714688\n"
        )
        curve = self.root / "reports/learning_curve.csv"
        curve.write_text(
            "base,pictures_per_class,draw,accuracy\n"
            "vgg16-150,2,1,0.8\nvgg16-150,2,2,0.9\nvgg16-150,1000,1,0.964\n"
        )
        (self.root / "reports/index.html").write_text(content)
        (self.root / "reports/comparison.md").write_text(f"# {content}")
        digest = f"{hashlib.md5(content.encode()).hexdigest()}.dir"
        models = self.models_entry()
        self.comparison_stages = {
            "compare_bases": {
                "cmd": "c",
                "deps": [],
                "outs": [self._entry(bases), self._entry(curve)],
            },
            "robustness": {"cmd": "r", "deps": [models], "outs": [self._entry(table)]},
            "visualize": {
                "cmd": "v",
                "deps": [models],
                "outs": [{"path": "reports/figures", "md5": digest, "size": 1, "nfiles": 7}],
            },
        }
        self.write_lock()

    def write_reached(self, method: str, validation_accuracy: float) -> None:
        """Let a training have reached this; its history becomes another one."""
        write_json(
            self.root / "reports/training" / f"{method}.json",
            REACHED | {"validation_accuracy": validation_accuracy},
        )
        with self.history(method).open("a") as file:
            file.write(f"{EPOCHS + 1},1,1,1,{validation_accuracy},0.1\n")
        self.write_lock()

    def model(self, method: str) -> Path:
        return self.root / "data/models" / f"{method}.keras"

    def history(self, method: str) -> Path:
        return self.root / "reports/history" / f"{method}.csv"

    def client(self) -> MlflowClient:
        local = URL.create("sqlite+pysqlite", database=f"{self.root}/mlflow.db")
        return MlflowClient(os.environ.get("MLFLOW_TRACKING_URI") or local.render_as_string())

    def runs(self) -> dict[str, Any]:
        """Active runs by id."""
        client = self.client()
        experiment = client.get_experiment_by_name(EXPERIMENT)
        found = client.search_runs([experiment.experiment_id]) if experiment else []
        return {run.info.run_id: run for run in found}

    def runs_by_method(self) -> dict[str, Any]:
        """Active runs by method, of which each has one."""
        runs = {run.info.run_name: run for run in self.runs().values()}
        assert len(runs) == len(self.runs())
        return runs

    def snapshot(self) -> list[str]:
        """All that the store says of runs and models, comparable."""
        client = self.client()
        experiment = client.get_experiment_by_name(EXPERIMENT)
        told = [run.to_dictionary() for run in self.runs().values()]
        told += [
            model.to_dictionary()
            for model in client.search_logged_models([experiment.experiment_id])
        ]
        told += [
            {"run": run_id, "history": str(client.get_metric_history(run_id, name))}
            for run_id, run in self.runs().items()
            for name in run.data.metrics
        ]
        return sorted(json.dumps(value, sort_keys=True, default=str) for value in told)

    def models_entry(self) -> dict[str, Any]:
        """The folder of all models, as DVC records it for a stage that reads it."""
        files = sorted((self.root / "data/models").iterdir())
        listing = [{"md5": file_md5(path), "relpath": path.name} for path in files]
        text = json.dumps(listing, sort_keys=True)
        return {
            "path": "data/models",
            "hash": "md5",
            "md5": f"{hashlib.md5(text.encode()).hexdigest()}.dir",
            "size": sum(path.stat().st_size for path in files),
            "nfiles": len(files),
        }

    def model_entries(self) -> list[dict[str, Any]]:
        """Each model, as DVC records it for a stage that names the files."""
        return [self._entry(self.model(method)) for method in METHODS]

    def _entry(self, path: Path) -> dict[str, Any]:
        content = path.read_bytes()
        return {
            "path": path.relative_to(self.root).as_posix(),
            "hash": "md5",
            "md5": hashlib.md5(content).hexdigest(),
            "size": len(content),
        }


def epoch_metrics(epoch: int) -> dict[str, float]:
    return {
        "loss": 1 / epoch,
        "accuracy": 1 - 0.5 / epoch,
        "val_loss": 1.5 / epoch,
        "val_accuracy": 0.9 - 0.4 / epoch,
        "learning_rate": 0.001,
    }


REACHED = {
    "best_epoch": 3,
    "validation_accuracy": 0.75,
    "validation_loss": 0.5,
    "parameters": 12,
}


def write_models(folder: Path) -> None:
    """Put a tiny whole model of each method into a folder."""
    for seed, method in enumerate(METHODS):
        keras.utils.set_random_seed(seed)
        pictures = keras.Input((150, 150, 3))
        x = keras.layers.Rescaling(1 / 255)(pictures)
        x = keras.layers.GlobalAveragePooling2D()(x)
        model = whole_model(method, keras.Model(pictures, logits_layer(len(CLASSES))(x)))
        description = Description(method, CLASSES, 150, "rescale")
        save_model(model, folder / f"{method}.keras", description)


def write_project(root: Path, models: Path) -> Project:
    """Write a project into a new folder, with these models in it."""
    project = Project(root)
    shutil.copytree(models, project.root / "data/models")
    (project.root / "pipeline").mkdir()
    shutil.copy(TRACK, project.root / "pipeline")
    for method in METHODS:
        project.history(method).parent.mkdir(parents=True, exist_ok=True)
        with project.history(method).open("w", newline="") as file:
            writer = csv.DictWriter(file, ["epoch", *epoch_metrics(1)])
            writer.writeheader()
            for epoch in range(1, EPOCHS + 1):
                writer.writerow({"epoch": epoch} | epoch_metrics(epoch))
        write_json(project.root / "reports/training" / f"{method}.json", REACHED)
        write_json(
            project.root / "reports/timings" / f"{method}.json",
            {
                "model_md5": file_md5(project.root / "data/models" / f"{method}.keras"),
                "device": "GPU: X",
                "precision": "bfloat16",
                "seconds": 4.5,
            },
        )
        predictions = project.root / "reports/predictions" / f"{method}.csv"
        predictions.parent.mkdir(parents=True, exist_ok=True)
        predictions.write_text("file,actual,predicted\n")
    (project.root / "data/manifest.csv").write_text(
        f"split,class,file\ntrain,cat,a\ntrain,{CLASSES[1]},b\ntrain,{CLASSES[1]},c\ntest,cat,d\n"
    )
    project.write_pipeline()
    project.write_evaluation(accuracy=0.75)
    return project
