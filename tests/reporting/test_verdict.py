import pandas as pd
import pytest
from report_inputs import ACCURACIES, evaluation, significance

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting.verdict import Verdict, calibration, verdict
from dogs_vs_cats.tracking.timings import TrainingTime

SPACE = "\u00a0"


def judge(
    accuracies: dict[Method, float],
    supported_from: float,
    times: dict[Method, TrainingTime] | None = None,
    pictures: int = 1000,
) -> Verdict:
    table = pd.DataFrame(significance(accuracies, supported_from))
    scores = {m: each | {"pictures": pictures} for m, each in evaluation(accuracies).items()}
    return verdict(scores, table, times or {})


def took(own: float, **shared: float | None) -> TrainingTime:
    return TrainingTime(own, None, "float32", ("Abacus",), shared)


def text(judged: Verdict) -> str:
    return " ".join(judged.sentences).replace(SPACE, " ").replace("\u2212", "-")


def test_methods_that_the_data_do_not_tell_apart_lead_together() -> None:
    judged = judge(ACCURACIES, supported_from=0.05)
    assert judged.leaders == ("feature_extraction", "frozen_base", "fine_tuning")
    assert judged.headline == (
        "Feature extraction, frozen base and fine tuning lead, and 1,000 test pictures do not tell"
        " which of the three is best."
    )
    assert "0.1 points above the next, frozen base" in text(judged)
    assert "may be chance" in text(judged)


def test_a_supported_best_method_is_called_best() -> None:
    judged = judge(ACCURACIES | {"fine_tuning": 0.99}, supported_from=0.02)
    assert judged.leaders == ("fine_tuning",)
    assert judged.headline.startswith("Fine tuning is best: it names 99.0")
    assert "2.2 points above the next, feature extraction" in text(judged)
    assert "The data support that difference." in text(judged)


def test_the_gain_over_the_small_convnet_is_stated_with_its_interval() -> None:
    words = text(judge(ACCURACIES, supported_from=0.05))
    assert "it gains 22.9 points (95 % interval 22.0 to 23.8 points, adjusted p < 0.001)" in words


def test_a_difference_is_turned_round_when_the_table_names_the_better_method_first() -> None:
    judged = judge(
        dict(zip(METHODS, (0.95, 0.80, 0.70, 0.70, 0.70), strict=True)), supported_from=0.05
    )
    assert judged.leaders == ("small_convnet",)
    assert "15.0 points above the next, augmented convnet (95 % interval 14.1 to 15.9" in text(
        judged
    )
    assert "Against the small convnet" not in text(judged)


def test_equal_accuracies_are_called_equal() -> None:
    judged = judge(ACCURACIES | {"frozen_base": 0.968}, supported_from=0.05)
    assert "exactly as much as frozen base." in text(judged)


def test_a_tie_of_three_is_told_as_three() -> None:
    judged = judge(ACCURACIES | {"frozen_base": 0.968, "fine_tuning": 0.968}, supported_from=0.05)
    assert "exactly as much as frozen base and fine tuning." in text(judged)
    words = text(judge(dict.fromkeys(METHODS, 0.9), supported_from=0.05))
    assert "as much as augmented convnet, feature extraction, frozen base and fine tuning." in words
    assert "gains" not in words


def test_all_that_share_the_second_place_are_named() -> None:
    tied = ACCURACIES | {"frozen_base": 0.965, "fine_tuning": 0.965}
    assert (
        "0.3 points above the next, frozen base (95 % interval -0.6 to 1.2 points, adjusted p ="
        " 1.00) and fine tuning (95 %"
    ) in text(judge(tied, supported_from=0.05))
    assert "That difference may be chance." in text(judge(tied, supported_from=0.05))
    assert "The data support that difference." in text(judge(tied, supported_from=0.002))


def test_only_some_of_equal_differences_may_be_supported() -> None:
    tied = ACCURACIES | {"frozen_base": 0.965, "fine_tuning": 0.965}
    table = pd.DataFrame(significance(tied))
    is_one = (table["method_a"] == "feature_extraction") & (table["method_b"] == "frozen_base")
    table.loc[is_one, "supported"] = True
    words = text(verdict(evaluation(tied), table, {}))
    assert "The data support the difference from frozen base alone." in words


def test_a_difference_below_a_tenth_of_a_point_does_not_read_as_none() -> None:
    judged = judge(ACCURACIES | {"frozen_base": 0.9679}, supported_from=0.05)
    assert "0.01 points above the next, frozen base" in text(judged)


def test_one_picture_is_not_pictures() -> None:
    judged = judge(dict.fromkeys(METHODS, 1.0), 0.05, pictures=1)
    assert judged.headline == "1 test picture does not tell the five methods apart."


def test_five_methods_that_cannot_be_told_apart() -> None:
    judged = judge(ACCURACIES, supported_from=1.0)
    assert judged.headline == "1,000 test pictures do not tell the five methods apart."


def test_times_are_given_only_where_cost_decides_and_all_are_known() -> None:
    times: dict[Method, TrainingTime] = {
        "feature_extraction": took(25, features=20),
        "frozen_base": took(21, views=200),
        "fine_tuning": took(98, views=200, frozen_base=21),
    }
    words = text(judge(ACCURACIES, 0.05, times))
    assert (
        "the first model took 45 s for feature extraction, 3 min 41 s for frozen base and"
        " 5 min 19 s for fine tuning, all that each starts from included." in words
    )
    times["frozen_base"] = took(21, views=None)
    assert "model took" not in text(judge(ACCURACIES, 0.05, times))


def test_times_of_convnets_from_scratch_leave_nothing_out() -> None:
    times: dict[Method, TrainingTime] = {
        "small_convnet": took(240),
        "augmented_convnet": took(1380),
    }
    accuracies = dict(zip(METHODS, (0.97, 0.968, 0.7, 0.7, 0.7), strict=True))
    words = text(judge(accuracies, 0.05, times))
    assert "the first model took 4 min for small convnet and 23 min for augmented convnet." in words


def test_calibration_names_all_that_read_the_same() -> None:
    scores = evaluation(ACCURACIES)  # 2.0 to 6.0 %
    assert calibration(scores).replace(SPACE, " ") == (
        "Here it is smallest for small convnet (2.0 %) and largest for fine tuning (6.0 %)."
    )
    scores["augmented_convnet"]["expected_calibration_error"] = 0.02001
    assert "for small convnet and augmented convnet (2.0" in calibration(scores)
    for each in scores.values():
        each["expected_calibration_error"] = 0.02
    assert calibration(scores).replace(SPACE, " ") == "Here it is 2.0 % for all methods."


def test_a_pair_that_nobody_compared_is_not_passed_over() -> None:
    table = pd.DataFrame(significance(ACCURACIES)).iloc[:-3]
    with pytest.raises(ValueError, match="no row compares feature_extraction"):
        verdict(evaluation(ACCURACIES), table, {})
