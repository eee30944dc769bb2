"""What a method takes for what: its confusion matrix, without the zeros."""

from collections.abc import Mapping
from typing import Any

from dogs_vs_cats.methods import METHODS, Method

Confusion = Mapping[str, Mapping[str, int]]
"""Actual class to predicted class to pictures; what is missing is 0. Each class has pictures."""


def class_accuracy(confusion: Confusion, name: str) -> float:
    """The share of a class's pictures that is named right, 0 to 1."""
    named = confusion[name]
    return named.get(name, 0) / sum(named.values())


def mistakes(confusion: Confusion) -> list[tuple[int, str, str]]:
    """Pictures, actual and predicted class of each pair that is confused, the most pictures first;
    of equals the first in the order of the classes."""
    pairs = [
        (number, actual, predicted)
        for actual, named in confusion.items()
        for predicted, number in named.items()
        if number and predicted != actual
    ]
    return sorted(pairs, key=lambda pair: -pair[0])


def best_methods(evaluation: Mapping[Method, Mapping[str, Any]]) -> list[Method]:
    """The methods of the highest ``accuracy``, in the lecture's order."""
    highest = max(evaluation[method]["accuracy"] for method in METHODS)
    return [method for method in METHODS if evaluation[method]["accuracy"] == highest]
