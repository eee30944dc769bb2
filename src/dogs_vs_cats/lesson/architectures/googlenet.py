"""GoogLeNet, which won ImageNet's competition of 2014: a twentieth of the size of VGG16.

Szegedy et al., "Going Deeper with Convolutions", 2014 (arXiv:1409.4842), table 1 and section 5.
"""

from typing import Any, NamedTuple

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.lesson.architectures.normalization import LocalResponseNormalization

SIDE = 224


class Widths(NamedTuple):
    """Channels of an inception's convolutions."""

    one: int
    """Of its 1×1 convolution."""
    before_three: int
    """Of the 1×1 convolution that thins out what the 3×3 sees."""
    three: int
    before_five: int
    five: int
    pooled: int
    """Of the 1×1 convolution after its pooling."""


INCEPTIONS = {
    "3a": Widths(64, 96, 128, 16, 32, 32),
    "3b": Widths(128, 128, 192, 32, 96, 64),
    "4a": Widths(192, 96, 208, 16, 48, 64),
    "4b": Widths(160, 112, 224, 24, 64, 64),
    "4c": Widths(128, 128, 256, 24, 64, 64),
    "4d": Widths(112, 144, 288, 32, 64, 64),
    "4e": Widths(256, 160, 320, 32, 128, 128),
    "5a": Widths(256, 160, 320, 32, 128, 128),
    "5b": Widths(384, 192, 384, 48, 128, 128),
}
POOL_AFTER = ("3b", "4e")
HEADS_AFTER = ("4a", "4d")


def build_googlenet(heads: bool = False) -> Any:
    """GoogLeNet without the weights.

    Args:
        heads: with the two auxiliary classifiers, which help only in training.

    Returns:
        Keras model: pictures less the mean of the training set (batch, 224, 224, 3) to logits
        (batch, 1000), or to three of them, the network's own first.
    """
    layers = keras.layers
    pictures = keras.Input((SIDE, SIDE, 3))
    x = convolution(pictures, 64, 7, "conv1", strides=2)
    x = layers.MaxPooling2D(3, 2, "same", name="pool1")(x)
    x = LocalResponseNormalization(name="norm1")(x)
    x = convolution(x, 64, 1, "conv2_reduce")
    x = convolution(x, 192, 3, "conv2_3x3")
    x = LocalResponseNormalization(name="norm2")(x)
    x = layers.MaxPooling2D(3, 2, "same", name="pool2")(x)
    side_answers = []
    for name, widths in INCEPTIONS.items():
        x = inception(x, widths, name)
        if heads and name in HEADS_AFTER:
            side_answers.append(_head(x, f"head{name}"))
        if name in POOL_AFTER:
            x = layers.MaxPooling2D(3, 2, "same", name=f"pool{name[0]}")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    answer = layers.Dense(1000, name="linear")(layers.Dropout(0.4)(x))
    outputs = [answer, *side_answers] if heads else answer
    return keras.Model(pictures, outputs, name="googlenet")


def inception(maps: Any, widths: Widths, name: str) -> Any:
    """Four looks at the same maps side by side, the wide ones through 1×1 convolutions that thin
    the channels out first (figure 2b)."""
    pooled = keras.layers.MaxPooling2D(3, 1, "same", name=f"{name}_pool")(maps)
    thin_three = convolution(maps, widths.before_three, 1, f"{name}_3x3_reduce")
    thin_five = convolution(maps, widths.before_five, 1, f"{name}_5x5_reduce")
    return keras.layers.Concatenate(name=f"{name}_output")(
        [
            convolution(maps, widths.one, 1, f"{name}_1x1"),
            convolution(thin_three, widths.three, 3, f"{name}_3x3"),
            convolution(thin_five, widths.five, 5, f"{name}_5x5"),
            convolution(pooled, widths.pooled, 1, f"{name}_pool_proj"),
        ]
    )


def naive_inception(maps: Any, widths: Widths, name: str) -> Any:
    """The same looks without the 1×1 convolutions before or behind them (figure 2a)."""
    return keras.layers.Concatenate(name=f"{name}_output")(
        [
            convolution(maps, widths.one, 1, f"{name}_1x1"),
            convolution(maps, widths.three, 3, f"{name}_3x3"),
            convolution(maps, widths.five, 5, f"{name}_5x5"),
            keras.layers.MaxPooling2D(3, 1, "same", name=f"{name}_pool")(maps),
        ]
    )


def convolution(maps: Any, channels: int, side: int, name: str, strides: int = 1) -> Any:
    """A convolution with bias and ReLU that keeps the size, but for its strides."""
    return keras.layers.Conv2D(channels, side, strides, "same", activation="relu", name=name)(maps)


def _head(maps: Any, name: str) -> Any:
    """A small classifier on maps in the middle (section 5)."""
    layers = keras.layers
    x = layers.AveragePooling2D(5, 3, name=f"{name}_pool")(maps)
    x = layers.Flatten(name=f"{name}_flatten")(convolution(x, 128, 1, f"{name}_conv"))
    x = layers.Dense(1024, activation="relu", name=f"{name}_dense")(x)
    return layers.Dense(1000, name=f"{name}_linear")(layers.Dropout(0.7, name=f"{name}_drop")(x))
