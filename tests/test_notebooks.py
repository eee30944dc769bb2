"""The notebooks are their scripts in each language, with the same code, and run."""

import importlib.util
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from dogs_vs_cats.language.catalogue import LANGUAGES

ROOT = Path(__file__).parents[1]
SCRIPTS = ("explore", "lecture")

spec = importlib.util.spec_from_file_location("make", ROOT / "notebooks/make.py")
assert spec
assert spec.loader
make = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make)


def run(name: str) -> list[str]:
    """Run a committed notebook and give what its code cells printed and showed, in text."""
    found = nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4)
    place = {"metadata": {"path": ROOT / "notebooks"}}
    ran: Any = NotebookClient(found, timeout=600, resources=place).execute()
    return ["".join(map(_text, cell.outputs)) for cell in ran.cells if cell.cell_type == "code"]


def _text(output: Any) -> str:
    shown: str = output.get("text", "") + output.get("data", {}).get("text/plain", "")
    return shown


def code_of(text: str) -> list[str]:
    """The code cells of a notebook."""
    cells = nbformat.reads(text, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_notebook_is_what_make_makes_of_its_script(name: str, language: str) -> None:
    committed = make.path_of(name, language).read_text()
    assert committed == make.notebook(name, language=language)
    assert all(not cell.get("outputs") for cell in nbformat.reads(committed, as_version=4).cells)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_korean_notebook_has_other_prose_and_the_code_that_is_run_in_english(name: str) -> None:
    english, korean = (make.notebook(name, language=language) for language in ("en", "ko"))
    assert code_of(korean) == code_of(english)
    assert len(code_of(english)) > 5
    assert "강아지" in korean or "방법" in korean


def test_with_the_address_of_a_clone_it_opens_on_colab_and_clones_that() -> None:
    text = make.notebook("lecture", "https://github.com/someone/their-cats")
    cells = nbformat.reads(text, as_version=4).cells
    place = "colab.research.google.com/github/someone/their-cats/blob/main/notebooks/lecture.ipynb"
    assert place in cells[0].source
    assert any('REPOSITORY = "https://github.com/someone/their-cats"' in c.source for c in cells)
    korean = make.notebook("lecture", "https://github.com/someone/their-cats", "ko")
    assert place.replace("lecture.ipynb", "lecture.ko.ipynb") in korean


def test_the_lecture_runs_from_the_hardware_to_fine_tuning_and_its_run_can_be_explored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICTURES_PER_CLASS", "20")
    monkeypatch.setenv("NOTEBOOK_FOLDER", str(tmp_path / "work"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src")]))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shown = run("lecture")
    assert any("precision" in text for text in shown)
    methods = ("small_convnet", "augmented_convnet", "feature_extraction", "fine_tuning")
    assert any(all(method in text for method in methods) for text in shown)
    models = {path.stem for path in (tmp_path / "work/data/models").glob("*.keras")}
    assert models >= {*methods, "frozen_base"}

    monkeypatch.setenv("DOGS_VS_CATS_PROJECT", str(tmp_path / "work"))
    shown = run("explore")
    assert any("accuracy_low" in text and "fine_tuning" in text for text in shown)
    assert any("p_value" in text for text in shown)
