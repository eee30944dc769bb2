"""What ``import dogs_vs_cats`` offers."""

import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from colour_models import write_model
from PIL import Image

import dogs_vs_cats
from dogs_vs_cats.cli.predict import command
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.champion import Champion

ROOT = Path(__file__).parents[2]
FUNCTIONS = ("load_model", "manifest", "predict", "results")


@pytest.fixture
def project(
    tmp_path: Path,
    by_brightness: Path,
    write_params: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A project with one trained method, and elsewhere three pictures and a file that is none,
    which is the working directory."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    root = tmp_path / "project"
    (root / "data/models").mkdir(parents=True)
    (root / "data/models/fine_tuning.keras").write_bytes(by_brightness.read_bytes())
    monkeypatch.chdir(root)
    write_params("cat", "dog")  # which are not what the model's classes are called
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name, grey in {"black.jpg": 0, "grey.png": 100, "white.jpg": 255}.items():
        Image.new("RGB", (40, 30), (grey, grey, grey)).save(pictures / name)
    (pictures / "broken.jpg").write_bytes(b"no picture")
    monkeypatch.chdir(pictures)
    return root


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_importing_the_project_imports_nothing_heavy() -> None:
    heavy = run(
        "import sys, dogs_vs_cats; dogs_vs_cats.__version__; dir(dogs_vs_cats)\n"
        "print({'tensorflow', 'keras', 'pandas', 'numpy', 'pydantic', 'click'} & {*sys.modules})"
    )
    assert heavy == "set()\n"


def test_tables_of_what_is_there_need_no_tensorflow() -> None:
    assert "False" in run(
        f"import sys, dogs_vs_cats; dogs_vs_cats.results({str(ROOT)!r})\n"
        "print('tensorflow' in sys.modules)"
    )


def test_what_is_offered_is_listed_and_explained_with_an_example() -> None:
    assert {*dogs_vs_cats.__all__} == {*FUNCTIONS, "__version__"}
    assert {*dogs_vs_cats.__all__} <= {*dir(dogs_vs_cats)}
    for name in FUNCTIONS:
        assert "Example::" in (inspect.getdoc(getattr(dogs_vs_cats, name)) or "")
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        getattr(dogs_vs_cats, "no_such_name")  # noqa: B009 (a type checker would complain)


def test_a_version_is_told_also_where_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert dogs_vs_cats.__version__ == version("dogs-vs-cats")

    def not_installed(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", not_installed)
    monkeypatch.delitem(vars(dogs_vs_cats), "__version__")
    assert dogs_vs_cats.__version__ == "unknown"


def test_every_file_gets_a_row_whatever_it_is(project: Path) -> None:
    model = dogs_vs_cats.load_model("fine_tuning", project)
    assert model.classes == ("night", "day")
    table = dogs_vs_cats.predict(model, [Path("white.jpg"), ".", "gone.jpg"])
    probabilities = ["probability_night", "probability_day"]
    assert [*table.columns] == ["file", "class", "probability", *probabilities, "error"]
    assert [*zip(table["file"], table["class"].fillna("?"), strict=True)] == [
        ("white.jpg", "day"),
        ("black.jpg", "night"),
        ("broken.jpg", "?"),
        ("grey.png", "night"),
        ("gone.jpg", "?"),
    ]
    read = table[table["error"].isna()]
    assert [*read["file"]] == ["white.jpg", "black.jpg", "grey.png"]
    np.testing.assert_allclose(read["probability_day"], [0.982, 0.018, 0.297], atol=1e-3)
    np.testing.assert_allclose(read["probability_night"] + read["probability_day"], 1)
    np.testing.assert_array_equal(read["probability"], read[probabilities].max(axis=1))
    missing = table.loc[table["error"].notna(), ["probability", *probabilities]]
    assert missing.isna().all(axis=None)
    assert [*table["error"].dropna()] == [
        "not a picture in a format that is read",
        "no such file",
    ]


def test_the_function_says_what_the_command_says(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dogs_vs_cats.compute.device.set_up", lambda *_, **__: None)
    table = dogs_vs_cats.predict("fine_tuning", "*.*", project)
    monkeypatch.chdir(project)
    asked = ["../pictures/", "--method", "fine_tuning", "--json"]
    told = pd.DataFrame(json.loads(CliRunner().invoke(command, asked).stdout)["pictures"])
    for column in ("class", "error"):
        assert [*told[column].fillna("?")] == [*table[column].fillna("?")]
    np.testing.assert_allclose(told["probability"], table["probability"], atol=1e-6)


def test_of_more_than_twenty_classes_there_is_no_column_each(project: Path) -> None:
    names = tuple(f"class {number}" for number in range(21))
    write_model(project / "many.keras", names, np.zeros((3, 21)), np.arange(21))
    table = dogs_vs_cats.predict(project / "many.keras", ["white.jpg", "broken.jpg"])
    assert [*table.columns] == ["file", "class", "probability", "error"]
    assert table["class"][0] == "class 20"
    assert table["probability"][0] == pytest.approx(1 - np.exp(-1), abs=1e-3)


def test_what_is_left_out_of_a_folder_is_warned_of(project: Path) -> None:
    Path("1.svg").touch()
    with pytest.warns(UserWarning, match=r"^1 left out in folders: 1 × \.svg \([a-z ]+\)\.$"):
        dogs_vs_cats.predict("fine_tuning", ".", project)


def test_messages_speak_of_arguments_and_not_of_options(
    project: Path, by_brightness: Path, tmp_path: Path
) -> None:
    for name, root, advice in (
        (None, project, "Or name a method or a model file."),
        ("frozen_base", project, "or name a method or a model file."),
        ("gone.keras", project, "or name a method or a model file."),
        (None, tmp_path, f'{tmp_path} is no project: .* root="path/to/project"'),
        ("frozen_base", tmp_path, f'{tmp_path} is no project: .* root="path/to/project"'),
    ):
        with pytest.raises(PipelineError, match=advice) as caught:
            dogs_vs_cats.load_model(name, root)
        assert "--" not in str(caught.value)
    assert dogs_vs_cats.load_model(by_brightness, tmp_path).classes == ("night", "day")


def test_a_model_is_a_method_or_a_file(project: Path, by_brightness: Path) -> None:
    [of_method] = dogs_vs_cats.predict("fine_tuning", "white.jpg", project)["probability_day"]
    [of_file] = dogs_vs_cats.predict(by_brightness, "white.jpg", project)["probability_day"]
    assert of_method == of_file
    for name in ("frozen_base", "gone.keras"):
        with pytest.raises(PipelineError, match=f"{name}.* not found"):
            dogs_vs_cats.load_model(name, project)
    with pytest.raises(PipelineError, match="no model dogs-vs-cats@champion"):
        dogs_vs_cats.load_model(root=project)


def test_without_a_name_the_champion_is_asked(
    project: Path, by_brightness: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch_champion(root: Path, folder: Path) -> Champion:
        assert root == project
        return Champion("frozen_base", "4", by_brightness)

    monkeypatch.setattr("dogs_vs_cats.tracking.champion.fetch_champion", fetch_champion)
    model = dogs_vs_cats.load_model(root=project)
    assert model.name == "dogs-vs-cats@champion, version 4 (frozen_base)"
    assert model.classes == ("night", "day")
    assert model.network.predict(np.zeros((1, 20, 20, 3), np.uint8), verbose=0)[0, 0] > 0.5


def test_no_pictures_are_an_empty_table(project: Path) -> None:
    table = dogs_vs_cats.predict("fine_tuning", [], project)
    assert len(table) == 0
    assert table["probability_day"].dtype == float


def test_results_are_those_of_the_reports() -> None:
    table = dogs_vs_cats.results(ROOT)
    assert [*table.index] == [*METHODS]
    assert table.index.name == "method"
    evaluation = pd.read_json(ROOT / "reports/evaluation.json", orient="index")
    cost = pd.read_json(ROOT / "reports/cost.json", orient="index")
    pd.testing.assert_series_equal(table["accuracy"], evaluation["accuracy"], check_names=False)
    pd.testing.assert_series_equal(table["model_bytes"], cost["model_bytes"], check_names=False)
    assert {"roc_auc", "multiply_adds", "training_seconds"} <= {*table.columns}
    assert all(pd.api.types.is_numeric_dtype(table[column]) for column in table.columns)


def test_results_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"evaluation\.json is missing. `dvc repro evaluate`"):
        dogs_vs_cats.results(tmp_path)


def test_the_manifest_has_numbers_where_numbers_are_meant(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/manifest.csv").write_text(
        "split,class,file,sha256,width,height,bytes,phash\n"
        f"train,null,train/null/1.jpg,{'1' * 64},500,375,12414,0000000000000123\n"
        f"test,0,test/0/2.jpg,{'2' * 64},499,320,9000,00000000000000e1\n"
    )
    table = dogs_vs_cats.manifest(tmp_path)
    assert [*table["class"]] == ["null", "0"]
    assert [*table["phash"]] == ["0000000000000123", "00000000000000e1"]
    assert table["width"].sum() == 999
    with pytest.raises(PipelineError, match="dvc repro split"):
        dogs_vs_cats.manifest(tmp_path / "data")
