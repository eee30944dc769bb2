"""The whole pipeline on drawn pictures, in a place of its own: ``python -m dogs_vs_cats.cli.demo``.

The stages, the code and the bases' weights are the real ones; only parameters differ, so that it
takes minutes and needs neither an account nor a GPU.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dogs_vs_cats.project import stage
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import whole_file
from dogs_vs_cats.project.yaml_text import dump_yaml, load_yaml

ROOT = Path(__file__).parents[3]
WORKSPACE = ROOT / ".demo"
COPIED = ("dvc.yaml", "pipeline", "src", ".dvcignore")

DVC_CONFIG = """[core]
    no_scm = True
    analytics = false
    check_update = false
"""

SETTINGS: dict[str, dict[str, Any]] = {
    "data": {"source": "sample"},
    "sample": {"pictures_per_class": 400},
    "split": {"train": 200, "validation": 100, "test": 100},
    "augmentation": {"views": 3},
    "small_convnet": {"epochs": 10},
    "augmented_convnet": {"epochs": 30},
    "feature_extraction": {"epochs": 10},
    "frozen_base": {"epochs": 6},
    "fine_tuning": {"epochs": 5},
    "compare": {"backbones": ["vgg16-150", "efficientnet_lite0-150"], "draws": 5},
    "robustness": {"pictures": 60},
    "visualize": {"heatmaps": 4, "filters": 9, "filter_steps": 20},
}
"""Sections and keys of ``params.yaml`` that the demo sets otherwise."""


def prepare(workspace: Path, settings: Mapping[str, Mapping[str, Any]]) -> None:
    """Make ``workspace`` a DVC project with this project's stages and code.

    What a previous run left there stays, so that ``dvc repro`` runs only what changed.

    Args:
        workspace: a folder, which may be inside the checkout.
        settings: what to change in ``params.yaml``, by section and key.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source, target = ROOT / name, workspace / name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(
                source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
            )
        else:
            shutil.copyfile(source, target)
    params = load_yaml((ROOT / "params.yaml").read_bytes())
    for section, values in settings.items():
        params[section].update(values)
    (workspace / "params.yaml").write_text(dump_yaml(params), encoding="utf-8")
    config = workspace / ".dvc" / "config"
    if not config.exists() or config.read_text(encoding="utf-8") != DVC_CONFIG:
        _dvc(workspace, "init", "--quiet", "--no-scm", "--force")
        with whole_file(config) as path:
            path.write_text(DVC_CONFIG, encoding="utf-8")


def reproduce(workspace: Path, *stages: str) -> None:
    """Run ``dvc repro`` in a prepared workspace: what these stages need, or all.

    Raises:
        PipelineError: a stage failed; it has said why.
    """
    _dvc(workspace, "repro", *stages)


def _dvc(workspace: Path, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(workspace / "src")}
    # Drawn pictures' runs stay with the workspace, whatever store real ones go to.
    environment.pop("MLFLOW_TRACKING_URI", None)
    # The interpreter that runs this is the one that the stages' `python` must be.
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "dvc", *arguments]
    # In a session of its own, so that each signal reaches DVC and its stage once, and from here:
    # DVC hands none on, and its stage would go on alone.
    process = subprocess.Popen(command, cwd=workspace, env=environment, start_new_session=True)
    stopped = None
    while process.poll() is None:
        try:
            process.wait()
        except KeyboardInterrupt as error:
            stopped = error
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
    if stopped:
        raise stopped
    if process.returncode:
        raise PipelineError(f"`dvc {' '.join(arguments)}` failed in {workspace}; see above.")


def main() -> None:
    prepare(WORKSPACE, SETTINGS)
    reproduce(WORKSPACE)
    place = WORKSPACE.relative_to(ROOT)
    print((WORKSPACE / "reports" / "comparison.md").read_text(encoding="utf-8"))
    print(f"The report: open {place}/reports/index.html in a browser")
    print(f"The lesson, how a convnet sees: {place}/reports/lesson/index.html")
    print(f"The runs in MLflow: make ui DIR={place}")


if __name__ == "__main__":
    stage.end_cleanly(main)
