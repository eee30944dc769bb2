"""The classifier on top of VGG16's convolutional base, for three of the five methods."""

from typing import Any

from dogs_vs_cats.backbones.vgg16 import preprocess
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.models.outputs import logits_layer
from dogs_vs_cats.settings import Preprocessing

UNITS = 256
"""Width of the hidden dense layer."""

FEATURE_SCALE: dict[Preprocessing, float] = {"imagenet": 1 / 64, "rescale": 1.0}
"""What the head multiplies features with. After ``imagenet`` preprocessing pixels reach ±128
instead of 1, and ``block5_pool`` has a standard deviation of 15 instead of 0.28 (measured on the
training split). Brought to one scale, one initialisation and one learning rate suit both: without
it, validation loss of feature extraction is four times as high."""


def build_head(
    feature_shape: tuple[int, ...], classes: int, dropout: float, preprocessing: Preprocessing
) -> Any:
    """The classifier on top of ``conv_base`` features: Flatten, Dense 256 and the logits.

    Args:
        feature_shape: such as (4, 4, 512).
        classes: how many there are.
        dropout: share of the hidden units dropped in training; 0 leaves the layer out.
        preprocessing: of the pictures behind the features; decides ``FEATURE_SCALE``.

    Returns:
        Keras model ``head``: features (batch, *feature_shape) to float32 logits
        (:func:`dogs_vs_cats.models.outputs.logits_layer`).
    """
    layers = keras.layers
    inputs = keras.Input(feature_shape)
    x = layers.Flatten()(inputs)
    x = layers.Rescaling(FEATURE_SCALE[preprocessing])(x)
    x = layers.Dense(UNITS, activation="relu", name="dense")(x)
    if dropout:
        x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, logits_layer(classes)(x), name="head")


def join(conv_base: Any, head: Any, preprocessing: Preprocessing) -> Any:
    """Put preprocessing, base and head together into one model that shares their layers.

    Returns:
        Keras model ``classifier``: pictures of 0 to 255 (batch, height, width, 3) to logits.
    """
    inputs = keras.Input(conv_base.input.shape[1:])
    return keras.Model(
        inputs, head(conv_base(preprocess(inputs, preprocessing))), name="classifier"
    )


def parts(model: Any) -> tuple[Any, Any]:
    """The ``conv_base`` and head of a whole model that was made of :func:`join`."""
    classifier = model.get_layer("classifier")
    return classifier.get_layer("vgg16"), classifier.get_layer("head")
