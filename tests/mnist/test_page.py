"""What the page says follows from the numbers."""

from typing import Any

import pandas as pd
import pytest

from dogs_vs_cats.mnist.evaluation import ALL
from dogs_vs_cats.mnist.networks import NETS
from dogs_vs_cats.mnist.page import comparison, confusions, headline, in_parameters, translation
from dogs_vs_cats.mnist.results import Results, layer_rows
from dogs_vs_cats.mnist.sources import MNIST


def results(sha256: str = MNIST, of_convnet: tuple[float, ...] = (0.99, 0.9, 0.8)) -> Results:
    accuracies = {"dense": (0.98, 0.8, 0.3), "convnet": of_convnet}
    confusion: dict[str, dict[str, Any]] = {
        "dense": {"4": {"4": 90, "9": 10}, "9": {"9": 100}},
        "convnet": {"4": {"4": 97, "9": 3}, "9": {"9": 96, "4": 4}},
    }
    return Results(
        source={"name": "MNIST", "about": "", "sha256": sha256, "digits": {"test": 200}},
        evaluation={
            net: {
                "accuracy": accuracies[net][0],
                "accuracy_low": accuracies[net][0] - 0.01,
                "accuracy_high": accuracies[net][0] + 0.01,
                "log_loss": 0.1,
                "pictures": 200,
                "confusion": confusion[net],
            }
            for net in NETS
        },
        cost={
            "dense": {"parameters": 400, "multiply_adds": 10},
            "convnet": {"parameters": 100, "multiply_adds": 25},
        },
        errors=[],
        history={},
        significance=pd.DataFrame(),
        shifts=pd.DataFrame(
            {
                "net": net,
                "shift": shift,
                "direction": ALL,
                "accuracy": accuracy,
                "accuracy_low": accuracy - 0.02,
                "accuracy_high": accuracy + 0.02,
                "ink_lost": 0.0,
            }
            for net in NETS
            for shift, accuracy in enumerate(accuracies[net])
        ),
        layers={net: layer_rows(build()) for net, build in NETS.items()},
    )


def test_the_headline_names_digits_and_both_accuracies() -> None:
    said = headline(results()).replace("\N{NO-BREAK SPACE}", " ")
    assert said == (
        "On 200 test digits of MNIST the convnet is right on 99.00 %, the dense net on 98.00 %."
    )


def test_the_books_figures_stand_beside_mnist_alone() -> None:
    of_mnist, of_others = comparison(results()), comparison(results(sha256="0" * 64))
    assert "The book reports" in [column.label for column in of_mnist.columns]
    assert [row[2].text for row in of_mnist.rows] == ["97.8", "99.3"]
    assert "The book reports" not in [column.label for column in of_others.columns]


def test_parameters_and_work_are_compared() -> None:
    assert "4.0 times fewer" in in_parameters(results())
    assert "2.5 times the multiply-adds" in in_parameters(results())


def test_the_pairs_confused_most_come_first() -> None:
    rows = [[cell.text for cell in row] for row in confusions(results()).rows]
    assert rows == [["4 for 9", "10", "3"], ["9 for 4", "0", "4"]]


@pytest.mark.parametrize(
    ("of_convnet", "claim"),
    [
        ((0.99, 0.9, 0.8), "At every shift the convnet is right more often"),
        ((0.99, 0.82, 0.8), "The convnet is right more often beyond chance at 2 pixels"),
        ((0.99, 0.82, 0.2), "At no shift"),
    ],
)
def test_the_claim_about_moved_digits_follows_from_the_intervals(
    of_convnet: tuple[float, ...], claim: str
) -> None:
    losses, said, _ = translation(results(of_convnet=of_convnet))
    assert said.startswith(claim)
    assert losses.startswith("The dense net loses 18.0 points at 1 pixel and 68.0 points at 2 pix")
