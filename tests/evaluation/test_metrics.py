from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, confusion_matrix, log_loss, roc_auc_score

from dogs_vs_cats.data.reading.pictures import LabelledPictures
from dogs_vs_cats.evaluation.metrics import (
    classes_of,
    prediction_table,
    probabilities_of,
    read_predictions,
    roc_table,
    score,
)
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.files import write_csv

CLASSES = ("cat", "dog")


def table(labels: list[int], of_dog: list[float]) -> pd.DataFrame:
    return table_of(labels, np.column_stack([1 - np.array(of_dog), of_dog]), CLASSES)


def table_of(
    labels: Sequence[int], probabilities: np.ndarray, classes: tuple[str, ...]
) -> pd.DataFrame:
    paths = tuple(Path("splits/test/x") / f"{n}.jpg" for n in range(len(labels)))
    pictures = LabelledPictures(paths, np.array(labels, np.int32))
    return prediction_table(pictures, probabilities.astype(np.float32), classes, Path("splits"))


def many(classes: int, per_class: int, seed: int = 0) -> pd.DataFrame:
    """Predictions of many classes, mostly right."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    scores = rng.normal(size=(len(labels), classes))
    scores[np.arange(len(labels)), labels] += 2
    probabilities = np.exp(scores)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return table_of(labels.tolist(), probabilities, tuple(f"class {n}" for n in range(classes)))


def test_predictions_name_files_and_classes() -> None:
    predictions = table([0, 1], [0.2, 0.9])
    assert list(predictions.columns) == [
        "file", "actual", "predicted", "probability_cat", "probability_dog"
    ]  # fmt: skip
    assert list(predictions["file"]) == ["test/x/0.jpg", "test/x/1.jpg"]
    assert list(predictions["actual"]) == ["cat", "dog"]
    assert list(predictions["predicted"]) == ["cat", "dog"]
    assert classes_of(predictions) == CLASSES
    np.testing.assert_allclose(probabilities_of(predictions), [[0.8, 0.2], [0.1, 0.9]], rtol=1e-6)


def test_of_equals_the_first_class_is_predicted() -> None:
    assert list(table([0, 1], [0.5, 0.5])["predicted"]) == ["cat", "cat"]


def test_any_name_comes_back_from_the_file(tmp_path: Path) -> None:
    names = ("0", "null", "Bär, braun", 'a "b" <c> & $d$', "probability_x", "file")
    written = table_of([0, 1, 2, 3, 4, 5], np.eye(6), names)
    for method in METHODS:
        write_csv(tmp_path / f"{method}.csv", written)
    for read in read_predictions(tmp_path).values():
        assert classes_of(read) == names
        assert list(read["predicted"]) == list(names)
        np.testing.assert_array_equal(probabilities_of(read), np.eye(6))


def test_metrics_of_a_case_worked_by_hand() -> None:
    reached = score(table([0, 0, 1, 1], [0.1, 0.6, 0.8, 0.4]), bins=10)
    assert reached["accuracy"] == 0.5
    assert reached["confusion"] == {"cat": {"cat": 1, "dog": 1}, "dog": {"cat": 1, "dog": 1}}
    assert reached["roc_auc"] == 0.75  # of four cat-dog pairs three are in the right order
    by_hand = -np.mean(np.log([0.9, 0.4, 0.8, 0.4]))
    assert reached["log_loss"] == pytest.approx(by_hand, rel=1e-6)
    assert reached["brier"] == pytest.approx((0.1**2 + 0.6**2 + 0.2**2 + 0.6**2) / 4, rel=1e-6)
    assert reached["pictures"] == 4


def test_the_interval_is_wilsons() -> None:
    # 970 of 1000; by the formula of Wilson (1927) with z = 1.959964
    right = [1] * 970 + [0] * 30
    reached = score(
        table(
            [1] * 500 + [0] * 500, [float(r) for r in right[:500]] + [1.0 - r for r in right[500:]]
        ),
        bins=10,
    )
    z, p, n = 1.959964, 0.97, 1000
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert reached["accuracy"] == 0.97
    assert reached["accuracy_low"] == pytest.approx(centre - half, abs=1e-6)
    assert reached["accuracy_high"] == pytest.approx(centre + half, abs=1e-6)


def test_a_perfect_method_has_an_interval_below_one() -> None:
    reached = score(table([0, 1] * 50, [0.0, 1.0] * 50), bins=10)
    assert reached["accuracy"] == reached["roc_auc"] == 1
    assert 0.95 < reached["accuracy_low"] < 1
    assert np.isfinite(reached["log_loss"])


def test_the_roc_curve_runs_from_corner_to_corner() -> None:
    curve = roc_table(table([0, 0, 1, 1], [0.1, 0.6, 0.8, 0.4]))
    assert tuple(curve.iloc[0]) == (0, 0)
    assert tuple(curve.iloc[-1]) == (1, 1)
    assert (curve.diff().dropna() >= 0).all().all()


def test_metrics_of_three_classes_worked_by_hand() -> None:
    said = np.array([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.3, 0.4, 0.3], [0.1, 0.2, 0.7]])
    reached = score(table_of([0, 1, 2, 2], said, ("a", "b", "c")), bins=10)
    assert reached["accuracy"] == 0.75
    assert reached["confusion"] == {"a": {"a": 1}, "b": {"b": 1}, "c": {"b": 1, "c": 1}}
    assert reached["log_loss"] == pytest.approx(-np.mean(np.log([0.8, 0.5, 0.3, 0.7])), rel=1e-6)
    truth = np.eye(3)[[0, 1, 2, 2]]
    assert reached["brier"] == pytest.approx(((said - truth) ** 2).sum() / 4, rel=1e-6)
    # Of a against the rest all pairs are in order, of b too, of c three and a tie of four.
    assert reached["roc_auc"] == pytest.approx((1 + 1 + 3.5 / 4) / 3)


def test_metrics_of_many_classes_are_scikit_learns() -> None:
    predictions = many(20, 15)
    reached = score(predictions, bins=10)
    labels, said = np.repeat(np.arange(20), 15), probabilities_of(predictions)
    said = said / said.sum(axis=1, keepdims=True)
    assert reached["log_loss"] == pytest.approx(log_loss(labels, said))
    assert reached["brier"] == pytest.approx(brier_score_loss(labels, said))
    assert reached["roc_auc"] == pytest.approx(
        roc_auc_score(labels, said, multi_class="ovr", average="macro")
    )
    names = classes_of(predictions)
    counts = confusion_matrix(predictions["actual"], predictions["predicted"], labels=list(names))
    for name, row in zip(names, counts, strict=True):
        assert [reached["confusion"][name].get(other, 0) for other in names] == row.tolist()


def test_the_mean_roc_curve_rises_between_the_corners_and_has_the_mean_area() -> None:
    predictions = many(7, 6)
    curve = roc_table(predictions)
    assert tuple(curve.iloc[0]) == (0, 0)
    assert tuple(curve.iloc[-1]) == (1, 1)
    assert (curve.diff().dropna() >= 0).all().all()
    area = np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
    labels, said = np.repeat(np.arange(7), 6), probabilities_of(predictions)
    areas = [roc_auc_score(labels == label, said[:, label]) for label in range(7)]
    assert area == pytest.approx(np.mean(areas))
