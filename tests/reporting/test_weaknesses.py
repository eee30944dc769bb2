import pandas as pd

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.reporting.weaknesses import weaknesses

LOSSES = {
    "occlusion": (0.20, 0.05, 0.09, 0.08, 0.07),
    "scale": (0.10, 0.15, 0.01, 0.01, 0.01),
    "viewpoint": (0.03, 0.02, 0.0, 0.0, -0.01),
}


def robustness(of: dict[str, tuple[float, ...]] = LOSSES) -> pd.DataFrame:
    rows = [("none", 0, method, 0.9) for method in METHODS]
    for difficulty, losses in of.items():
        for strength in (1, 2, 3):
            for method, loss in zip(METHODS, losses, strict=True):
                # Strengths differ; their mean is the loss.
                rows.append((difficulty, strength, method, 0.9 - loss * strength / 2))
    return pd.DataFrame(rows, columns=["difficulty", "strength", "method", "accuracy"])


def typicality(margin: float = 0.01) -> pd.DataFrame:
    rows = [(method, group, 1.0 - group / 50) for method in METHODS for group in range(1, 6)]
    table = pd.DataFrame(rows, columns=["method", "group", "accuracy"])
    return table.assign(
        accuracy_low=table["accuracy"] - margin, accuracy_high=table["accuracy"] + margin
    )


def test_each_method_is_named_with_what_costs_it_most() -> None:
    most, one, mildest, untypical = weaknesses(robustness(), typicality())
    assert most == (
        "Occlusion costs small convnet (20.0 points), feature extraction (9.0 points),"
        " frozen base (8.0 points) and fine tuning (7.0 points) most."
    )
    assert one == "Scale costs augmented convnet (15.0 points) most."
    assert mildest == "Viewpoint is the mildest: it costs at most 3.0 points (small convnet)."
    assert "small convnet \u22128.0" in untypical
    assert "chance" not in untypical


def test_a_fall_within_the_intervals_is_called_what_it_is() -> None:
    assert "this may be chance" in weaknesses(robustness(), typicality(margin=0.05))[-1]


def told(of: dict[str, tuple[float, ...]]) -> list[str]:
    return weaknesses(robustness(of), typicality())[:-1]


def test_what_costs_nothing_is_nobodys_hardest() -> None:
    assert told({"scale": (0.1, 0.1, 0.0, 0.0, -0.01), "viewpoint": (0.0,) * 5}) == [
        "Scale costs small convnet (10.0 points) and augmented convnet (10.0 points) most.",
        "No difficulty takes 0.1 points or more from feature extraction, frozen base and fine"
        " tuning, in the mean of its strengths.",
        "Viewpoint is the mildest: it takes 0.1 points or more from no method, in the mean of the"
        " strengths.",
    ]
    assert told({"scale": (0.0,) * 5, "viewpoint": (-0.01, 0, 0, 0, 0)}) == [
        "No difficulty takes 0.1 points or more from small convnet, augmented convnet, feature"
        " extraction, frozen base and fine tuning, in the mean of its strengths."
    ]


def test_difficulties_that_cost_the_same_are_named_together() -> None:
    of = {
        "occlusion": (0.2, 0.1, 0.1, 0.1, 0.1),
        "scale": (0.2, 0.1, 0.1, 0.1, 0.1),
        "viewpoint": (0.01, 0.02, 0.02, 0.0, 0.0),
        "deformation": (0.01, 0.02, 0.02, 0.0, 0.0),
    }
    assert told(of) == [
        "Occlusion and scale cost small convnet (20.0 points), augmented convnet (10.0 points),"
        " feature extraction (10.0 points), frozen base (10.0 points) and fine tuning (10.0 points)"
        " most, each as much.",
        "Viewpoint and deformation are the mildest: they cost at most 2.0 points (augmented convnet"
        " and feature extraction).",
    ]


def test_of_one_difficulty_nothing_is_most() -> None:
    (only,) = told({"scale": (0.1, 0.1, 0.1, 0.1, 0.1)})
    assert only.startswith("Scale costs small convnet (10.0 points),")
    assert "most" not in only


def test_a_rise_is_not_told_as_a_fall() -> None:
    rising = typicality()
    rising["group"] = 6 - rising["group"]
    words = weaknesses(robustness(), rising)[-1]
    assert "accuracy changes by so many points: small convnet +8.0" in words
    assert "chance" not in words


def test_nothing_is_said_of_difficulties_that_were_not_measured() -> None:
    table = robustness()
    assert weaknesses(table[table["difficulty"] == "none"], typicality()) == []
