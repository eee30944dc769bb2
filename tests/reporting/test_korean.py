"""``report.language: ko``: the whole page is Korean, whatever the results say."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.text import Text
from report_inputs import Project, write_project

from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.data.reading.classes import read_classes
from dogs_vs_cats.language.catalogue import use
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.reporting.report import write_report
from dogs_vs_cats.reporting.results import read_results
from dogs_vs_cats.visualization.charts.accuracy import accuracy
from dogs_vs_cats.visualization.charts.bases import bases, learning_curve
from dogs_vs_cats.visualization.charts.cost import cost
from dogs_vs_cats.visualization.charts.differences import significance
from dogs_vs_cats.visualization.charts.robustness import robustness, robustness_table, typicality
from dogs_vs_cats.visualization.charts.training import training_curves
from dogs_vs_cats.visualization.drawing import Drawing

REPORTS = Path(__file__).parents[2] / "reports"
"""The committed results."""
NAMES = (
    "고양이",
    "개",
    "토끼",
    "코끼리",
    "올빼미",
    "돼지",
    "여우",
    "곰",
    "소",
    "말",
    "양",
    "닭",
    "쥐",
)
ALIKE = {
    *("AUC", "Brier", "CPU", "DVC", "ECE", "GiB", "Git", "Grad-CAM", "ID", "KiB", "MB", "ROC"),
    *("SHA", "dvc", "lock", "nat", "p", "params.yaml", "split.by", "group", "features", "views"),
    *("expected", "calibration", "error", "linear", "probe", "backbone.name"),
    *(word for backbone in BACKBONES.values() for word in re.findall("[A-Za-z-]+", backbone.title)),
}
"""Words in Latin letters that Korean text keeps: names, units, and terms beside their own."""
OF_DATA = {
    *("Abacus", "Drawn", "It", "MIT", "by", "cores", "damaged", "drawn.zip", "dvc.lock", "float"),
    *("project", "rises", "sample", "this"),
}
"""What the fixture's data and figures say of themselves, in their own words."""


class Seen(HTMLParser):
    """The texts that a reader sees or hears, without code, file names and the figures' own."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._passed: list[str] = []
        self.language: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "html":
            self.language = found.get("lang")
        passed = tag in ("style", "script", "code", "pre", "figure") or found.get("class") == "file"
        if passed or (self._passed and tag == self._passed[0]):
            self._passed.append(tag)
        if not self._passed:
            self.texts += filter(None, (found.get("aria-label"), found.get("alt")))

    def handle_endtag(self, tag: str) -> None:
        if self._passed and tag == self._passed[-1]:
            self._passed.pop()

    def handle_data(self, data: str) -> None:
        if not self._passed:
            self.texts.append(data)


def latin(text: str, known: set[str]) -> set[str]:
    """Words in Latin letters that are none of those known."""
    words = re.findall(r"[A-Za-z][A-Za-z._-]*[A-Za-z]|[A-Za-z]", text)
    return set(words) - known


@pytest.mark.parametrize("classes", [2, 5, 13])
def test_the_page_is_wholly_korean(classes: int, tmp_path: Path) -> None:
    project = write_project(tmp_path, NAMES[:classes])
    project.write_seeds(3)
    with use("ko"):
        write_report(read_results(project.layout), NAMES[:classes], project.reports)
    seen = Seen((project.reports / "index.html").read_text(encoding="utf-8"))
    assert seen.language == "ko"
    # What the machine is called, and files, stand in cells of their own.
    texts = [text for text in seen.texts if not re.search(r"\.jpg|TensorFlow|Example of", text)]
    strange = {text: found for text in texts if (found := latin(text, ALIKE | OF_DATA))}
    assert strange == {}


def test_the_comparison_is_korean_and_the_cards_are_english(project: Project) -> None:
    classes = read_classes(project.layout.classes)
    with use("ko"):
        write_report(read_results(project.layout), classes, project.reports)
    comparison = (project.reports / "comparison.md").read_text(encoding="utf-8")
    assert comparison.startswith("# 다섯 가지 방법 비교: cat 또는 dog")
    card = (project.reports / "cards" / "fine_tuning.md").read_text(encoding="utf-8")
    assert not re.search("[가-힣]", card)


def test_the_english_page_has_no_korean(project: Project) -> None:
    classes = read_classes(project.layout.classes)
    write_report(read_results(project.layout), classes, project.reports)
    page = (project.reports / "index.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in page
    assert not re.search("[가-힣]", page)


def committed_charts() -> Iterator[Drawing]:
    def table(name: str) -> pd.DataFrame:
        return pd.read_csv(REPORTS / f"{name}.csv")

    evaluation = json.loads((REPORTS / "evaluation.json").read_text(encoding="utf-8"))
    reached = {
        method: json.loads((REPORTS / f"training/{method}.json").read_text(encoding="utf-8"))
        for method in METHODS
    }
    yield accuracy(evaluation, ("cat", "dog"))
    yield significance(table("significance"))
    yield training_curves(
        {method: table(f"history/{method}") for method in METHODS}, reached, ("cat", "dog")
    )
    yield robustness(table("robustness"), 2)
    yield robustness_table(table("robustness"))
    yield typicality(table("typicality"))
    yield cost(json.loads((REPORTS / "cost.json").read_text(encoding="utf-8")))
    yield bases(table("backbones"))
    yield learning_curve(table("learning_curve"), table("backbones"))


def test_charts_are_wholly_korean() -> None:
    strange = {}
    with use("ko"):
        for drawing in committed_charts():
            inside = [text.get_text() for text in drawing.figure.findobj(Text)]
            for text in (drawing.title, drawing.alt, drawing.caption, *inside):
                if found := latin(text, ALIKE):
                    strange[text] = found
    assert strange == {}
