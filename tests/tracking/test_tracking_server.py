"""Against a real MLflow server: a process of its own, spoken to over HTTP."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from servers import serving

from dogs_vs_cats.audit.runs import read_runs
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.champion import fetch_champion
from dogs_vs_cats.tracking.store import EXPERIMENT


@pytest.fixture
def server(tmp_path: Path, empty_database: Path) -> Iterator[str]:
    database = shutil.copy(empty_database, tmp_path / "server.db")
    command = (
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", "{port}"),
        *("--workers", "1", "--backend-store-uri", f"sqlite:///{database}"),
        *("--artifacts-destination", str(tmp_path / "artifacts")),
    )
    with serving(command, tmp_path, alive="/health") as uri:
        yield uri


def test_two_clones_that_track_at_once_leave_one_run_a_method(
    server: str,
    make_project: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    clones = [make_project("one"), make_project("two")]

    def track_at_once(clones: list[Any]) -> list[str]:
        processes = [
            subprocess.Popen(
                (sys.executable, "pipeline/track.py"),
                cwd=clone.root,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for clone in clones
        ]
        ends = [(*process.communicate(), process.returncode) for process in processes]
        assert [(error, code) for _, error, code in ends] == [("", 0)] * len(clones)
        return [out for out, _, _ in ends]

    lines = track_at_once(clones)
    assert all(line.endswith(f" in {server}; open it with a browser\n") for line in lines)
    runs = clones[0].runs_by_method()
    assert set(runs) == set(METHODS)
    for run in runs.values():
        assert run.info.status == "FINISHED"
        assert run.data.metrics["test_accuracy"] == 0.75
        assert run.data.params["epochs"] == "3"
        (dataset,) = run.inputs.dataset_inputs
        assert dataset.dataset.digest == "0" * 31 + "1.dir"
    mlflow.set_tracking_uri(server)
    (output,) = runs["fine_tuning"].outputs.model_outputs
    loaded = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    assert list(loaded.predict(np.zeros((2, 9, 7, 3), np.uint8))["error"]) == [None, None]

    before = clones[0].snapshot()
    (line,) = track_at_once(clones[1:])
    assert "(0 new)" in line
    assert clones[0].snapshot() == before


def test_questions_make_nothing_on_a_server_without_the_experiment(
    server: str,
    make_project: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    project = make_project("one")
    client = project.client()
    with pytest.raises(PipelineError, match=f"{server} has no experiment {EXPERIMENT}"):
        read_runs(project.root)
    with pytest.raises(PipelineError, match="has no model"):
        fetch_champion(project.root, project.root)
    assert client.get_experiment_by_name(EXPERIMENT) is None
