"""What was chosen on validation, as the report's table."""

from typing import Any

from report_inputs import ACCURACIES, evaluation

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.reporting.decisions import decisions


def test_a_row_a_method_with_intervals_and_costs_only_where_they_differ() -> None:
    scores: Any = evaluation(ACCURACIES)
    table = decisions(scores)
    assert [row[0].method for row in table.rows] == list(METHODS)
    assert [cell.text for cell in table.rows[0][1:]] == [
        "1.50",
        "2.0",
        "1.1",
        "90.00",
        "80.0",
        "98.0",
    ]
    assert table.rows[0][-1].detail == "97.0 to 99.0"
    assert "mistake costs" not in table.note
    for each in scores.values():
        each["decision"] |= {"costs": {"dog": {"cat": 5.0}}}
    dear = decisions(scores)
    assert len(dear.columns) == len(table.columns) + 2 == len(dear.rows[0])
    assert "A mistake costs 1, but dog taken for cat 5." in dear.note


def test_of_nothing_answered_no_accuracy_is_told() -> None:
    scores: Any = evaluation(ACCURACIES)
    scores["small_convnet"]["decision"]["test"]["answered"].pop("accuracy")
    assert decisions(scores).rows[0][-1].text == "\u2013"
