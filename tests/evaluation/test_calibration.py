import numpy as np
import pandas as pd
import pytest

from dogs_vs_cats.evaluation.metrics import calibration_table, expected_calibration_error

CLASSES = ("cat", "dog")


def predictions(probabilities: list[float], dogs: list[bool]) -> pd.DataFrame:
    return pd.DataFrame(
        {"actual": np.where(dogs, "dog", "cat"), "probability": np.float32(probabilities)}
    )


def test_a_case_worked_by_hand() -> None:
    table = calibration_table(
        predictions([0.1, 0.3, 0.9, 0.9], [False, True, True, True]), CLASSES, bins=2
    )
    assert list(table["bin_low"]) == [0, 0.5]
    assert list(table["bin_high"]) == [0.5, 1]
    assert list(table["mean_probability"]) == pytest.approx([0.2, 0.9])
    assert list(table["positive_share"]) == [0.5, 1]
    assert list(table["pictures"]) == [2, 2]
    assert expected_calibration_error(table) == pytest.approx(0.5 * 0.3 + 0.5 * 0.1)


def test_every_picture_is_in_one_bin_and_empty_bins_are_left_out() -> None:
    table = calibration_table(predictions([0, 0.5, 1], [False, True, True]), CLASSES, bins=10)
    assert list(table["pictures"]) == [1, 1, 1]
    np.testing.assert_allclose(table["bin_low"], [0, 0.4, 0.9])
    np.testing.assert_allclose(table["bin_high"], [0.1, 0.5, 1])


def test_the_interval_holds_the_share_and_is_narrower_with_more_pictures() -> None:
    few = calibration_table(predictions([0.8] * 10, [True] * 8 + [False] * 2), CLASSES, 10).iloc[0]
    many = calibration_table(
        predictions([0.8] * 1000, [True] * 800 + [False] * 200), CLASSES, 10
    ).iloc[0]
    widths = []
    for row in (few, many):
        assert 0 < row["positive_share_low"] < row["positive_share"] < row["positive_share_high"]
        widths.append(row["positive_share_high"] - row["positive_share_low"])
    assert widths[1] < widths[0] / 5


def test_probabilities_that_come_true_as_often_as_they_say_have_no_error() -> None:
    rng = np.random.default_rng(0)
    said = rng.random(50_000)
    honest = predictions(list(said), list(rng.random(50_000) < said))
    assert expected_calibration_error(calibration_table(honest, CLASSES, 10)) < 0.01
    boastful = predictions(list(np.round(said)), list(rng.random(50_000) < said))
    assert expected_calibration_error(calibration_table(boastful, CLASSES, 10)) > 0.2


def test_a_bias_towards_one_class_shows() -> None:
    # Right or wrong alike, 0.6 is said: confidence and accuracy agree, the class does not.
    table = calibration_table(predictions([0.6] * 10, [True] * 2 + [False] * 8), CLASSES, 10)
    assert expected_calibration_error(table) == pytest.approx(0.4)
