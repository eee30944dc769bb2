"""The model card of each method: YAML head and numbers are those of the evaluation."""

from pathlib import Path

import pytest
from report_inputs import CLASSES, write_project

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.yaml_text import load_yaml
from dogs_vs_cats.reporting.card import model_card
from dogs_vs_cats.reporting.results import Results, read_results


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Results:
    project = write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return read_results(project.layout)


@pytest.mark.parametrize("method", METHODS)
def test_its_head_is_what_the_hub_reads(results: Results, method: Method) -> None:
    card = model_card(results, method, CLASSES)
    assert card.startswith("---\n")
    head = load_yaml(card.split("---\n")[1])
    assert head["library_name"] == "keras"
    assert head["pipeline_tag"] == "image-classification"
    (result,) = head["model-index"][0]["results"]
    metrics = {metric["type"]: metric["value"] for metric in result["metrics"]}
    scores = results.evaluation[method]
    assert metrics["accuracy"] == pytest.approx(scores["accuracy"], abs=1e-4)
    assert metrics["roc_auc"] == pytest.approx(scores["roc_auc"], abs=1e-4)


def test_it_tells_data_numbers_limits_and_how_to_verify(results: Results) -> None:
    card = model_card(results, "fine_tuning", CLASSES)
    scores = results.evaluation["fine_tuning"]
    assert f"| accuracy | {scores['accuracy']:.1%} ({scores['accuracy_low']:.1%} to" in card
    assert results.source["sha256"] in card
    assert results.reproduction.lock_digest in card
    for part in ("## Data", "## How good it is", "By class: ", "## Use and limits", "verify"):
        assert part in card
    assert "VGG16" in card
    assert "VGG16" not in model_card(results, "small_convnet", CLASSES)


def test_its_tags_are_names_of_classes_and_the_method_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classes = tuple(f"class {number}" for number in range(40))
    project = write_project(tmp_path, classes)
    monkeypatch.chdir(tmp_path)
    card = model_card(read_results(project.layout), "fine_tuning", classes)
    *named, method = load_yaml(card.split("---\n")[1])["tags"]
    assert set(named) < set(classes)
    assert method == "fine_tuning"


def test_it_tells_what_deciding_does(results: Results) -> None:
    decision = results.evaluation["frozen_base"]["decision"]
    card = model_card(results, "frozen_base", CLASSES)
    assert "temperature 1.50" in card
    assert "off by 0.011 instead of 0.050" in card
    assert "answers 80.0% (79.0% to 81.0%) of the test pictures" in card
    decision["costs"] = {"dog": {"cat": 5.0}}
    assert "(dog taken for cat 5)" in model_card(results, "frozen_base", CLASSES)
    decision["test"]["answered"] = {"coverage": 0.0}
    assert "it never names a class" in model_card(results, "frozen_base", CLASSES)
