from pathlib import Path

import numpy as np
import pytest

from dogs_vs_cats.data.reading.pictures import LabelledPictures
from dogs_vs_cats.evaluation.metrics import prediction_table, roc_table, score

CLASSES = ("cat", "dog")


def table(labels: list[int], probabilities: list[float]):  # type: ignore[no-untyped-def]
    paths = tuple(Path("splits/test/x") / f"{n}.jpg" for n in range(len(labels)))
    pictures = LabelledPictures(paths, np.array(labels, np.float32))
    return prediction_table(pictures, np.array(probabilities, np.float32), CLASSES, Path("splits"))


def test_predictions_name_files_and_classes() -> None:
    predictions = table([0, 1], [0.2, 0.9])
    assert list(predictions.columns) == ["file", "actual", "predicted", "probability"]
    assert list(predictions["file"]) == ["test/x/0.jpg", "test/x/1.jpg"]
    assert list(predictions["actual"]) == ["cat", "dog"]
    assert list(predictions["predicted"]) == ["cat", "dog"]


def test_metrics_of_a_case_worked_by_hand() -> None:
    reached = score(table([0, 0, 1, 1], [0.1, 0.6, 0.8, 0.4]), CLASSES, bins=10)
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
        CLASSES,
        bins=10,
    )
    z, p, n = 1.959964, 0.97, 1000
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert reached["accuracy"] == 0.97
    assert reached["accuracy_low"] == pytest.approx(centre - half, abs=1e-6)
    assert reached["accuracy_high"] == pytest.approx(centre + half, abs=1e-6)


def test_a_perfect_method_has_an_interval_below_one() -> None:
    reached = score(table([0, 1] * 50, [0.0, 1.0] * 50), CLASSES, bins=10)
    assert reached["accuracy"] == reached["roc_auc"] == 1
    assert 0.95 < reached["accuracy_low"] < 1
    assert np.isfinite(reached["log_loss"])


def test_the_roc_curve_runs_from_corner_to_corner() -> None:
    curve = roc_table(table([0, 0, 1, 1], [0.1, 0.6, 0.8, 0.4]), CLASSES)
    assert tuple(curve.iloc[0]) == (0, 0)
    assert tuple(curve.iloc[-1]) == (1, 1)
    assert (curve.diff().dropna() >= 0).all().all()
