"""VGG16, on whose base three of the five methods stand.

Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014
(arXiv:1409.1556), table 1, configuration D.
"""

from typing import Any

from dogs_vs_cats.compute.backend import keras

SIDE = 224
BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and convolutions of each block; every one is 3×3."""


def build_vgg16() -> Any:
    """VGG16 with its top, without the weights.

    Returns:
        Keras model: pictures less the mean of the training set (batch, 224, 224, 3) to logits
        (batch, 1000). Layers are named as in ``keras.applications``.
    """
    layers = keras.layers
    x = pictures = keras.Input((SIDE, SIDE, 3))
    for block, (channels, convolutions) in enumerate(BLOCKS, start=1):
        for each in range(1, convolutions + 1):
            x = layers.Conv2D(
                channels, 3, padding="same", activation="relu", name=f"block{block}_conv{each}"
            )(x)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    for name in ("fc1", "fc2"):
        x = layers.Dropout(0.5)(layers.Dense(4096, activation="relu", name=name)(x))
    return keras.Model(pictures, layers.Dense(1000, name="predictions")(x), name="vgg16")
