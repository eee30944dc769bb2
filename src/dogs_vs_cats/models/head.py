"""The classifier on top of a convolutional base, for three of the five methods."""

from typing import Any

from dogs_vs_cats.backbones.networks import base_of, preprocess
from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.models.outputs import logits_layer
from dogs_vs_cats.settings import BackboneSettings, HeadSettings

UNITS = 256
"""Width of the hidden dense layer."""


def build_head(
    conv_base: Any, classes: int, dropout: float, backbone: BackboneSettings, head: HeadSettings
) -> Any:
    """The classifier on top of ``conv_base`` features: pooling, Dense 256 and the logits.

    Args:
        conv_base: whose features; only their shape is looked at.
        classes: how many there are.
        dropout: share of the hidden units dropped in training; 0 leaves the layer out.
        backbone: of ``conv_base``. Its ``feature_scale`` brings features to one size, so that one
            initialisation and one learning rate suit all; of pictures of 0 to 1 (``rescale``) they
            have it.
        head: how the maps are pooled.

    Returns:
        Keras model ``head``: features (batch, height, width, channels) to float32 logits
        (:func:`dogs_vs_cats.models.outputs.logits_layer`).
    """
    layers, of_network = keras.layers, BACKBONES[backbone.name]
    inputs = keras.Input(conv_base.output.shape[1:])
    pooling = of_network.pooling if head.pooling == "auto" else head.pooling
    x = (
        layers.Flatten()(inputs)
        if pooling == "flatten"
        else layers.GlobalAveragePooling2D()(inputs)
    )
    x = layers.Rescaling(of_network.feature_scale if backbone.preprocessing == "imagenet" else 1.0)(
        x
    )
    x = layers.Dense(UNITS, activation="relu", name="dense")(x)
    if dropout:
        x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, logits_layer(classes)(x), name="head")


def join(conv_base: Any, head: Any, backbone: BackboneSettings) -> Any:
    """Put preprocessing, base and head together into one model that shares their layers.

    Returns:
        Keras model ``classifier``: pictures of 0 to 255 (batch, height, width, 3) to logits.
    """
    inputs = keras.Input(conv_base.input.shape[1:])
    features = conv_base(preprocess(inputs, backbone), training=False)
    return keras.Model(inputs, head(features), name="classifier")


def parts(model: Any) -> tuple[Any, Any]:
    """The base and the head of a whole model that was made of :func:`join`."""
    classifier = model.get_layer("classifier")
    return base_of(classifier), classifier.get_layer("head")
