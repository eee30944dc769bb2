"""LeNet-5, which read the digits on cheques.

LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition",
Proceedings of the IEEE, 1998 (https://doi.org/10.1109/5.726791), section II-B.
"""

from typing import Any

import numpy as np

from dogs_vs_cats.compute.backend import keras

SIDE = 32

C3_SEES = (
    *[tuple((first + step) % 6 for step in range(3)) for first in range(6)],
    *[tuple((first + step) % 6 for step in range(4)) for first in range(6)],
    *[(0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)],
    tuple(range(6)),
)
"""Which of the six maps before each of C3's sixteen maps looks at: the paper's table I. It breaks
the symmetry between maps, and saves work."""


def build_lenet5() -> Any:
    """LeNet-5 as published.

    Returns:
        Keras model: grey pictures (batch, 32, 32, 1), paper -0.1 and ink 1.175, to the distance
        from each digit's code (batch, 10): the smallest is the answer.
    """
    layers = keras.layers
    pictures = keras.Input((SIDE, SIDE, 1))
    x = layers.Conv2D(6, 5, activation=squash, name="C1")(pictures)
    x = Subsampling(name="S2")(x)
    x = layers.Concatenate(name="C3_maps")(
        [
            layers.Conv2D(1, 5, activation=squash, name=f"C3_map{place}")(
                keras.ops.take(x, seen, axis=-1)
            )
            for place, seen in enumerate(C3_SEES, start=1)
        ]
    )
    x = Subsampling(name="S4")(x)
    x = layers.Conv2D(120, 5, activation=squash, name="C5")(x)
    x = layers.Dense(84, activation=squash, name="F6")(layers.Flatten()(x))
    return keras.Model(pictures, DistanceFromCodes(10, name="output")(x), name="lenet5")


def build_plain_lenet5() -> Any:
    """LeNet-5 as it is mostly built today: every map sees all before it, plain average pooling and
    a dense layer at the end.

    Returns:
        Keras model: grey pictures (batch, 32, 32, 1) to logits (batch, 10).
    """
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1)),
            layers.Conv2D(6, 5, activation="tanh", name="C1"),
            layers.AveragePooling2D(2, name="S2"),
            layers.Conv2D(16, 5, activation="tanh", name="C3"),
            layers.AveragePooling2D(2, name="S4"),
            layers.Flatten(),
            layers.Dense(120, activation="tanh", name="C5"),
            layers.Dense(84, activation="tanh", name="F6"),
            layers.Dense(10, name="output"),
        ],
        name="plain_lenet5",
    )


def squash(x: Any) -> Any:
    """The paper's sigmoid, A tanh(S x), whose values at ±1 are ±1 (appendix A)."""
    return 1.7159 * keras.ops.tanh(2 / 3 * x)


class Subsampling(keras.layers.Layer):  # type: ignore[misc]
    """The sum over 2×2, times a learned coefficient, plus a learned bias, of each map; squashed."""

    def build(self, shape: tuple[int, ...]) -> None:
        self.coefficient = self.add_weight(shape=shape[-1:], initializer="ones", name="coefficient")
        self.bias = self.add_weight(shape=shape[-1:], initializer="zeros", name="bias")

    def call(self, maps: Any) -> Any:
        sums = 4 * keras.ops.average_pool(maps, 2)
        return squash(sums * self.coefficient + self.bias)


class DistanceFromCodes(keras.layers.Layer):  # type: ignore[misc]
    """The squared distance from each class's code, which is fixed and learns nothing.

    The paper draws its codes as 7×12 bitmaps of the characters and says that random ones would do
    as well; these are random.
    """

    def __init__(self, classes: int, **options: Any) -> None:
        super().__init__(**options)
        self.classes = classes

    def build(self, shape: tuple[int, ...]) -> None:
        self.codes = np.random.default_rng(0).choice(
            np.array([-1, 1], np.float32), (self.classes, shape[-1])
        )

    def call(self, features: Any) -> Any:
        return keras.ops.sum((features[:, None] - self.codes) ** 2, axis=-1)
