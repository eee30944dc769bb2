"""The champion behind MLflow's own model server: a process, asked over HTTP."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from conftest import jpeg
from tracked_paths import PATHS

from dogs_vs_cats.data.pictures import load_pictures
from dogs_vs_cats.models.classifiers import load_whole_model
from dogs_vs_cats.tracking.mirror import track

START_SECONDS = 120


@pytest.fixture
def server(project: Any, tmp_path: Path) -> Iterator[str]:
    """Serves the champion, frozen_base, as the README says."""
    project.write_reached("frozen_base", validation_accuracy=0.9)
    track(PATHS)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    uri = f"http://127.0.0.1:{port}"
    command = (
        *("mlflow", "models", "serve", "-m", "models:/dogs-vs-cats@champion"),
        *("--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)),
    )
    # As in an activated environment: MLflow looks for uvicorn there.
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db",
    }
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=project.root,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while True:
                try:
                    requests.get(f"{uri}/ping", timeout=5).raise_for_status()
                    break
                except requests.RequestException:
                    assert process.poll() is None, (tmp_path / "server.log").read_text()
                    assert time.monotonic() < deadline, (tmp_path / "server.log").read_text()
                    time.sleep(0.2)
            yield uri
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # the server is a child of its own
            process.wait(20)


def test_a_jpegs_pixels_get_the_probability_that_the_saved_model_gives(
    server: str, project: Any
) -> None:
    paths = [project.root / f"{number}.jpg" for number in range(2)]
    for number, path in enumerate(paths):
        path.write_bytes(jpeg(number, 200, 160))
    pixels = load_pictures(paths, 150)
    answer = requests.post(f"{server}/invocations", json={"inputs": pixels.tolist()}, timeout=60)
    assert answer.status_code == 200, answer.text
    ((first,), (second,)) = answer.json()["predictions"]
    expected = load_whole_model(project.model("frozen_base")).predict(pixels, verbose=0)[:, 0]
    assert [first, second] == pytest.approx(expected.tolist(), abs=1e-6)
    assert abs(first - second) > 1e-3  # the pictures differ, and so would a model that looks

    # Another size than the model's is refused, not predicted.
    refused = requests.post(
        f"{server}/invocations", json={"inputs": pixels[:, :100].tolist()}, timeout=60
    )
    assert refused.status_code == 400
    assert "shape" in refused.text.lower()
