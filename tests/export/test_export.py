"""``dogs-vs-cats export``: other runtimes say what the model says, or nothing is written."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from dogs_vs_cats.__main__ import cli
from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.data.reading.pictures import decode
from dogs_vs_cats.export import parity as parities
from dogs_vs_cats.export.formats import FORMATS
from dogs_vs_cats.export.program import resized
from dogs_vs_cats.models.outputs import logits_layer
from dogs_vs_cats.models.saved import Description, save_model, whole_model
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import write_json
from dogs_vs_cats.project.quiet import without
from dogs_vs_cats.tracking.lineage import file_md5

CLASSES = ("cat", "dog", "großer Elch")
SIDE = 32


def picture(seed: int) -> Image.Image:
    """Smooth colours of some size, that a network tells apart."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (4, 5, 3), np.uint8)
    size = tuple(int(side) for side in random.integers(20, 90, 2))
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of three classes, and a model of them with random weights."""
    root = tmp_path_factory.mktemp("project")
    number = 0
    for split in ("train", "test"):
        for name in CLASSES:
            folder = root / "data/splits" / split / name
            folder.mkdir(parents=True)
            for _ in range(4):
                picture(number := number + 1).save(folder / f"{number}.png")
    keras.utils.set_random_seed(1)
    inputs = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Activation("swish")(keras.layers.ReLU(6.0)(x))
    x = keras.layers.DepthwiseConv2D(3)(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(16, 3, activation="relu")(x))
    network = keras.Model(inputs, logits_layer(len(CLASSES))(10 * x), name="classifier")
    about = Description("small_convnet", CLASSES, SIDE, "rescale")
    (root / "data/models").mkdir()
    save_model(
        whole_model("small_convnet", network), root / "data/models/small_convnet.keras", about
    )
    return root


@pytest.fixture(autouse=True)
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setattr("dogs_vs_cats.compute.device.set_up", lambda *_, **__: None)


def export(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["export", "small_convnet", *arguments])


@pytest.mark.parametrize(("height", "width"), [(200, 90), (32, 32), (20, 41), (33, 31)])
def test_the_resizing_inside_is_the_training_s(height: int, width: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    expected = decode(stream.getvalue(), SIDE).numpy().astype(int)
    found = resized(tf.constant(pixels[np.newaxis]), SIDE).numpy()[0]
    assert np.abs(found - expected).max() <= 1
    assert (found != expected).mean() < 0.002


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_says_what_the_model_says(name: str) -> None:
    result = export("--format", name)
    assert result.exit_code == 0, result.output
    folder = Path("exports") / f"small_convnet-{name}"
    told = json.loads((folder / "parity.json").read_text())
    assert told["pictures"] == 12
    assert told["largest_difference"] < 1e-3
    assert told["accuracy"] == told["model_accuracy"]
    assert told["bytes"] > 1000
    readme = (folder / "README.md").read_text()
    assert ", ".join(CLASSES) in readme
    assert "0 decisions" not in readme


def test_what_was_chosen_for_answers_goes_along(project: Path) -> None:
    model = project / "data/models/small_convnet.keras"
    chosen = {"temperature": 2.0, "costs": {}, "confidence": 1.0, "model_md5": file_md5(model)}
    scores = {"small_convnet": {"decision": chosen}}
    write_json(project / "reports/evaluation.json", scores)
    export("--format", "tf_saved_model", "--out", "decided")
    (project / "reports/evaluation.json").unlink()
    folder = Path("decided")
    blocks = (folder / "README.md").read_text().split("```python\n")[1:]
    source = "".join(block.split("```")[0] for block in blocks)
    picture(99).convert("RGB").save(folder / "photo.jpg")
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    raw, decided = done.stdout.splitlines()
    assert decided.startswith("not sure")
    warm = np.sqrt([*eval(raw).values()])
    calibrated = np.array(decided.partition("[")[2].rstrip("]").split(), float)
    assert calibrated == pytest.approx(warm / warm.sum(), abs=1e-5)


def test_openvino_gives_these_outputs_and_no_other() -> None:
    export("--format", "openvino", "--out", "named")
    with without("openvino_telemetry"):
        import openvino
    model = openvino.Core().read_model("named/model.xml")
    told = [output.get_names() & {"scores", "probabilities"} for output in model.outputs]
    assert sorted(told, key=str) == [{"probabilities"}, {"scores"}]


@pytest.mark.parametrize("name", FORMATS)
def test_the_readme_s_client_runs_as_printed(name: str, tmp_path: Path) -> None:
    folder = Path("exports") / f"small_convnet-{name}"
    if not folder.exists():
        export("--format", name)
    source = (folder / "README.md").read_text().split("```python\n")[1].split("```")[0]
    picture(99).convert("RGB").save(folder / "photo.jpg")
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, float] = eval(done.stdout)
    assert tuple(answer) == CLASSES
    assert sum(answer.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["onnx", "openvino", "litert"])
def test_int8_is_smaller_and_held_against_the_model_too(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Random weights decide by little; what is tested is that the way leads there.
    monkeypatch.setattr(parities, "MOST_DECISIONS", 1.0)
    result = export("--format", name, "--int8", "--out", f"int8-{name}")
    assert result.exit_code == 0, result.output
    told = json.loads(Path(f"int8-{name}/parity.json").read_text())
    assert 0 < told["largest_difference"] < 0.2
    if name != "litert":
        kinds = Path(f"int8-{name}/{FORMATS[name].file}").read_bytes()
        assert b"QuantizeLinear" in kinds or b"FakeQuantize" in kinds
    assert {path.name for path in Path(f"int8-{name}").iterdir()} >= {"README.md", "parity.json"}
    assert not list(Path(f"int8-{name}").glob("float32*"))


def test_what_has_no_int8_says_so() -> None:
    result = export("--format", "tf_saved_model", "--int8", "--out", "none")
    assert isinstance(result.exception, PipelineError)
    assert "take onnx, openvino, litert" in str(result.exception)
    assert not Path("none").exists()


@pytest.mark.parametrize("wrong", [0.02, np.nan])
def test_an_export_that_says_something_else_takes_no_place(
    wrong: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "earlier").touch()
    load = FORMATS["tf_saved_model"].load

    def other(path: Path) -> Any:
        run = load(path)
        return lambda pixels: run(pixels) + wrong

    monkeypatch.setitem(
        FORMATS,
        "tf_saved_model",
        replace(FORMATS["tf_saved_model"], load=other),
    )
    result = export("--format", "tf_saved_model", "--out", str(out))
    assert isinstance(result.exception, PipelineError)
    assert "differ from the model's" in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert [path.name for path in out.iterdir()] == ["earlier"]
