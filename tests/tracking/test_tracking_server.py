"""Against a real MLflow server: a process of its own, spoken to over HTTP."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
import requests

from dogs_vs_cats.methods import METHODS


@pytest.fixture
def server(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    uri = f"http://127.0.0.1:{port}"
    database = shutil.copy(empty_database, tmp_path / "server.db")
    command = (
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--backend-store-uri", f"sqlite:///{database}"),
        *("--artifacts-destination", str(tmp_path / "artifacts")),
    )
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, start_new_session=True, cwd=tmp_path
        )
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    requests.get(f"{uri}/health", timeout=1).raise_for_status()
                    break
                except requests.RequestException:
                    assert process.poll() is None, (tmp_path / "server.log").read_text()
                    assert time.monotonic() < deadline, "the server did not start"
                    time.sleep(0.2)
            yield uri
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # it starts workers
            process.wait(20)


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
    assert loaded.predict(np.zeros((2, 150, 150, 3), np.uint8)).shape == (2, 1)

    before = clones[0].snapshot()
    (line,) = track_at_once(clones[1:])
    assert "(0 new)" in line
    assert clones[0].snapshot() == before
