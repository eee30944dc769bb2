"""AlexNet, which won ImageNet's competition of 2012 by ten points.

Krizhevsky, Sutskever & Hinton, "ImageNet Classification with Deep Convolutional Neural Networks",
NeurIPS 2012 (https://doi.org/10.1145/3065386 is the reprint), section 3.
"""

from typing import Any

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.lesson.architectures.normalization import LocalResponseNormalization

SIDE = 227
"""The paper says 224; only 227 gives its 55×55 answers without padding."""


def build_alexnet(towers: int = 2) -> Any:
    """AlexNet without the weights.

    Args:
        towers: 2, as published: one on each of two GPUs, which talk only before the third
            convolution and before the dense layers. 1: all in one piece.

    Returns:
        Keras model: pictures less the mean of the training set (batch, 227, 227, 3) to logits
        (batch, 1000).
    """
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            layers.Conv2D(96, 11, strides=4, activation="relu", name="conv1"),
            LocalResponseNormalization(name="norm1"),
            layers.MaxPooling2D(3, strides=2, name="pool1"),
            layers.Conv2D(256, 5, padding="same", groups=towers, activation="relu", name="conv2"),
            LocalResponseNormalization(name="norm2"),
            layers.MaxPooling2D(3, strides=2, name="pool2"),
            layers.Conv2D(384, 3, padding="same", activation="relu", name="conv3"),
            layers.Conv2D(384, 3, padding="same", groups=towers, activation="relu", name="conv4"),
            layers.Conv2D(256, 3, padding="same", groups=towers, activation="relu", name="conv5"),
            layers.MaxPooling2D(3, strides=2, name="pool5"),
            layers.Flatten(),
            layers.Dense(4096, activation="relu", name="fc6"),
            layers.Dropout(0.5),
            layers.Dense(4096, activation="relu", name="fc7"),
            layers.Dropout(0.5),
            layers.Dense(1000, name="fc8"),
        ],
        name="alexnet",
    )
