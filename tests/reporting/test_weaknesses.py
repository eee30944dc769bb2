import pandas as pd

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.reporting.weaknesses import weaknesses

LOSSES = {
    "occlusion": (0.20, 0.05, 0.09, 0.08, 0.07),
    "scale": (0.10, 0.15, 0.01, 0.01, 0.01),
    "viewpoint": (0.03, 0.02, 0.0, 0.0, -0.01),
}


def robustness() -> pd.DataFrame:
    rows = [("none", 0, method, 0.9) for method in METHODS]
    for difficulty, losses in LOSSES.items():
        for strength in (1, 2, 3):
            for method, loss in zip(METHODS, losses, strict=True):
                # Strengths differ; their mean is the loss.
                rows.append((difficulty, strength, method, 0.9 - loss * strength / 2))
    return pd.DataFrame(rows, columns=["difficulty", "strength", "method", "accuracy"])


def typicality() -> pd.DataFrame:
    rows = [(method, group, 1.0 - group / 50) for method in METHODS for group in range(1, 6)]
    return pd.DataFrame(rows, columns=["method", "group", "accuracy"])


def test_each_method_is_named_with_what_breaks_it_first() -> None:
    most, one, mildest, untypical = weaknesses(robustness(), typicality())
    assert most == (
        "Occlusion breaks small convnet (20.0 points), feature extraction (9.0 points),"
        " frozen base (8.0 points) and fine tuning (7.0 points) first."
    )
    assert one == "Scale breaks augmented convnet (15.0 points) first."
    assert mildest == "Viewpoint is the mildest: it costs at most 3.0 points (small convnet)."
    assert "small convnet 8.0" in untypical


def test_nothing_is_said_of_difficulties_that_were_not_measured() -> None:
    table = robustness()
    assert weaknesses(table[table["difficulty"] == "none"], typicality()) == []
