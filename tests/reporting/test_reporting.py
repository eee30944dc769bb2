from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting.comparison import comparison_page, comparison_table
from dogs_vs_cats.reporting.figures import accuracy_figure, curves_figure, save_figure


@pytest.fixture
def evaluation() -> dict[Method, Any]:
    return {
        method: {
            "accuracy": 0.7 + 0.05 * place,
            "accuracy_low": 0.68 + 0.05 * place,
            "accuracy_high": 0.72 + 0.05 * place,
            "roc_auc": 0.8,
            "log_loss": 0.5,
            "pictures": 1000,
        }
        for place, method in enumerate(METHODS)
    }


@pytest.fixture
def training() -> dict[Method, Any]:
    return {
        method: {
            "best_epoch": 3,
            "train_accuracy": 0.99,
            "validation_accuracy": 0.71,
            "parameters": 3_453_121,
            "trainable_parameters": 3_453_121,
        }
        for method in METHODS
    }


@pytest.fixture
def histories() -> dict[Method, pd.DataFrame]:
    columns = ("loss", "accuracy", "val_loss", "val_accuracy")
    return {
        method: pd.DataFrame({"epoch": [1, 2], **{name: [0.5, 0.6] for name in columns}})
        for method in METHODS
    }


def test_the_table_has_a_row_a_method_in_the_lectures_order(
    evaluation: dict[Method, Any], training: dict[Method, Any]
) -> None:
    table = comparison_table(evaluation, training)
    assert tuple(table["method"]) == METHODS
    first = table.iloc[0]
    assert first["test accuracy"] == "70.0%"
    assert first["95 % interval"] == "68.0% to 72.0%"
    assert first["trained parameters"] == "3,453,121"


def test_the_page_names_its_evidence_and_its_figures(
    evaluation: dict[Method, Any], training: dict[Method, Any]
) -> None:
    page = comparison_page(comparison_table(evaluation, training), 1000)
    assert "1000 test pictures" in page
    assert "| fine_tuning " in page
    assert "(figures/accuracy.svg)" in page
    assert "(figures/curves.svg)" in page


def test_equal_figures_are_equal_bytes(
    tmp_path: Path, evaluation: dict[Method, Any], histories: dict[Method, Any]
) -> None:
    for name, draw in {
        "accuracy": lambda: accuracy_figure(evaluation),
        "curves": lambda: curves_figure(histories),
    }.items():
        for suffix in (".svg", ".png"):
            first, second = tmp_path / f"{name}1{suffix}", tmp_path / f"{name}2{suffix}"
            save_figure(draw(), first)
            save_figure(draw(), second)
            assert first.read_bytes() == second.read_bytes()
        ElementTree.parse(tmp_path / f"{name}1.svg")


def test_the_accuracy_figure_shows_every_value(evaluation: dict[Method, Any]) -> None:
    (axes,) = accuracy_figure(evaluation).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == list(METHODS)
    assert [text.get_text() for text in axes.texts] == ["70.0", "75.0", "80.0", "85.0", "90.0"]


def test_the_curves_have_a_line_for_training_and_validation_of_each_method(
    histories: dict[Method, Any],
) -> None:
    for axes in curves_figure(histories).axes:
        assert len(axes.lines) == 2 * len(METHODS)
        assert axes.get_xlabel()
        assert axes.get_ylabel()
