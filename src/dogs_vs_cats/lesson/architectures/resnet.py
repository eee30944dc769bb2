"""ResNet-152, which won ImageNet's competition of 2015 with a path for gradients past every block.

He, Zhang, Ren & Sun, "Deep Residual Learning for Image Recognition", 2015 (arXiv:1512.03385),
table 1 and section 4.1.
"""

from typing import Any

from dogs_vs_cats.compute.backend import keras

SIDE = 224
BLOCKS = (3, 8, 36, 3)
"""Of the four stages, whose channels double from 64 to 512 inside and from 256 to 2048 outside."""


def build_resnet152() -> Any:
    """ResNet-152 without the weights.

    Returns:
        Keras model: pictures less the mean of the training set (batch, 224, 224, 3) to logits
        (batch, 1000).
    """
    layers = keras.layers
    pictures = keras.Input((SIDE, SIDE, 3))
    x = layers.ReLU(name="conv1_relu")(normalized(pictures, 64, 7, 2, "conv1"))
    x = layers.MaxPooling2D(3, 2, "same", name="pool1")(x)
    for stage, blocks in enumerate(BLOCKS):
        for block in range(blocks):
            strides = 2 if stage and not block else 1
            x = bottleneck(x, 64 * 2**stage, strides, f"conv{stage + 2}_block{block + 1}")
    x = layers.GlobalAveragePooling2D(name="average")(x)
    return keras.Model(pictures, layers.Dense(1000, name="fc")(x), name="resnet152")


def bottleneck(maps: Any, channels: int, strides: int, name: str) -> Any:
    """Thin out (1×1), look (3×3), widen (1×1), and add what came in (figure 5)."""
    layers = keras.layers
    x = layers.ReLU(name=f"{name}_1_relu")(normalized(maps, channels, 1, strides, f"{name}_1"))
    x = layers.ReLU(name=f"{name}_2_relu")(normalized(x, channels, 3, 1, f"{name}_2"))
    x = normalized(x, 4 * channels, 1, 1, f"{name}_3")
    if maps.shape != x.shape:  # the first block of a stage: a 1×1 convolution fits the sizes
        maps = normalized(maps, 4 * channels, 1, strides, f"{name}_shortcut")
    return layers.ReLU(name=f"{name}_output")(layers.Add(name=f"{name}_add")([x, maps]))


def normalized(maps: Any, channels: int, side: int, strides: int, name: str) -> Any:
    """A convolution and batch normalisation, whose shift stands for the bias."""
    x = keras.layers.Conv2D(channels, side, strides, "same", use_bias=False, name=name)(maps)
    return keras.layers.BatchNormalization(name=f"{name}_bn")(x)
