"""The champion behind MLflow's own model server: a process, asked over HTTP."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests
from conftest import jpeg
from servers import serving

from dogs_vs_cats.data.reading.pictures import load_pictures
from dogs_vs_cats.models.saved import load_whole_model
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.mirror import track


@pytest.fixture
def server(project: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serves the champion, frozen_base, as the README says."""
    project.write_reached("frozen_base", validation_accuracy=0.9)
    track(Layout())
    # MLflow looks for uvicorn in PATH, as in an activated environment: tests/conftest.py sets it.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    command = (
        *("mlflow", "models", "serve", "-m", "models:/dogs-vs-cats@champion"),
        *("--env-manager", "local", "--host", "127.0.0.1", "--port", "{port}"),
    )
    with serving(command, project.root, alive="/ping") as uri:
        yield uri


def test_a_jpegs_pixels_get_the_probability_that_the_saved_model_gives(
    server: str, project: Any
) -> None:
    paths = [project.root / f"{number}.jpg" for number in range(2)]
    for number, path in enumerate(paths):
        path.write_bytes(jpeg(number, 200, 160))
    pixels = load_pictures(paths, 150)
    answer = requests.post(f"{server}/invocations", json={"inputs": pixels.tolist()}, timeout=60)
    assert answer.status_code == 200, answer.text
    first, second = np.array(answer.json()["predictions"])
    expected = load_whole_model(project.model("frozen_base")).predict(pixels, verbose=0)
    np.testing.assert_allclose([first, second], expected, atol=1e-6)
    assert np.abs(first - second).max() > 1e-3  # the pictures differ: so would a model that looks

    # Another size than the model's is refused, not predicted.
    refused = requests.post(
        f"{server}/invocations", json={"inputs": pixels[:, :100].tolist()}, timeout=60
    )
    assert refused.status_code == 400
    assert "shape" in refused.text.lower()
