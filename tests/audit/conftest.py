"""A small project as DVC, git and MLflow leave it: files, cache, ``dvc.lock``, commits and runs."""

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric

from dogs_vs_cats.cli.audit import command
from dogs_vs_cats.data.splitting.split import MANIFEST_COLUMNS
from dogs_vs_cats.project.yaml_text import dump_yaml, load_yaml
from dogs_vs_cats.settings import SPLITS
from dogs_vs_cats.tracking.store import EXPERIMENT

CLASSES = ("cat", "dog")
METHODS = ("small_convnet", "feature_extraction")
PER_CLASS = {"train": 4, "validation": 2, "test": 2}

_SPLIT_FOLDERS = [f"data/splits/{split}" for split in SPLITS]
# deps, params, cached outs, outs that git keeps
STAGES: dict[str, tuple[list[str], list[str], list[str], list[str]]] = {
    "download": (
        ["pipeline/download.py"],
        ["classes", "data"],
        ["data/raw/archive.zip", "data/raw/source.json"],
        [],
    ),
    "split": (
        ["data/raw/archive.zip", "pipeline/split.py"],
        ["classes", "split"],
        ["data/classes.json", *_SPLIT_FOLDERS, "data/manifest.csv"],
        [],
    ),
    "validate": (["data/manifest.csv", *_SPLIT_FOLDERS], [], [], ["reports/validation.json"]),
    "weights": (["pipeline/weights.py"], [], ["data/weights"], []),
    "features": (
        [*_SPLIT_FOLDERS, "data/weights"],
        ["classes"],
        ["data/features"],
        [],
    ),
    "train_small_convnet": (
        ["data/splits/train", "data/splits/validation", "pipeline/train.py"],
        ["small_convnet"],
        ["data/models/small_convnet.keras"],
        ["reports/training/small_convnet.json"],
    ),
    "train_feature_extraction": (
        ["data/features", "pipeline/train.py"],
        ["feature_extraction"],
        ["data/models/feature_extraction.keras"],
        ["reports/training/feature_extraction.json"],
    ),
    "evaluate": (
        ["data/models", "data/splits/test", "reports/training"],
        [],
        ["reports/predictions"],
        ["reports/evaluation.json"],
    ),
}


