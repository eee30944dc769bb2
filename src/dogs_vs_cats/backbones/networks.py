"""What is done with a base: built, given its pixels, cut in two, released for fine-tuning.

A base is a Keras model that bears the name of its entry in ``BACKBONES``, also inside a saved
model. It belongs into other models with ``training=False``
(https://keras.io/guides/transfer_learning/): so batch normalisation goes by what it learned from
ImageNet, while the base is frozen and while its top is fine-tuned.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any

from dogs_vs_cats.backbones.efficientnet_lite import build_efficientnet_lite
from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import BackboneSettings


def build(name: str, image_size: int) -> Any:
    """A base with random weights.

    Args:
        name: of ``BACKBONES``, which becomes the model's.
        image_size: side of the pictures in pixels, at least the entry's ``smallest``.

    Returns:
        Keras model: pictures (batch, image_size, image_size, 3) as :func:`preprocess` makes them to
        feature maps (batch, height, width, channels). Names of its layers do not depend on what
        the process has built before.
    """
    if not BACKBONES[name].keras_name:
        return build_efficientnet_lite(name, image_size)
    shape = (image_size, image_size, 3)
    network = keras_builder(name)(weights=None, include_top=False, input_shape=shape)
    return _renamed(network, name)


def keras_builder(name: str) -> Any:
    """The function of ``keras.applications`` that builds a network."""
    return getattr(keras.applications, BACKBONES[name].keras_name)


def load_conv_base(path: Path, backbone: BackboneSettings) -> Any:
    """The base of the settings with the weights that stage ``weights`` wrote, frozen.

    Raises:
        PipelineError: the file is missing or does not fit.
    """
    base = build(backbone.name, backbone.image_size)
    try:
        base.load_weights(path)
    except (OSError, ValueError) as error:
        raise PipelineError(
            f"{path} cannot be loaded ({error}). Run `dvc repro weights`."
        ) from None
    base.trainable = False
    return base


def base_of(classifier: Any) -> Any | None:
    """The base inside a model; None: it has none."""
    return next((layer for layer in classifier.layers if layer.name in BACKBONES), None)


def preprocess(pictures: Any, backbone: BackboneSettings) -> Any:
    """Turn RGB pictures of 0 to 255 into what the base is given, as Keras layers.

    Args:
        pictures: Keras tensor (batch, height, width, 3), any number type.
        backbone: whose preprocessing; see there.

    Returns:
        float32 Keras tensor of the same shape.
    """
    if backbone.preprocessing == "rescale":
        return keras.layers.Rescaling(1 / 255, dtype="float32", name="rescale")(pictures)
    scaling = BACKBONES[backbone.name].scaling
    scale, offset = (
        list(each) if isinstance(each, tuple) else each for each in (scaling.scale, scaling.offset)
    )
    scaled = keras.layers.Rescaling(scale, offset, dtype="float32", name="preprocess")(pictures)
    return keras.ops.flip(scaled, axis=-1) if scaling.bgr else scaled


def halves(conv_base: Any) -> tuple[Any, Any]:
    """Split a base where fine-tuning splits it; both halves share its layers.

    Returns:
        Keras models: pictures to the maps at the cut, and those to the base's output.
    """
    ends = _ends(conv_base)
    if len(ends) == 1:
        return (
            keras.Model(conv_base.input, ends[0], name="lower"),
            keras.Model(ends[0], conv_base.output, name="upper"),
        )
    joined = keras.layers.Concatenate(name="cut")(ends)
    maps = keras.Input(joined.shape[1:])
    borders = [sum(end.shape[-1] for end in ends[:place]) for place in range(1, len(ends))]
    pieces = keras.ops.split(maps, borders, axis=-1)
    return (
        keras.Model(conv_base.input, joined, name="lower"),
        keras.Model(maps, keras.Model(ends, conv_base.output)(pieces), name="upper"),
    )


def pooled(conv_base: Any) -> Any:
    """A base with its maps averaged over their places.

    Returns:
        Keras model: pictures to features (batch, 1, 1, channels), averaged in float32.
    """
    average = keras.layers.GlobalAveragePooling2D(keepdims=True, dtype="float32", name="average")
    return keras.Model(conv_base.input, average(conv_base.output), name="pooled")


def release(conv_base: Any) -> None:
    """Let the layers behind the cut learn, and none else.

    Nor does batch normalisation: from few pictures it would learn poor statistics, and its factors
    belong to those it has.
    """
    behind = {id(layer) for layer in keras.Model(_ends(conv_base), conv_base.output).layers}
    conv_base.trainable = True
    for layer in conv_base.layers:
        normalizes = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = id(layer) in behind and not normalizes


def _ends(conv_base: Any) -> list[Any]:
    """The tensors at the cut."""
    return [conv_base.get_layer(name).output for name in BACKBONES[conv_base.name].cut]


def _renamed(network: Any, name: str) -> Any:
    """Count the layers that Keras named in this network alone, not in the whole process."""
    counts: Counter[str] = Counter()
    for operation in network.operations:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=.)(?=[A-Z][a-z])", "_", type(operation).__name__)
        kind = words.lower()
        if re.fullmatch(rf"{kind}(_\d+)?", operation.name):
            operation.name = f"{kind}_{counts[kind]}" if counts[kind] else kind
            counts[kind] += 1
    network.name = name
    return network
