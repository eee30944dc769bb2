"""The random numbers behind a drawn picture, and the animals that they are drawn for."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from dogs_vs_cats.settings import SampleSettings

SPECIES = ("cat", "dog", "rabbit", "elephant", "owl", "pig")
"""What can be drawn. A name's place is part of its streams' seed, so new ones come last."""

ASPECTS = [
    name for name in SampleSettings.model_fields if name not in ("pictures_per_class", "seed")
]
"""What has a strength. As with the animals, new ones come last."""

T = TypeVar("T")


class Dice:
    """The random choices of one aspect of one picture, held back by the aspect's strength.

    Each aspect has a stream of its own, so that changing one strength leaves the rest of the
    picture as it was.
    """

    def __init__(self, settings: SampleSettings, species: str, number: int, aspect: str) -> None:
        self.strength: float = getattr(settings, aspect)
        self.rng = stream(settings, species, number, ASPECTS.index(aspect))

    def spread(self, standard: float, low: float, high: float) -> float:
        """``standard`` at strength 0; uniform between ``low`` and ``high`` at strength 1."""
        return standard + self.strength * (self.rng.uniform(low, high) - standard)

    def swing(self, most: float) -> float:
        """0 at strength 0; uniform between ``-most`` and ``most`` at strength 1."""
        return self.spread(0.0, -most, most)

    def choose(self, options: Sequence[T]) -> T:
        """The first option at strength 0; any of them with equal chance from strength 0.5 on."""
        reach = 1 + round(min(1.0, 2 * self.strength) * (len(options) - 1))
        return options[int(self.rng.integers(reach))]

    def chance(self, probability: float) -> bool:
        """True with ``probability`` times the strength."""
        return bool(self.rng.random() < probability * self.strength)


def stream(settings: SampleSettings, species: str, number: int, index: int) -> np.random.Generator:
    """One of the independent streams of random numbers of a picture."""
    return np.random.default_rng([settings.seed, SPECIES.index(species), number, index])
