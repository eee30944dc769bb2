import pandas as pd
import pytest
from report_inputs import ACCURACIES, evaluation, significance

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting.verdict import Verdict, verdict

SPACE = "\u00a0"


def judge(
    accuracies: dict[Method, float], supported_from: float, times: dict[Method, float] | None = None
) -> Verdict:
    table = pd.DataFrame(significance(accuracies, supported_from))
    timings = {method: {"seconds": seconds} for method, seconds in (times or {}).items()}
    return verdict(evaluation(accuracies), table, timings)


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
    assert "exactly as much as frozen base" in text(judged)


def test_five_methods_that_cannot_be_told_apart() -> None:
    judged = judge(ACCURACIES, supported_from=1.0)
    assert judged.headline == "1,000 test pictures do not tell the five methods apart."


def test_times_are_given_only_where_cost_decides_and_all_are_known() -> None:
    times = dict(zip(METHODS, (240.0, 1380.0, 25.0, 21.0, 98.0), strict=True))
    words = text(judge(ACCURACIES, 0.05, times))
    assert (
        "training took 21 s for frozen base, 25 s for feature extraction and 98 s for fine tuning"
        " on top of frozen base" in words
    )
    assert "Not in these times is VGG16's pass before training" in words
    del times["frozen_base"]
    assert "training took" not in text(judge(ACCURACIES, 0.05, times))


def test_times_of_convnets_from_scratch_leave_nothing_out() -> None:
    times = dict(zip(METHODS, (240.0, 1380.0, 25.0, 21.0, 98.0), strict=True))
    accuracies = dict(zip(METHODS, (0.97, 0.968, 0.7, 0.7, 0.7), strict=True))
    words = text(judge(accuracies, 0.05, times))
    assert "training took 4 min for small convnet and 23 min for augmented convnet." in words
    assert "VGG16" not in words


def test_a_pair_that_nobody_compared_is_not_passed_over() -> None:
    table = pd.DataFrame(significance(ACCURACIES)).iloc[:-3]
    with pytest.raises(ValueError, match="no row compares feature_extraction"):
        verdict(evaluation(ACCURACIES), table, {})
