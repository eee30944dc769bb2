"""A tiny project of drawn pictures with the real stages, and what its stages leave behind."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dogs_vs_cats.cli.demo import prepare
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.files import sha256
from dogs_vs_cats.project.yaml_text import load_yaml
from tests.test_pipeline import TINY

PATIENCE = 300
"""Seconds after which a stage counts as hanging, also on a slow machine."""
STAGES = (
    "download", "split", "validate", "weights", "features", "views",
    *(f"train {method}" for method in METHODS),
    *(f"base {name}" for name in TINY["compare"]["backbones"]),
    "compare_bases", "seeds", "evaluate", "robustness", "visualize", "report", "track",
)  # fmt: skip
"""Scripts of ``pipeline/`` with their arguments, in an order in which they can run."""


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code, and all that it wrote."""

    code: int
    said: str
    seconds: float


class Tiny:
    """The project in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Make the project, without running anything."""
        # More pictures than one process draws.
        prepare(self.folder, {**TINY, "sample": {"pictures_per_class": 60}})

    def environment(self) -> dict[str, str]:
        named = {"MLFLOW_TRACKING_URI", "DOGS_VS_CATS_ARCHIVE"}
        return {
            **{key: value for key, value in os.environ.items() if key not in named},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder / "src"),
        }

    def start(self, command: Sequence[str], **variables: str) -> "subprocess.Popen[str]":
        """Start a command in a process group of its own."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**self.environment(), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def stage(self, name: str, **variables: str) -> Ended:
        """Run a stage to its end."""
        started = time.perf_counter()
        return ended(self.start(script(name), **variables), started)

    def declared(self, name: str) -> list[Path]:
        """Files and folders that DVC takes as outputs of the stage."""
        stages = load_yaml((self.folder / "dvc.yaml").read_bytes())["stages"]
        script, _, base = name.partition(" ")
        stage = stages[script if script in stages else name.replace(" ", "_")]
        outs = [*stage.get("outs", []), *stage.get("metrics", [])]
        paths = [out if isinstance(out, str) else next(iter(out)) for out in outs]
        return [self.folder / path.replace("${item.base}", base) for path in paths]

    def complete(self, name: str) -> bool:
        """Whether all outputs of the stage are there."""
        return all(path.exists() for path in self.declared(name))

    def outputs(self, name: str) -> dict[str, str]:
        """SHA-256 of every file of the stage's outputs, by its path."""
        return {
            str(file.relative_to(self.folder)): sha256(file)
            for path in self.declared(name)
            for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
            if file.is_file()
        }

    def partial(self) -> list[str]:
        """Half-written files and folders that a stage left behind."""
        return [str(p.relative_to(self.folder)) for p in self.folder.rglob(".partial-*")]

    def running(self) -> int:
        """Runs in MLflow that are marked as RUNNING."""
        store = self.folder / "mlflow.db"
        if not store.exists():
            return 0
        with sqlite3.connect(store) as connection:
            (count,) = connection.execute(
                "select count(*) from runs where status = 'RUNNING'"
            ).fetchone()
        return int(count)


def script(name: str) -> list[str]:
    """The command of a stage."""
    file, *arguments = name.split()
    return [sys.executable, f"pipeline/{file}.py", *arguments]


def ended(process: "subprocess.Popen[str]", started: float) -> Ended:
    """Wait for a process; whatever of its group hangs is killed."""
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said = f"{process.communicate()[0]}\nhangs"
    return Ended(process.returncode, said, time.perf_counter() - started)
