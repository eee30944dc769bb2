from typing import Any

import pytest

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting.comparison import comparison_page, comparison_table


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
    assert "1,000 test pictures" in page
    assert "| fine_tuning " in page
    assert "(figures/accuracy.svg)" in page
    assert "(figures/training_curves.svg)" in page
