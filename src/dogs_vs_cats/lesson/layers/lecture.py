"""The lecture's example: a convnet for MNIST's digits.

The lecture is the Korean one on convnets (7.1, dogs and cats; notebook ``gbmax/open``, after F.
Chollet, *Deep Learning with Python*, chapter 5).
"""

from typing import Any

from dogs_vs_cats.compute.backend import keras


def build_digits_convnet() -> Any:
    """Three 3×3 convolutions with ReLU, 2×2 max pooling between them, two dense layers.

    Returns:
        Keras model: digits of 0 to 1 (batch, 28, 28, 1) to probabilities (batch, 10).
    """
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(64, 3, activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Conv2D(64, 3, activation="relu", name="conv3"),
            layers.Flatten(),
            layers.Dense(64, activation="relu", name="dense"),
            layers.Dense(10, activation="softmax", name="probability"),
        ],
        name="digits_convnet",
    )
