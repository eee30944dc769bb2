from collections.abc import Mapping

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
                "probability": [each[place] for _, each in probabilities.values()],
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
