"""What is chosen on validation: temperature, the class of least cost, and when not to answer."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from parameters import changed_params

from dogs_vs_cats.evaluation.deciding import DONT_KNOW, Decision, told
from dogs_vs_cats.evaluation.decisions import (
    best_temperature,
    choose,
    decision,
    least_confidence,
    threshold,
)
from dogs_vs_cats.evaluation.metrics import score
from dogs_vs_cats.project.errors import PipelineError

CLASSES = ("cat", "dog", "owl")


def table(probabilities: npt.NDArray[Any], labels: npt.NDArray[Any]) -> pd.DataFrame:
    names = np.array(CLASSES[: probabilities.shape[1]])
    said = {f"probability_{name}": probabilities[:, place] for place, name in enumerate(names)}
    named = names[probabilities.argmax(axis=1)]
    return pd.DataFrame({"file": "", "actual": names[labels], "predicted": named, **said})


def boastful(
    classes: int, temperature: float, seed: int = 0, pictures: int = 4000
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
    """Probabilities that would be honest if their logits were divided by the temperature."""
    rng = np.random.default_rng(seed)
    logits = 1.5 * rng.standard_normal((pictures, classes))
    honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (honest.cumsum(axis=1) > rng.random((pictures, 1))).argmax(axis=1)
    sharp = np.exp(temperature * logits)
    return np.float32(sharp / sharp.sum(axis=1, keepdims=True)), labels


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_spoiled_probabilities_is_found_and_mends_them(
    classes: int, temperature: float
) -> None:
    validation, test = (table(*boastful(classes, temperature, seed)) for seed in (0, 1))
    settings = changed_params({}).evaluate
    found = decision(validation, test, settings)
    assert found["temperature"] == pytest.approx(temperature, rel=0.1)
    after = found["test"]["calibrated"]
    before = score(test, settings.calibration_bins)
    assert after["expected_calibration_error"] < 0.03
    if temperature != 1:
        assert after["expected_calibration_error"] < before["expected_calibration_error"] / 2
        assert after["log_loss"] < before["log_loss"]


def test_of_pictures_that_are_all_right_no_temperature_is_learned() -> None:
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert best_temperature(probabilities, np.array([0, 1])) == 1


def test_a_probability_that_float32_rounded_to_0_neither_fails_nor_decides_all() -> None:
    probabilities, labels = boastful(2, 2.0)
    probabilities[0] = (0, 1)
    labels[0] = 0
    assert best_temperature(probabilities, labels) == pytest.approx(2, rel=0.3)


def test_the_temperature_changes_no_likeliest_class() -> None:
    probabilities, _ = boastful(3, 1.0)
    calibrated = Decision(2.5, {}, None).calibrated(probabilities)
    np.testing.assert_allclose(calibrated.sum(axis=1), 1)
    np.testing.assert_array_equal(calibrated.argmax(axis=1), probabilities.argmax(axis=1))


def test_of_two_classes_the_odds_of_the_threshold_are_those_of_the_costs() -> None:
    dear = Decision(1.0, {"dog": {"cat": 4.0}}, None)
    assert threshold(dear, CLASSES[:2]) == pytest.approx(0.2)
    probabilities = np.array([[0.81, 0.19], [0.79, 0.21]])
    assert list(dear.labels(probabilities, CLASSES[:2])) == [0, 1]


def test_the_threshold_is_one_of_the_raw_probability() -> None:
    chosen = Decision(3.0, {"cat": {"dog": 2.0}}, None)
    limit = threshold(chosen, CLASSES[:2])
    assert limit is not None
    raw = np.array([[1 - p, p] for p in (limit - 1e-6, limit + 1e-6)])
    assert list(chosen.labels(chosen.calibrated(raw), CLASSES[:2])) == [0, 1]


def test_of_many_classes_the_one_of_least_expected_cost_is_named() -> None:
    costs = {"owl": {"cat": 10.0, "dog": 3.0}}
    probabilities = np.array([[0.5, 0.3, 0.2], [0.6, 0.39, 0.01]])
    # Of the first: cat 0.3 + 2.0, dog 0.5 + 0.6, owl 0.8.
    assert list(Decision(1.0, costs, None).labels(probabilities, CLASSES)) == [2, 0]
    assert threshold(Decision(1.0, costs, None), CLASSES) is None


def test_costs_are_lowered_on_pictures_that_were_not_seen() -> None:
    validation, test = (table(*boastful(2, 2.0, seed)) for seed in (0, 1))
    settings = changed_params({"evaluate.costs": {"dog": {"cat": 5}}}).evaluate
    found = decision(validation, test, settings)["test"]
    likeliest, cheapest = found["likeliest"], found["cheapest"]
    assert cheapest["cost_high"] < likeliest["cost_low"]
    assert cheapest["accuracy"] < likeliest["accuracy"]
    for each in (likeliest, cheapest):
        assert each["cost_low"] < each["cost"] < each["cost_high"]


def test_the_confidence_is_the_lowest_that_reaches_the_wanted_accuracy() -> None:
    sure = np.array([0.6, 0.9, 0.7, 0.8, 0.5])
    right = np.array([True, True, False, True, False])
    assert least_confidence(sure, right, 1.0) == 0.7
    assert least_confidence(sure, right, 0.75) == 0.5
    assert least_confidence(sure, right, 0.6) is None
    assert least_confidence(sure, ~right, 0.9) == 1.0
    assert least_confidence(np.full(2, 0.7), np.array([True, False]), 0.9) == 1.0


def test_fewer_answers_are_given_and_more_of_them_are_right() -> None:
    validation, test = (table(*boastful(3, 2.0, seed)) for seed in (0, 1))
    settings = changed_params({"evaluate.wanted_accuracy": 0.9}).evaluate
    found = decision(validation, test, settings)
    answered = found["test"]["answered"]
    assert answered["accuracy"] == pytest.approx(0.9, abs=0.03)
    assert 0.1 < answered["coverage_low"] < answered["coverage"] < answered["coverage_high"] < 0.9
    always = settings.model_copy(update={"wanted_accuracy": None})
    assert decision(validation, test, always)["test"]["answered"]["coverage"] == 1


def test_costs_count_where_it_may_not_know() -> None:
    """With costs, answers to fewer pictures where a mistake is dear, and what is named is cheap."""
    validation, test = (table(*boastful(2, 2.0, seed)) for seed in (0, 1))
    settings = changed_params(
        {"evaluate.costs": {"dog": {"cat": 5}}, "evaluate.wanted_accuracy": 0.9}
    ).evaluate
    found = decision(validation, test, settings)
    answered, cheapest = found["test"]["answered"], found["test"]["cheapest"]
    assert answered["accuracy"] == pytest.approx(0.9, abs=0.03)
    assert answered["cost_high"] < cheapest["cost_low"]
    sure = Decision(1.0, {"dog": {"cat": 5.0}}, 0.6)
    # Expected costs of the cheaper: cat 0.25, dog 0.45, dog 0.3.
    probabilities = np.array([[0.95, 0.05], [0.45, 0.55], [0.3, 0.7]])
    assert list(sure.decided(probabilities, CLASSES[:2])) == [0, DONT_KNOW, 1]


def test_costs_however_far_apart_give_a_threshold() -> None:
    far = Decision(100.0, {"cat": {"dog": 2000.0}}, None)
    assert threshold(far, CLASSES[:2]) == 1.0


def test_what_cannot_be_reached_is_never_answered() -> None:
    labels = np.array([0, 1, 0])
    wrong = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    chosen = choose(table(wrong, labels), {}, 0.99)
    assert set(chosen.decided(chosen.calibrated(wrong), CLASSES[:2])) == {DONT_KNOW}
    settings = changed_params({}).evaluate
    answered = decision(table(wrong, labels), table(wrong, labels), settings)["test"]["answered"]
    assert answered["coverage"] == 0
    assert "accuracy" not in answered


def test_answers_are_raw_calibrated_or_decided() -> None:
    chosen = Decision(2.0, {"dog": {"cat": 9.0}}, 0.5)
    row = np.float32([0.9, 0.1])
    assert told(row, CLASSES[:2], "raw", chosen) == (pytest.approx(row), 0, True)
    calibrated = [0.75, 0.25]
    assert told(row, CLASSES[:2], "calibrated", chosen) == (pytest.approx(calibrated), 0, True)
    # The cat would cost 0.25 · 9, the dog costs 0.75.
    assert told(row, CLASSES[:2], "decided", chosen) == (pytest.approx(calibrated), 1, False)
    always = Decision(2.0, {"dog": {"cat": 9.0}}, None)
    assert told(row, CLASSES[:2], "decided", always) == (pytest.approx(calibrated), 1, True)
    with pytest.raises(ValueError, match="calibrated answers need a decision"):
        told(row, CLASSES[:2], "calibrated", None)


@pytest.mark.parametrize(
    ("costs", "told"),
    [
        ({"fox": {"cat": 2}}, "names fox"),
        ({"cat": {"fox": 2}}, "names fox"),
        ({"cat": {"cat": 2}}, "taking cat for cat"),
    ],
)
def test_costs_of_what_is_no_mistake_are_refused(costs: Any, told: str) -> None:
    predictions = table(*boastful(2, 1.0))
    settings = changed_params({"evaluate.costs": costs}).evaluate
    with pytest.raises(PipelineError, match=told):
        decision(predictions, predictions, settings)
