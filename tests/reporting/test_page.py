import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from report_inputs import CLASSES, HOSTILE, Project, write_project

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.words import (
    counted,
    p_value,
    percent,
    points,
    seconds,
    signed_points,
    unbroken,
)
from dogs_vs_cats.reporting.classes import Balance
from dogs_vs_cats.reporting.page import index_page
from dogs_vs_cats.reporting.results import read_results


def draw(project: Project, classes: Classes = CLASSES) -> str:
    results = read_results(project.layout)
    counts = results.validation["counts"]
    return index_page(
        results,
        classes,
        Balance(counts["train"], counts["test"]),
        findings=["1 of 2 differences is supported.", "Fine tuning beats <b>all</b>."],
        weaknesses=["Occlusion breaks the small convnet first."],
        pareto=None,
    )


class _Text(HTMLParser):
    """What a reader sees, and the elements there are."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._parts: list[str] = []
        self._unseen = 0
        self.feed(page)
        self.text = re.sub(r"\s+", " ", "".join(self._parts))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._unseen += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._parts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_verdict_comes_first(project: Project) -> None:
    page = draw(project)
    anchors = re.findall(r'<section id="([a-z]+)"', page)
    assert anchors[:3] == ["verdict", "comparison", "differences"]
    assert re.findall(r'<li><a href="#([a-z]+)"', page) == anchors
    assert "do not tell which of the three is best" in _Text(page).text


def test_hostile_names_and_words_are_text(project: Project) -> None:
    page = _Text(draw(project))
    assert HOSTILE in page.text
    assert "<b>all</b>" in page.text
    assert "<MIT>" in page.text
    assert len(page.all("script")) == 1
    assert all("onerror" not in attributes for _, attributes in page.tags)


def test_a_name_cannot_lead_to_a_file_elsewhere(project: Project) -> None:
    secret = project.root / "secret.jpg"
    secret.write_bytes(b"secret")
    item = {"file": "../../../secret.jpg", "actual": "cat", "answers": {}, "wrong": []}
    errors = {"most_wrong": [item], "near_duplicate_cosine": 0.92}
    project.write_json("reports/errors.json", errors)
    assert "No thumbnail" in _Text(draw(project)).text


def test_nothing_is_loaded_from_elsewhere_and_the_policy_says_so(project: Project) -> None:
    page = _Text(draw(project))
    (policy,) = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    assert all((image["src"] or "").startswith("data:image/") for image in page.all("img"))
    assert [link["href"] for link in page.all("link")] == ["data:,"]
    assert all("src" not in script for script in page.all("script"))


def test_every_picture_has_words_and_a_size(project: Project) -> None:
    images = _Text(draw(project)).all("img")
    assert len(images) >= 20
    for image in images:
        assert image["alt"]
        assert int(image["width"] or 0) > 0
        assert int(image["height"] or 0) > 0


def test_unknown_times_are_said_in_words(project: Project) -> None:
    for timings in (project.reports / "timings").iterdir():
        timings.unlink()
    text = _Text(draw(project)).text
    assert "Training times are not known here" in text
    assert "the models were not trained here" in text


def test_the_shared_part_of_a_time_is_told_apart_or_told_as_missing(project: Project) -> None:
    text = _Text(draw(project)).text
    assert re.search(r"feature extraction 96\.8.* 22020 \+ 200 198 frozen base", text)
    assert "fine tuning from views and frozen base." in text
    assert "is not known" not in text
    (project.reports / "timings" / "views.json").unlink()
    text = _Text(draw(project)).text
    assert re.search(r"frozen base 96\.7.* \u2013\u2013 \+ 250 197 fine tuning", text)
    assert "The whole time of frozen base and fine tuning is not known" in text


def test_each_method_has_a_confusion_matrix_with_the_accuracy_of_each_class(
    project: Project,
) -> None:
    text = _Text(draw(project)).text
    assert (
        "Small convnet Labelled named catpictures named dogpictures Right%, 95 % interval"
        " cat 370 130 74.070.0 to 77.7 dog 130 370 74.070.0 to 77.7"
    ) in text
    assert draw(project).count("Labelled</span>") == 5


def test_the_difficulties_are_counted(project: Project) -> None:
    assert "made harder in six ways at" in draw(project)
    table = pd.read_csv(project.reports / "robustness.csv")
    table[table["difficulty"] != "scale"].to_csv(project.reports / "robustness.csv", index=False)
    assert "made harder in five ways" in draw(project)
    plain_and_scale = table[table["difficulty"].isin(["none", "scale"])]
    plain_and_scale.to_csv(project.reports / "robustness.csv", index=False)
    assert "made harder in one way at" in draw(project)


def test_seeds_have_a_section_only_where_there_are_several(project: Project) -> None:
    assert 'id="seeds"' not in draw(project)
    project.write_seeds(3)
    text = _Text(draw(project)).text
    assert "Test accuracy over repeated trainings" in text
    assert "feature extraction 3 96.1 0.10 96.0 96.2" in text


def test_the_cards_state_data_and_revision(project: Project) -> None:
    text = _Text(draw(project)).text
    assert "sample: drawn.zip, 123,456 bytes" in text
    assert "2: 2 damaged" in text
    assert "all 2 expectations hold on 4,000 pictures" in text
    assert "dvc repro" in text


def test_equal_inputs_are_equal_pages(project: Project) -> None:
    assert draw(project) == draw(project)


def test_drawing_the_report_needs_no_tensorflow() -> None:
    code = "import sys, dogs_vs_cats.reporting.report; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 s"), (119.4, "119 s"), (120, "2 min"), (1377.6, "22 min 58 s"), (5400, "1 h 30 min")],
)
def test_durations_have_the_unit_that_fits(value: float, text: str) -> None:
    assert seconds(value).replace("\u00a0", " ") == text


def test_numbers_carry_their_sign_and_unit() -> None:
    assert percent(0.9684) == "96.8\u00a0%"
    assert (points(-0.009), points(-1e-9), points(0.011)) == ("\u22120.9", "0.0", "1.1")
    assert points(-0.0001) == "\u22120.01"  # not 0.0: it is not nothing
    assert [signed_points(x) for x in (0.011, 0.0, 1e-9, -0.011)] == [
        "+1.1",
        "0.0",
        "0.0",
        "\u22121.1",
    ]
    assert [counted(n, "picture") for n in (0, 1, 1000)] == [
        "0 pictures",
        "1 picture",
        "1,000 pictures",
    ]
    assert (p_value(1e-9), p_value(0.0421), p_value(1)) == (
        "<\u00a00.001",
        "=\u00a00.042",
        "=\u00a01.00",
    )
    assert unbroken("95 % of p < 0.001 in 5 rows") == "95\u00a0% of p\u00a0<\u00a00.001 in 5 rows"


def page_of(folder: Path, classes: Classes) -> tuple[str, str]:
    """The page of a project of such classes, and what a reader sees of it."""
    page = draw(write_project(folder, classes), classes)
    return page, _Text(page).text


def test_two_equal_classes_are_named_and_compared_with_no_baseline(project: Project) -> None:
    text = _Text(draw(project)).text
    assert "Five methods compared: cat or dog" in text
    assert "calls dog with a probability of 80 %, 80 % are labelled dog." in text
    for words in ("largest class", "unequal", "Mean over classes", "against all others"):
        assert words not in text


def test_unequal_classes_have_their_baseline_beside_the_methods(tmp_path: Path) -> None:
    _, text = page_of(tmp_path, ("daisy", "rose", "tulip"))
    assert "Five methods compared: daisy, rose or tulip" in text
    assert re.search(r"always the largest class ?tulip ?42\.0 ?31\.8 to 52\.8 ?33\.3 \u2013", text)
    assert "ROC AUC is each class's against all others, averaged" in text
    assert "whose class a calibrated model names with a probability of 80" in text
    assert re.search(r"small convnet 73\.9 ?71\.9 to 75\.4 ?\d\d\.\d 90\.0", text)
    assert "In the archive408 pictures of 3 classes" in text
    assert "daisy 101 60 20 20 rose 136 81 27 27 tulip 171 102 34 34" in text


ODD = ("<b>R&D $5<b>", "Größe 2", "a|b", "x" * 250)


def test_any_class_name_is_shown_as_it_is(tmp_path: Path) -> None:
    page, text = page_of(tmp_path, ODD)
    parsed = _Text(page)
    assert not parsed.all("b")
    assert "Five methods compared: 4 classes" in text  # their names would fill lines
    for name in ODD:
        assert text.count(name) >= 5
    assert "labelled <b>R&D $5<b>" in text


@pytest.mark.parametrize("number", [13, 1000])
def test_the_page_of_many_classes_is_bounded(tmp_path: Path, number: int) -> None:
    classes = tuple(f"class {place}" for place in range(number))
    page, text = page_of(tmp_path, classes)
    assert f"Five methods compared: {number:,} classes" in text
    assert len(page) < 1_000_000
    assert len(_Text(page).all("tr")) < 130
    assert "Labelled \u2193" not in text
    assert "Feature extraction: the weakest classes" in text
    assert "The smallest classes" in text


def test_up_to_twelve_classes_have_matrices(tmp_path: Path) -> None:
    classes = tuple(f"class {place}" for place in range(12))
    page, _ = page_of(tmp_path, classes)
    assert page.count("Labelled \u2193 named \u2192") == 5


def test_figures_of_the_classes_stand_with_their_numbers(project: Project) -> None:
    text = _Text(draw(project)).text
    assert re.search("Class by class Accuracy of each class.*Example of classes.*Calibration", text)


def test_near_duplicates_are_named_with_advice_or_not_at_all(project: Project) -> None:
    text = _Text(draw(project)).text
    assert "1 by perceptual hash and 2 by VGG16's features (cosine of 0.92 or more)" in text
    assert "split.by: group in params.yaml" in text
    assert "test/cat/0.jpg train/cat/1.jpg 0.999" in text
    path = project.reports / "near_duplicates.csv"
    pd.read_csv(path).head(0).to_csv(path, index=False)
    text = _Text(draw(project)).text
    assert "1 by perceptual hash and 0 by VGG16's features" in text
    assert "split.by" not in text


def test_near_duplicates_that_were_not_searched_are_told(project: Project) -> None:
    path = project.reports / "errors.json"
    path.write_text(path.read_text().replace("0.92", "null"))
    text = _Text(draw(project)).text
    assert "1 by perceptual hash, in validation or test of a picture in an earlier split" in text
    assert "not known for VGG16 (evaluate.near_duplicate_cosine)" in text


def test_the_report_says_which_base_to_choose_and_what_from_few_pictures(project: Project) -> None:
    text = _Text(draw(project)).text
    assert re.search(
        "Which base\\? By validation, choose EfficientNet-Lite0 at.224: a linear", text
    )
    assert "dvc exp run -S backbone.name=efficientnet_lite0 -S backbone.image_size=224" in text
    assert re.search("VGG16chosen: backbone.name", text)
    assert re.search("How many pictures\\?.*VGG16 at.150: 85.0.% from 2, 92.3.% from 10", text)
    assert text.index("Example of bases") < text.index("How many pictures? The same")
    assert text.index("Example of learning_curve") > text.index("How many pictures? The same")


def test_another_base_is_named_wherever_its_features_serve(project: Project) -> None:
    path = project.reports / "backbones.csv"
    table = pd.read_csv(path)
    table.assign(chosen=[False, True]).to_csv(path, index=False)
    text = _Text(draw(project)).text
    assert "2 by EfficientNet-Lite0's features" in text
    assert "measured in the features of EfficientNet-Lite0" in text
    assert "the pass of EfficientNet-Lite0's frozen part" in text
    assert "It is the base of the methods here." in text
    assert "dvc exp run" not in text


def test_reasons_for_leaving_out_are_bounded(project: Project) -> None:
    rows = [{"file": "a.jpg", "class": "cat", "reason": f"reason {c}"} for c in "abcdefghijklm"]
    project.write_csv("data/excluded.csv", ("file", "class", "reason"), rows)
    text = _Text(draw(project)).text
    assert "1 reason j, 3 for other reasons; data/excluded.csv names each" in text
    assert "reason k" not in text


def test_pictures_of_a_folder_are_in_no_archive(project: Project) -> None:
    source = json.loads(project.layout.source.read_text(encoding="utf-8"))
    project.write_json("data/raw/source.json", source | {"source": "folder"})
    text = _Text(draw(project)).text
    assert "In the folder4,002 pictures of 2 classes" in text
    assert "In the archive" not in text
