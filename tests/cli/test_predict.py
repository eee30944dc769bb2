import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from colour_models import write_model
from PIL import Image

from dogs_vs_cats.cli.predict import command
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.data.reading.pictures import load_pictures
from dogs_vs_cats.models.saved import Description, load_whole_model, save_model, whole_model
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import write_json
from dogs_vs_cats.project.yaml_text import dump_yaml
from dogs_vs_cats.tracking.lineage import file_md5

WriteParams = Callable[..., None]


@pytest.fixture
def project(tmp_path: Path, write_params: WriteParams, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a black, a grey and a white picture, entered."""
    for variable in ("MLFLOW_TRACKING_URI", "DVC_ROOT"):
        monkeypatch.delenv(variable, raising=False)
    # It sets up the process, and all tests share one.
    monkeypatch.setattr("dogs_vs_cats.compute.device.set_up", lambda *_, **__: None)
    monkeypatch.chdir(tmp_path)
    write_params("cat", "dog")
    (tmp_path / "pictures").mkdir()
    for name, grey in {"black.jpg": 0, "grey.png": 100, "white.jpg": 255}.items():
        Image.new("RGB", (40, 30), (grey, grey, grey)).save(tmp_path / "pictures" / name)
    return tmp_path


def predict(*args: str | Path) -> Result:
    return CliRunner().invoke(command, [str(arg) for arg in args])


def test_a_table_says_the_class_and_how_probable_it_is(project: Path, by_brightness: Path) -> None:
    result = predict("pictures", "--model", by_brightness)
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["file", "class", "probability"],
        ["-" * 18, "-" * 7, "-" * 13],
        ["pictures/black.jpg", "night", "98.2%"],
        ["pictures/grey.png", "night", "70.3%"],
        ["pictures/white.jpg", "day", "98.2%"],
    ]


def test_answers_are_calibrated_and_decided_on_request(project: Path, by_brightness: Path) -> None:
    chosen = {"temperature": 2.0, "costs": {"day": {"night": 3.0}}, "confidence": 0.6}
    write_json(
        project / "reports/evaluation.json",
        {"small_convnet": {"decision": chosen | {"model_md5": file_md5(by_brightness)}}},
    )

    def told(answers: str) -> list[list[str]]:
        result = predict("pictures", "--model", by_brightness, "--answers", answers)
        assert result.exit_code == 0
        return [line.split()[1:] for line in result.stdout.splitlines()[2:]]

    assert told("raw") == [["night", "98.2%"], ["night", "70.3%"], ["day", "98.2%"]]
    # The square root of the odds: e^-2, e^-0.43, e^2.
    assert told("calibrated") == [["night", "88.1%"], ["night", "60.6%"], ["day", "88.1%"]]
    # The grey one may be a day, which would be dear to miss, but that is not sure enough.
    assert told("decided") == [["night", "88.1%"], ["(not", "sure)", "39.4%"], ["day", "88.1%"]]
    rows = json.loads(
        predict("pictures", "--model", by_brightness, "--answers", "decided", "--json").stdout
    )["pictures"]
    assert [(row["class"], row["error"]) for row in rows][1] == (None, None)


def test_of_a_model_that_nothing_was_chosen_for_raw_answers_alone_can_be_had(
    project: Path, by_brightness: Path
) -> None:
    result = predict("pictures", "--model", by_brightness, "--answers", "decided")
    assert isinstance(result.exception, PipelineError)
    assert "dvc repro evaluate" in str(result.exception)


def test_json_says_the_same_with_the_same_keys_for_every_file(
    project: Path, by_brightness: Path
) -> None:
    (project / "pictures/broken.jpg").write_bytes(b"no picture")
    result = predict("pictures", "--json", "--batch", "2", "--model", by_brightness)
    document = json.loads(result.stdout)
    assert list(document) == ["model", "pictures", "left_out"]
    assert document["model"] == str(by_brightness)
    told = document["pictures"]
    assert [(each["file"], each["class"]) for each in told] == [
        ("pictures/black.jpg", "night"),
        ("pictures/broken.jpg", None),
        ("pictures/grey.png", "night"),
        ("pictures/white.jpg", "day"),
    ]
    keys = ["file", "class", "probability", "probabilities", "heatmap", "error"]
    assert all(list(each) == keys for each in told)
    pictures = load_pictures([Path(told[number]["file"]) for number in (0, 2, 3)], 20)
    expected = load_whole_model(by_brightness).predict(pictures, verbose=0)
    for each, probabilities in zip((told[0], told[2], told[3]), expected, strict=True):
        assert [*each["probabilities"]] == ["night", "day"]
        assert [*each["probabilities"].values()] == pytest.approx(probabilities, abs=1e-6)
        assert each["probability"] == max(each["probabilities"].values())
    assert told[1]["probabilities"] is None
    assert [each["error"] is None for each in told] == [True, False, True, True]


def test_files_that_are_no_pictures_are_named_and_the_others_predicted(
    project: Path, by_brightness: Path
) -> None:
    (project / "notes.txt").write_text("no picture")
    result = predict("notes.txt", "pictures/*", "gone.jpg", "--model", by_brightness)
    assert result.exit_code == 1
    assert isinstance(result.exception, PipelineError)
    assert str(result.exception).splitlines() == [
        "2 of 5 files cannot be read as pictures:",
        "  notes.txt: not a picture in a format that is read",
        "  gone.jpg: no such file",
    ]
    assert result.stdout.count("%") == 3


def test_a_method_names_its_model_in_the_project(project: Path, by_brightness: Path) -> None:
    model = project / "data/models/fine_tuning.keras"
    missing = predict("pictures", "--method", "fine_tuning")
    assert str(missing.exception) == (
        "data/models/fine_tuning.keras not found, or not a file. Train it with `dvc repro`, or name"
        " a model with --method METHOD (of a project) or --model FILE (anywhere)."
    )
    model.parent.mkdir(parents=True)
    model.write_bytes(by_brightness.read_bytes())
    result = predict("pictures/white.jpg", "--method", "fine_tuning")
    assert result.stdout.splitlines()[-1].split() == ["pictures/white.jpg", "day", "98.2%"]
    assert result.stderr == "Model: data/models/fine_tuning.keras\n"


def test_what_is_left_out_of_folders_is_counted_and_listed(
    project: Path, by_brightness: Path
) -> None:
    for name in ("1.svg", "2.svg", "notes\x1b[2J.txt", ".hidden.jpg"):
        (project / "pictures" / name).touch()
    asked = ("pictures", "--model", by_brightness)
    left_out = "4 left out in folders: 2 × .svg (picture format not read), 1 × hidden, 1 × .txt."
    result = predict(*asked)
    assert (result.exit_code, result.stdout.count("%")) == (0, 3)
    assert result.stderr == f"Model: {by_brightness}\n{left_out} --verbose lists them.\n"
    assert predict(*asked, "--verbose").stderr.splitlines()[1:] == [
        left_out,
        "  pictures/.hidden.jpg: hidden",
        "  pictures/1.svg: .svg (picture format not read)",
        "  pictures/2.svg: .svg (picture format not read)",
        r"  pictures/notes\x1b[2J.txt: .txt",
    ]
    listed = json.loads(predict(*asked, "--json").stdout)["left_out"]
    assert listed[1] == {"file": "pictures/1.svg", "why": ".svg (picture format not read)"}
    assert len(listed) == 4


def test_names_that_steer_terminals_or_are_no_text_are_shown_escaped(
    project: Path, by_brightness: Path
) -> None:
    white = (project / "pictures/white.jpg").read_bytes()
    for name in (b"red\x1b[31m.jpg", b"caf\xe9.jpg"):
        (project / os.fsdecode(name)).write_bytes(white)
    (project / "broken\x1b[31m.jpg").touch()
    result = predict(".", "--model", by_brightness)
    assert r"red\x1b[31m.jpg" in result.stdout
    assert r"caf\udce9.jpg" in result.stdout
    assert result.stdout.count("%") == 5
    assert r"broken\x1b[31m.jpg: not a picture" in str(result.exception)
    assert "\x1b" not in result.output + str(result.exception)
    told = json.loads(predict(".", "--model", by_brightness, "--json").stdout)["pictures"]
    assert os.fsdecode(b"caf\xe9.jpg") in [each["file"] for each in told]


def test_a_model_that_dvc_has_deleted_to_train_it_again_is_brought_back(
    project: Path, by_brightness: Path
) -> None:
    subprocess.run([sys.executable, "-m", "dvc", "init", "-q", "--no-scm"], check=True)
    model = project / "data/models/fine_tuning.keras"
    model.parent.mkdir(parents=True)
    stage = {"cmd": f"cp {by_brightness} {model}", "outs": ["data/models/fine_tuning.keras"]}
    (project / "dvc.yaml").write_text(dump_yaml({"stages": {"train_fine_tuning": stage}}))
    subprocess.run([sys.executable, "-m", "dvc", "repro", "-q"], check=True)
    model.unlink()
    missing = str(predict("pictures", "--method", "fine_tuning").exception)
    advised = missing.split("`")[1::2]
    assert advised[0] == "dvc checkout data/models/fine_tuning.keras"
    assert advised[2] == "dvc repro train_fine_tuning"
    subprocess.run([sys.executable, "-m", *advised[0].split()], check=True)
    assert predict("pictures", "--method", "fine_tuning").exit_code == 0


def test_outside_a_project_it_says_so_and_what_to_do(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = project / "pictures"
    monkeypatch.chdir(outside)
    for asked in ((), ("--method", "fine_tuning")):
        message = str(predict("black.jpg", *asked).exception)
        assert f"{outside} is no project: there is no params.yaml in it. Go to" in message
        assert "--model FILE (anywhere)" in message
        assert "MLflow" not in message


@pytest.mark.parametrize("params", ["others", "none"])
def test_what_classes_are_called_stands_in_the_model_whatever_the_parameters_say(
    project: Path, by_brightness: Path, params: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project if params == "others" else project / "pictures")
    white = project / "pictures/white.jpg"
    assert predict(white, "--model", by_brightness).stdout.split()[-2] == "day"


def test_a_model_that_does_not_name_its_classes_is_refused(
    project: Path, by_brightness: Path
) -> None:
    nameless = project / "nameless.keras"
    load_whole_model(by_brightness).save(nameless)
    message = str(predict("pictures", "--model", nameless).exception)
    assert message.startswith(f"{nameless} does not tell what its classes are called")
    assert "`dvc repro`" in message
    model = load_whole_model(by_brightness)
    save_model(model, nameless, Description("m", ("one", "two", "three"), 20, "rescale"))
    assert "names 3 classes" in str(predict("pictures", "--model", nameless).exception)


def test_of_many_kinds_of_pictures_and_classes_the_likeliest_is_told(
    project: Path, by_colour: Path
) -> None:
    """Formats that phones, scanners and the web write, and names that folders can have."""
    Path("colours").mkdir()
    red, green = (Image.new("RGB", (40, 30), colour) for colour in ((255, 0, 0), (0, 255, 0)))
    for name in ("1.webp", "2.avif", "3.tif", "4.JFIF"):
        red.save(f"colours/{name}", "JPEG" if "JFIF" in name else None)
    green.save("colours/5.gif")
    Image.new("CMYK", (40, 30), (255, 255, 0, 0)).save("colours/6.jpg")
    Image.new("L", (40, 30), 90).save("colours/7.jpg")
    result = predict("colours", "--json", "--model", by_colour)
    assert result.exit_code == 0, result.exception
    told = json.loads(result.stdout)["pictures"]
    odd, green_name, blue = "Löwe & <b>$r$</b>", "grün, 50 %", "blue"
    # Of equally likely classes the first is told.
    assert [each["class"] for each in told] == [odd] * 4 + [green_name, blue, odd]
    assert told[0]["probabilities"] == pytest.approx(
        {odd: 0.9867, green_name: 0.00665, blue: 0.00665}, abs=2e-3
    )
    assert [*told[0]["probabilities"]] == [odd, green_name, blue]
    assert told[6]["probability"] == pytest.approx(1 / 3, abs=1e-6)
    assert odd in predict("colours/1.webp", "--model", by_colour).stdout


def test_of_more_than_twenty_classes_the_five_likeliest_are_listed(
    project: Path, tmp_path: Path
) -> None:
    names = tuple(f"class {number}" for number in range(30))
    model = write_model(tmp_path / "many.keras", names, np.zeros((3, 30)), np.arange(30) % 10)
    (told,) = json.loads(predict("pictures/black.jpg", "--json", "--model", model).stdout)[
        "pictures"
    ]
    assert [*told["probabilities"]] == [f"class {number}" for number in (9, 19, 29, 8, 18)]
    assert told["class"] == "class 9"


def test_without_a_champion_it_says_what_to_do_and_makes_no_store(project: Path) -> None:
    result = predict("pictures")
    assert isinstance(result.exception, PipelineError)
    assert "`dvc repro`" in str(result.exception)
    assert "--model FILE" in str(result.exception)
    assert sorted(path.name for path in project.iterdir()) == ["params.yaml", "pictures"]


def test_two_models_are_one_too_many(project: Path, by_brightness: Path) -> None:
    result = predict("pictures", "--model", by_brightness, "--method", "fine_tuning")
    assert result.exit_code == 2
    assert "give one of them" in result.stderr


@pytest.fixture(scope="module")
def convnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained convnet of the project."""
    keras.utils.set_random_seed(0)
    path = tmp_path_factory.mktemp("model") / "small_convnet.keras"
    model = whole_model("small_convnet", build_small_convnet(64, 3, dropout=0.0))
    save_model(model, path, Description("small_convnet", ("cat", "dog", "owl"), 64, "rescale"))
    return path


def test_a_heatmap_lies_over_its_picture_and_is_named_in_the_json(
    project: Path, convnet: Path
) -> None:
    spot = Image.new("RGB", (60, 60))
    spot.paste((255, 255, 255), (40, 40, 50, 50))
    spot.save(project / "spot.png")
    result = predict("spot.png", "--json", "--heatmap", "out", "--model", convnet)
    (told,) = json.loads(result.stdout)["pictures"]
    assert told["heatmap"] == "out/spot.png.jpg"
    first = (project / told["heatmap"]).read_bytes()
    seen = np.asarray(Image.open(project / told["heatmap"])).astype(int)
    assert seen.shape == (450, 450, 3)
    assert np.ptp(seen, axis=2).max() > 50  # the picture is grey, the heat is not

    predict("spot.png", "--json", "--heatmap", "out", "--model", convnet)
    assert (project / told["heatmap"]).read_bytes() == first


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_who_stops_it_finds_whole_heatmaps_alone(
    project: Path, convnet: Path, number: int, code: int
) -> None:
    for copy in range(2000):
        (project / f"pictures/{copy}.jpg").hardlink_to(project / "pictures/black.jpg")
    arguments = ["pictures", "--batch", "2", "--heatmap", "out", "--model", str(convnet)]
    process = subprocess.Popen(
        [sys.executable, "-m", "dogs_vs_cats", "predict", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not Path("out").exists() and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(number)
    output, errors = process.communicate()
    assert (process.returncode, output) == (code, "")
    assert "Traceback" not in errors
    heatmaps = [*Path("out").iterdir()]
    assert len(heatmaps) < 2000
    for heatmap in heatmaps:
        Image.open(heatmap).load()
        assert not heatmap.name.startswith(".")


def test_a_model_that_no_heatmap_can_look_into_is_a_users_mistake(
    project: Path, by_brightness: Path
) -> None:
    result = predict("pictures", "--heatmap", "out", "--model", by_brightness)
    assert isinstance(result.exception, PipelineError)
    assert "none of this project's five methods" in str(result.exception)
