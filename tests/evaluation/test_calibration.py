import numpy as np
import pandas as pd
import pytest

from dogs_vs_cats.evaluation.metrics import calibration_table, expected_calibration_error


def predictions(probabilities: list[float], dogs: list[bool]) -> pd.DataFrame:
    """A prediction table of cats and dogs, by the probabilities of a dog."""
    of_dog = np.float32(probabilities)
    return pd.DataFrame(
        {
            "actual": np.where(dogs, "dog", "cat"),
            "predicted": np.where(of_dog > 0.5, "dog", "cat"),
            "probability_cat": 1 - of_dog,
            "probability_dog": of_dog,
        }
    )


def test_a_case_worked_by_hand() -> None:
    table = calibration_table(predictions([0.1, 0.3, 0.9, 0.9], [False, True, True, True]), bins=2)
    assert list(table["bin_low"]) == [0, 0.5]
    assert list(table["bin_high"]) == [0.5, 1]
    assert list(table["mean_probability"]) == pytest.approx([0.2, 0.9])
    assert list(table["observed_share"]) == [0.5, 1]
    assert list(table["pictures"]) == [2, 2]
    assert expected_calibration_error(table) == pytest.approx(0.5 * 0.3 + 0.5 * 0.1)


def test_every_picture_is_in_one_bin_and_empty_bins_are_left_out() -> None:
    table = calibration_table(predictions([0, 0.5, 1], [False, True, True]), bins=10)
    assert list(table["pictures"]) == [1, 1, 1]
    np.testing.assert_allclose(table["bin_low"], [0, 0.4, 0.9])
    np.testing.assert_allclose(table["bin_high"], [0.1, 0.5, 1])


def test_the_interval_holds_the_share_and_is_narrower_with_more_pictures() -> None:
    few = calibration_table(predictions([0.8] * 10, [True] * 8 + [False] * 2), 10).iloc[0]
    many = calibration_table(predictions([0.8] * 1000, [True] * 800 + [False] * 200), 10).iloc[0]
    widths = []
    for row in (few, many):
        assert 0 < row["observed_share_low"] < row["observed_share"] < row["observed_share_high"]
        widths.append(row["observed_share_high"] - row["observed_share_low"])
    assert widths[1] < widths[0] / 5


def test_probabilities_that_come_true_as_often_as_they_say_have_no_error() -> None:
    rng = np.random.default_rng(0)
    said = rng.random(50_000)
    honest = predictions(list(said), list(rng.random(50_000) < said))
    assert expected_calibration_error(calibration_table(honest, 10)) < 0.01
    boastful = predictions(list(np.round(said)), list(rng.random(50_000) < said))
    assert expected_calibration_error(calibration_table(boastful, 10)) > 0.2


def test_a_bias_towards_one_class_shows() -> None:
    # Right or wrong alike, 0.6 is said: confidence and accuracy agree, the class does not.
    table = calibration_table(predictions([0.6] * 10, [True] * 2 + [False] * 8), 10)
    assert expected_calibration_error(table) == pytest.approx(0.4)


def test_of_many_classes_the_predicted_one_is_held_against_how_often_it_is_right() -> None:
    table = pd.DataFrame(
        {
            "actual": ["a", "b", "c", "c"],
            "predicted": ["a", "b", "b", "c"],
            "probability_a": np.float32([0.7, 0.1, 0.2, 0.1]),
            "probability_b": np.float32([0.2, 0.9, 0.4, 0.2]),
            "probability_c": np.float32([0.1, 0.0, 0.4, 0.7]),
        }
    )
    by_bin = calibration_table(table, bins=2)
    assert list(by_bin["mean_probability"]) == pytest.approx([0.4, (0.7 + 0.9 + 0.7) / 3])
    assert list(by_bin["observed_share"]) == [0, 1]
    assert list(by_bin["pictures"]) == [1, 3]
    assert expected_calibration_error(by_bin) == pytest.approx(0.25 * 0.4 + 0.75 * (0.7 / 3))
