from collections.abc import Mapping

import numpy as np
import pandas as pd

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization.choice import choose


def predictions(
    probabilities: Mapping[str, tuple[str, list[float]]],
) -> dict[Method, pd.DataFrame]:
    """File to its class and the probability of ``dog`` that each of the methods gives."""
    return {
        method: pd.DataFrame(
            {
                "file": list(probabilities),
                "actual": [actual for actual, _ in probabilities.values()],
                "predicted": [
                    "dog" if each[place] > 0.5 else "cat" for _, each in probabilities.values()
                ],
                "probability_cat": [1 - each[place] for _, each in probabilities.values()],
                "probability_dog": [each[place] for _, each in probabilities.values()],
            }
        )
        for place, method in enumerate(METHODS)
    }


TABLES = predictions(
    {
        "sure_cat": ("cat", [0.0, 0.0, 0.0, 0.0, 0.0]),
        "cat": ("cat", [0.4, 0.4, 0.4, 0.4, 0.4]),
        "dog": ("dog", [0.9, 0.9, 0.9, 0.9, 0.9]),
        "one_wrong_slightly": ("cat", [0.6, 0.4, 0.4, 0.4, 0.4]),
        "one_wrong_surely": ("cat", [1.0, 0.0, 0.0, 0.0, 0.0]),
        "two_wrong": ("dog", [0.1, 0.1, 0.9, 0.9, 0.9]),
        "all_wrong": ("dog", [0.0, 0.0, 0.0, 0.0, 0.0]),
        "most_wrong": ("dog", [0.4, 0.4, 0.4, 0.6, 0.6]),
    }
)


def test_pictures_of_each_kind_are_chosen_the_clearest_first() -> None:
    assert choose(TABLES, 3) == ["sure_cat", "one_wrong_surely", "all_wrong"]
    assert choose(TABLES, 6) == [
        "sure_cat", "dog", "one_wrong_surely", "two_wrong", "all_wrong", "most_wrong",
    ]  # fmt: skip


def test_a_kind_that_runs_out_leaves_its_place_to_the_others() -> None:
    assert sorted(choose(TABLES, 100)) == sorted(TABLES["fine_tuning"]["file"])
    assert choose(TABLES, 0) == []


def test_the_choice_does_not_depend_on_the_order_of_the_rows() -> None:
    tied = {
        method: pd.concat([table, table.assign(file=table["file"] + "_again")])
        for method, table in TABLES.items()
    }
    turned = {method: table.iloc[::-1] for method, table in tied.items()}
    assert choose(turned, 7) == choose(tied, 7)


def test_of_many_classes_those_of_the_clearest_pictures_have_a_turn() -> None:
    """Each class has a picture that all methods are right on, and surer the later its name."""
    count = 30
    sure = np.linspace(0.5, 0.9, count)
    names = [f"class {number:02}" for number in range(count)]
    table = pd.DataFrame({"file": names, "actual": names, "predicted": names})
    for number, name in enumerate(names):
        table[f"probability_{name}"] = (1 - sure) / (count - 1)
        table.loc[number, f"probability_{name}"] = sure[number]
    assert choose({"fine_tuning": table}, 3) == ["class 29", "class 28", "class 27"]


def test_of_many_classes_the_probability_of_the_own_class_decides() -> None:
    """Both are named "bee" by all; the second is further from its own class."""
    table = pd.DataFrame(
        {
            "file": ["a", "b"],
            "actual": ["ant", "ant"],
            "predicted": ["bee", "bee"],
            "probability_ant": [0.4, 0.1],
            "probability_bee": [0.5, 0.46],
            "probability_cow": [0.1, 0.44],
        }
    )
    assert choose({"fine_tuning": table}, 1) == ["b"]
