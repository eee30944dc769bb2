from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, bootstrap

from dogs_vs_cats.evaluation.significance import (
    both_ways,
    compare,
    exact_mcnemar,
    findings,
    holm,
)
from dogs_vs_cats.methods import METHODS


def predictions(right: list[bool]) -> pd.DataFrame:
    """A prediction table of dogs, of which these are called dogs."""
    return pd.DataFrame(
        {
            "file": [f"test/dog/{number}.jpg" for number in range(len(right))],
            "actual": "dog",
            "predicted": np.where(right, "dog", "cat"),
            "probability_cat": np.where(right, 0.1, 0.9),
            "probability_dog": np.where(right, 0.9, 0.1),
        }
    )


def two(both: int, only_a: int, only_b: int, neither: int) -> dict[str, pd.DataFrame]:
    a = [True] * both + [True] * only_a + [False] * only_b + [False] * neither
    b = [True] * both + [False] * only_a + [True] * only_b + [False] * neither
    return {"small_convnet": predictions(a), "fine_tuning": predictions(b)}


def test_the_ten_pairs_come_in_the_order_of_the_methods() -> None:
    table = compare({method: predictions([True] * 5) for method in METHODS}, 100, seed=0)
    pairs = list(zip(table["method_a"], table["method_b"], strict=True))
    assert len(pairs) == len(set(pairs)) == 10
    assert pairs == sorted(pairs, key=lambda pair: [METHODS.index(method) for method in pair])


def test_only_pictures_that_one_of_the_two_gets_right_count() -> None:
    row = compare(two(both=60, only_a=4, only_b=16, neither=20), 1000, seed=0).iloc[0]
    assert (row["only_a_right"], row["only_b_right"]) == (4, 16)
    assert row["accuracy_difference"] == pytest.approx(0.12)
    assert row["p_value"] == pytest.approx(binomtest(4, 20).pvalue)
    more = compare(two(both=600, only_a=4, only_b=16, neither=200), 1000, seed=0).iloc[0]
    assert more["p_value"] == row["p_value"]


def test_the_interval_is_the_paired_bootstraps() -> None:
    tables = two(both=60, only_a=4, only_b=16, neither=20)
    row = compare(tables, 50_000, seed=0).iloc[0]
    a, b = ((t["actual"] == t["predicted"]).to_numpy(float) for t in tables.values())
    reference = bootstrap(
        (a, b),
        lambda a, b, axis: b.mean(axis=axis) - a.mean(axis=axis),
        paired=True,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert (row["low"], row["high"]) == pytest.approx(tuple(reference), abs=0.011)
    assert row["low"] < row["accuracy_difference"] < row["high"]


def test_the_same_seed_gives_the_same_table() -> None:
    tables = two(both=60, only_a=4, only_b=16, neither=20)
    pd.testing.assert_frame_equal(compare(tables, 500, seed=3), compare(tables, 500, seed=3))


def test_holm_corrects_for_the_number_of_pairs() -> None:
    rng = np.random.default_rng(0)
    shares = (0.6, 0.7, 0.8, 0.82, 0.84)
    tables = {
        method: predictions(list(rng.random(200) < share))
        for method, share in zip(METHODS, shares, strict=True)
    }
    table = compare(tables, 100, seed=0).sort_values("p_value")
    by_hand = np.maximum.accumulate(
        [min(1.0, p * (10 - rank)) for rank, p in enumerate(table["p_value"])]
    )
    np.testing.assert_allclose(table["p_adjusted"], by_hand)
    assert list(table["supported"]) == list(table["p_adjusted"] < 0.05)
    assert 0 < table["supported"].sum() < 10


@pytest.mark.parametrize(
    ("only_a", "only_b"), [(0, 0), (0, 1), (3, 3), (5, 4), (2, 40), (700, 620)]
)
def test_the_exact_test_is_the_two_sided_binomial_test(only_a: int, only_b: int) -> None:
    expected = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1
    assert exact_mcnemar(only_a, only_b) == pytest.approx(expected, rel=1e-9)
    assert exact_mcnemar(only_b, only_a) == exact_mcnemar(only_a, only_b)


def test_holm_by_hand() -> None:
    adjusted = holm(np.array([0.04, 0.01, 0.5, 0.01]))
    assert adjusted.tolist() == pytest.approx([0.08, 0.04, 0.5, 0.04])


def test_a_pair_is_turned_round_with_its_interval_and_counts() -> None:
    plain, turned = both_ways(compare(two(80, 6, 5, 9), 2000, seed=0)).to_dict("records")
    assert (turned["method_a"], turned["method_b"]) == (plain["method_b"], plain["method_a"])
    assert (turned["only_a_right"], turned["only_b_right"]) == (5, 6)
    assert turned["accuracy_difference"] == -plain["accuracy_difference"] == 0.01
    assert (turned["low"], turned["high"]) == (-plain["high"], -plain["low"])
    assert turned["p_adjusted"] == plain["p_adjusted"]


def test_different_pictures_are_refused() -> None:
    tables = two(both=5, only_a=1, only_b=1, neither=1)
    tables["fine_tuning"] = tables["fine_tuning"].iloc[::-1]
    with pytest.raises(ValueError, match="same pictures"):
        compare(tables, 100, seed=0)


def test_a_supported_difference_is_said_from_the_better_method() -> None:
    summary, sentence = findings(compare(two(60, 38, 2, 0), 2000, seed=0))
    assert "support 1 of 1 difference in accuracy" in summary
    assert "small convnet is more accurate than fine tuning by 36.0 percentage points" in sentence
    assert "40 pictures" in sentence
    assert "small convnet gets 38 and fine tuning 2" in sentence
    assert "p < 0.001" in sentence
    low, high = (float(n) for n in sentence.split("interval ")[1].split(")")[0].split(" to "))
    assert low < 36.0 < high


def test_what_is_not_supported_is_not_called_equal() -> None:
    summary, sentence = findings(compare(two(80, 6, 5, 9), 2000, seed=0))
    assert "support none of 1 difference in" in summary
    assert sentence.startswith("Not supported")
    assert "11 pictures" in sentence
    assert "equal" not in sentence


def test_methods_that_agree_on_every_picture_are_named() -> None:
    table = compare(two(80, 0, 0, 20), 200, seed=0)
    assert table["p_value"][0] == 1
    assert "exactly the same pictures" in findings(table)[1]


def test_the_largest_supported_difference_comes_first() -> None:
    table = pd.DataFrame(
        {
            "method_a": ["small_convnet", "small_convnet", "frozen_base"],
            "method_b": ["frozen_base", "fine_tuning", "fine_tuning"],
            "accuracy_difference": [0.1, 0.2, 0.01],
            "low": [0.05, 0.1, -0.01],
            "high": [0.15, 0.3, 0.03],
            "only_a_right": [1, 1, 1],
            "only_b_right": [101, 201, 11],
            "p_value": [0.001, 0.001, 0.006],
            "p_adjusted": [0.003, 0.003, 0.06],
            "supported": [True, True, False],
        }
    )
    sentences = findings(table)[1:]
    assert [s.split(":")[0] for s in sentences] == ["Supported", "Supported", "Not supported"]
    assert "20.0" in sentences[0]
    assert "10.0" in sentences[1]
    assert all(first != second for first, second in pairwise(sentences))