@dataclass
class Project:
    """A working tree. Change files, then ``record`` and ``commit`` them as DVC and git would."""

    root: Path
    params: dict[str, Any] = field(
        default_factory=lambda: {
            "classes": [*CLASSES],
            "data": {"source": "sample", "folder": ""},
            "split": {"strategy": "first", "seed": 0, **PER_CLASS},
            "small_convnet": {"epochs": 2, "learning_rate": 2e-5},
            "feature_extraction": {"epochs": 3, "learning_rate": 0.001},
        }
    )

    # Files

    def path(self, name: str) -> Path:
        return self.root / name

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def write_json(self, name: str, value: Any) -> None:
        self.write(name, json.dumps(value))

    def picture(self, split: str, label: str, number: int) -> Path:
        return self.path(f"data/splits/{split}/{label}/{label}.{number}.jpg")

    def pictures(self, split: str, label: str) -> list[Path]:
        """Those of a class, also in folders below it."""
        found = self.path(f"data/splits/{split}/{label}").rglob("*")
        return sorted(path for path in found if path.is_file())

    def file(self, picture: Path) -> str:
        """A picture's name in the manifest."""
        return picture.relative_to(self.path("data/splits")).as_posix()

    def sha256(self, path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def write_manifest(self) -> None:
        """List the pictures as they lie there."""
        rows = [
            (split, label, self.file(path), self.sha256(path), 60, 50, 9, "0" * 16)
            for split in SPLITS
            for label in CLASSES
            for path in self.pictures(split, label)
        ]
        with self.path("data/manifest.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(MANIFEST_COLUMNS)
            writer.writerows(rows)

    def train(self, tag: str, accuracy: float) -> None:
        """Leave what the stages after the split would."""
        self.write("data/features/train.npy", f"features {tag}")
        for index, method in enumerate(METHODS):
            self.write(f"data/models/{method}.keras", f"{method} {tag}")
            reached = {"validation_accuracy": accuracy - 0.01 * index}
            self.write_json(f"reports/training/{method}.json", reached)
            rows = [
                (
                    *(self.file(path), label, label),
                    *(f"0.{index + 7 if name == label else 3 - index}" for name in CLASSES),
                )
                for label in CLASSES
                for path in self.pictures("test", label)
            ]
            table = io.StringIO()
            writer = csv.writer(table, lineterminator="\n")
            columns = [f"probability_{name}" for name in CLASSES]
            writer.writerows([("file", "actual", "predicted", *columns), *rows])
            self.write(f"reports/predictions/{method}.csv", table.getvalue())
        self.write_json("reports/evaluation.json", {m: {"accuracy": accuracy} for m in METHODS})
        self.write_json("reports/validation.json", {"success": True, "failed": 0})

    # DVC and git

    def record(self) -> None:
        """Write ``dvc.lock`` and fill the cache."""
        stages = {}
        for name, (deps, sections, cached, kept) in STAGES.items():
            stages[name] = {
                "cmd": f"python pipeline/{name}.py",
                "deps": [self._entry(path) for path in sorted(deps)],
                "params": {"params.yaml": {s: self.params[s] for s in sections}},
                "outs": [self._entry(path, keep=path in cached) for path in [*cached, *kept]],
            }
            if not sections:
                del stages[name]["params"]
        self._write_yaml("dvc.lock", {"schema": "2.0", "stages": stages})
        self._write_yaml("params.yaml", self.params)

    def add_stage(self, name: str, deps: list[str], outs: list[str]) -> None:
        """A stage more in ``dvc.lock``, as if it had run."""
        lock = load_yaml(self.path("dvc.lock").read_bytes())
        lock["stages"][name] = {
            "cmd": f"python pipeline/{name}.py",
            "deps": [self._entry(path) for path in deps],
            "outs": [self._entry(path, keep=True) for path in outs],
        }
        self._write_yaml("dvc.lock", lock)

    def name_each_model(self) -> None:
        """Write ``dvc.lock`` as ``evaluate`` once had it: each model a dependency of its own."""
        lock = load_yaml(self.path("dvc.lock").read_bytes())
        names = [f"data/models/{method}.keras" for method in sorted(METHODS)]
        deps = [dep for dep in lock["stages"]["evaluate"]["deps"] if dep["path"] != "data/models"]
        lock["stages"]["evaluate"]["deps"] = [*map(self._entry, names), *deps]
        self._write_yaml("dvc.lock", lock)

    def commit(self, subject: str) -> str:
        """The new revision."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", subject)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ("git", "-C", self.root, *arguments), check=True, capture_output=True, text=True
        ).stdout.strip()

    def cached(self, md5: str) -> Path:
        return self.root / ".dvc/cache/files/md5" / md5[:2] / md5[2:]

    def recorded_md5(self, path: str) -> str:
        """As ``dvc.lock`` has it now."""
        stages = load_yaml(self.path("dvc.lock").read_bytes())["stages"].values()
        outs = [out for stage in stages for out in stage["outs"]]
        return next(str(out["md5"]) for out in outs if out["path"] == path)

    def md5(self, name: str) -> str:
        return hashlib.md5(self.path(name).read_bytes()).hexdigest()

    # MLflow

    def client(self) -> MlflowClient:
        return MlflowClient(f"sqlite:///{self.root}/mlflow.db")

    def log_run(
        self,
        method: str,
        tags: Mapping[str, str] = {},
        metrics: Mapping[str, float] = {},
        training_data: str | None = None,
    ) -> str:
        """The id of a new finished run."""
        client = self.client()
        experiment = client.get_experiment_by_name(EXPERIMENT)
        run = client.create_run(
            experiment.experiment_id, run_name=method, tags={"method": method, **tags}
        )
        values = [Metric(name, value, 1, 0) for name, value in metrics.items()]
        client.log_batch(run.info.run_id, metrics=values)
        if training_data:
            dataset = Dataset("data/splits/train", training_data, "dvc", "{}")
            context = [InputTag("mlflow.data.context", "training")]
            client.log_inputs(run.info.run_id, [DatasetInput(dataset, context)])
        client.set_terminated(run.info.run_id)
        return str(run.info.run_id)

    def log_model_runs(self, revision: str, accuracy: float) -> dict[str, str]:
        """A run for each model that lies here, as a training and ``track`` leave them."""
        return {
            method: self.log_run(
                method,
                {
                    "dvc.model_md5": self.md5(f"data/models/{method}.keras"),
                    "git.revision": revision,
                    "git.dirty": "false",
                    "environment.tensorflow": "2.21.0",
                    "precision": "float32",
                },
                {"test_accuracy": accuracy},
            )
            for method in METHODS
        }

    # The command line

    def audit(self, *arguments: str) -> Result:
        return CliRunner().invoke(command, arguments)

    def audit_json(self, *arguments: str) -> Any:
        """What a command writes with ``--json``, whatever it exits with."""
        result = self.audit(*arguments, "--json")
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return json.loads(result.stdout)

    def findings(self) -> list[tuple[str, str]]:
        """Kind and path of what ``audit check`` finds; the exit code agrees."""
        result = self.audit("check", "--json")
        document = json.loads(result.stdout)
        assert result.exit_code == (1 if document["findings"] else 0)
        assert document["ok"] == (not document["findings"])
        return [(finding["kind"], finding["path"]) for finding in document["findings"]]

    def _entry(self, path: str, keep: bool = False) -> dict[str, Any]:
        whole = self.path(path)
        if not whole.is_dir():
            content = whole.read_bytes()
            entry = {"path": path, "hash": "md5", "md5": _md5(content), "size": len(content)}
            if keep:
                self._keep(entry["md5"], content)
            return entry
        files = sorted(p for p in whole.rglob("*") if p.is_file())
        listing = json.dumps(
            [
                {"md5": _md5(p.read_bytes()), "relpath": p.relative_to(whole).as_posix()}
                for p in files
            ]
        ).encode()
        if keep:
            self._keep(f"{_md5(listing)}.dir", listing)
            for file in files:
                self._keep(_md5(file.read_bytes()), file.read_bytes())
        return {
            "path": path,
            "hash": "md5",
            "md5": f"{_md5(listing)}.dir",
            "size": sum(file.stat().st_size for file in files),
            "nfiles": len(files),
        }

    def _keep(self, md5: str, content: bytes) -> None:
        path = self.cached(md5)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def _write_yaml(self, name: str, value: Any) -> None:
        with self.path(name).open("w") as file:
            file.write(dump_yaml(value))  # in the order given, as DVC does


def _md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database with the experiment and no run: making one takes seconds."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").create_experiment(EXPERIMENT)
    return path


@pytest.fixture
def make_project(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Project]:
    """Makes a project with one commit, and enters it."""
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A. Tester")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "tester@example.org")

    def make(name: str) -> Project:
        project = Project(tmp_path / name)
        project.write(".dvc/config", "[core]\n    analytics = false\n")
        project.write(".gitignore", "/data/\n/reports/predictions/\n/mlflow.db\n/.dvc/*\n!config\n")
        project.write("requirements.lock", "numpy==2.1\n")
        for script in ("download", "split", "weights", "train"):
            project.write(f"pipeline/{script}.py", f"# {script}\n")
        project.write("data/raw/archive.zip", "an archive")
        project.write_json("data/raw/source.json", {"source": "sample", "sha256": "a" * 64})
        project.write_json("data/classes.json", CLASSES)
        project.write("data/weights/conv_base.weights.h5", "weights")
        for label in CLASSES:
            number = 0
            for split, count in PER_CLASS.items():
                for _ in range(count):
                    project.write(
                        f"data/splits/{split}/{label}/{label}.{number}.jpg", f"{label} {number}"
                    )
                    number += 1
        project.write_manifest()
        project.train("one", accuracy=0.75)
        project._write_yaml(
            "dvc.yaml",
            {
                "stages": {
                    name: {
                        "cmd": f"python pipeline/{name}.py",
                        "deps": deps,
                        "params": sections,
                        "outs": [*cached, *({path: {"cache": False}} for path in kept)],
                    }
                    for name, (deps, sections, cached, kept) in STAGES.items()
                }
            },
        )
        project.record()
        shutil.copy(empty_store, project.root / "mlflow.db")
        project.git("init", "--quiet")
        project.commit("First")
        monkeypatch.chdir(project.root)
        return project

    return make


@pytest.fixture
def project(make_project: Callable[[str], Project]) -> Project:
    """A clean project, entered. Its folder's name has a space."""
    return make_project("my project")
