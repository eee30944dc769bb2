"""The champion behind MLflow's own model server: a process, asked over HTTP."""

import base64
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from conftest import jpeg
from PIL import ExifTags, Image
from servers import serving
from tracked_project import CLASSES

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


def test_a_picture_file_gets_the_class_and_probabilities_that_the_saved_model_gives(
    server: str, project: Any
) -> None:
    contents = [jpeg(number, 200, 160) for number in range(2)]
    paths = [project.root / f"{number}.jpg" for number in range(2)]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    pixels = load_pictures(paths, 150)
    expected = load_whole_model(project.model("frozen_base")).predict(pixels, verbose=0)
    assert np.abs(expected[0] - expected[1]).max() > 1e-3  # so would a model that looks

    def ask(document: Any) -> Any:
        answer = requests.post(f"{server}/invocations", json=document, timeout=60)
        return answer.status_code, answer.json()

    text = [base64.b64encode(content).decode() for content in contents]
    status, answer = ask({"inputs": [text[0], "bm90aGluZw==", text[1]]})
    assert status == 200
    first, nothing, second = answer["predictions"]
    for row, probabilities in ((first, expected[0]), (second, expected[1])):
        assert row[f"probability_{CLASSES[0]}"] == pytest.approx(probabilities[0], abs=1e-6)
        assert row[f"probability_{CLASSES[1]}"] == pytest.approx(probabilities[1], abs=1e-6)
        assert row["class"] == CLASSES[probabilities.argmax()]
        assert row["probability"] == pytest.approx(probabilities.max(), abs=1e-6)
        assert row["error"] is None
    assert nothing["class"] is None
    assert nothing["error"] == "not a picture in a format that is read"

    table = {"columns": ["picture"], "data": [[f"data:image/jpeg;base64,{text[1]}"]]}
    assert ask({"dataframe_split": table}) == (200, {"predictions": [second]})
    status, answer = ask({"inputs": pixels.tolist()})
    assert status == 200
    assert [row["class"] for row in answer["predictions"]] == [first["class"], second["class"]]
    # What would be cut to whole numbers is refused: it was scaled to 0 to 1.
    status, answer = ask({"inputs": (pixels[:1] / 255).tolist()})
    assert status == 400
    assert "whole numbers of 0 to 255" in answer["message"]


def test_a_logged_model_reads_pictures_where_this_project_is_not_installed(
    project: Any, tmp_path: Path
) -> None:
    track(Layout())
    champion = project.client().get_model_version_by_alias("dogs-vs-cats", "champion")
    (tmp_path / "1.jpg").write_bytes(jpeg(1, 70, 40))
    (tmp_path / "turned.png").write_bytes(turned(jpeg(1, 70, 40)))
    script = tmp_path / "elsewhere.py"
    script.write_text(ELSEWHERE)
    command = [sys.executable, str(script), champion.source]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    plain, upright, pixels, missing, text, warm, decided = json.loads(done.stdout.splitlines()[-1])
    assert plain["class"] in CLASSES
    assert upright[f"probability_{CLASSES[0]}"] == pytest.approx(
        plain[f"probability_{CLASSES[0]}"], abs=0.01
    )
    assert pixels["error"] is None
    assert missing["error"] == "cannot be read: No such file or directory"
    assert "not base64" in text["error"]
    # Of the temperature 2, and never as sure as 0.9.
    name = f"probability_{CLASSES[0]}"
    odds = [row[name] / (1 - row[name]) for row in (plain, warm)]
    assert odds[1] == pytest.approx(odds[0] ** 0.5, rel=1e-4)
    assert (warm["class"], decided["class"]) == (plain["class"], None)
    assert decided[name] == warm[name]


ELSEWHERE = """
import json, sys
from pathlib import Path


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "dogs_vs_cats":
            raise ModuleNotFoundError(name)


sys.meta_path.insert(0, Absent())
import mlflow, numpy as np, pandas as pd

model = mlflow.pyfunc.load_model(sys.argv[1])
paths = [Path("1.jpg"), Path("turned.png")]
rows = [*model.predict(paths).to_dict("records")]
rows += model.predict(np.zeros((1, 20, 30, 3), np.uint8)).to_dict("records")
table = pd.DataFrame({"file": [Path("none.jpg"), "1.jpg"]})
rows += model.predict(table).to_dict("records")
assert model.predict(pd.Series([Path("1.jpg").read_bytes()])).to_dict("records") == rows[:1]
for answers in ("calibrated", "decided"):
    rows += model.predict(paths[:1], params={"answers": answers}).to_dict("records")
try:
    model.predict(paths, params={"answers": "sure"})
except mlflow.exceptions.MlflowException as error:
    assert "expected raw, calibrated, decided" in str(error)
print(json.dumps(rows))
"""


def turned(content: bytes) -> bytes:
    """The picture as a phone stores it that was held upright: on its side, and saying so."""
    stream, exif = io.BytesIO(), Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    with Image.open(io.BytesIO(content)) as picture:
        picture.transpose(Image.Transpose.ROTATE_90).save(stream, "PNG", exif=exif)
    return stream.getvalue()
