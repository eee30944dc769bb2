"""What the lecture reports, and beside which numbers it may stand."""

from collections.abc import Sequence

from dogs_vs_cats.methods import Method
from dogs_vs_cats.settings.sections import folded

ACCURACIES: dict[Method, tuple[float, float]] = {
    "small_convnet": (0.70, 0.72),
    "augmented_convnet": (0.82, 0.82),
    "feature_extraction": (0.90, 0.90),
}
"""Validation accuracy that the lecture reports, lowest and highest. It gives none for the others,
and no test accuracy."""


def applies(classes: Sequence[str]) -> bool:
    """Whether these are the lecture's classes, cats and dogs, in any order and spelling.

    Beside other classes its figures would be compared with what they say nothing of.
    """
    return sorted(map(folded, classes)) == ["cat", "dog"]
