"""The five methods' models, from the parts that are trained to the whole that is saved.

What is trained gives logits, which keep the loss exact far from 0; what is saved takes uint8
pictures and gives probabilities.
"""

import json
import zipfile
from pathlib import Path
from typing import Any, Literal

from dogs_vs_cats.backend import dtype_policy, keras
from dogs_vs_cats.errors import PipelineError
from dogs_vs_cats.models.vgg16 import preprocess

CONVNET_FILTERS = (32, 64, 128, 128)
CONVNET_UNITS = 512
HEAD_UNITS = 256

Preprocessing = Literal["imagenet", "rescale"]

FEATURE_SCALE: dict[Preprocessing, float] = {"imagenet": 1 / 64, "rescale": 1.0}
"""What the head multiplies features with. After ``imagenet`` preprocessing pixels reach ±128
instead of 1, and ``block5_pool`` has a standard deviation of 15 instead of 0.28 (measured on the
training split). Brought to one scale, one initialisation and one learning rate suit both: without
it, validation loss of feature extraction is four times as high."""


def build_small_convnet(image_size: int, dropout: float) -> Any:
    """The lecture's convnet: four 3×3 convolutions with ReLU and 2×2 max pooling, two dense layers.

    Args:
        image_size: side of the pictures in pixels.
        dropout: share of the flattened features dropped in training; 0 leaves the layer out.

    Returns:
        Keras model ``classifier``: pictures of 0 to 255, any number type,
        (batch, image_size, image_size, 3), to float32 logits (batch, 1).
    """
    layers = keras.layers
    inputs = keras.Input((image_size, image_size, 3))
    x = layers.Rescaling(1 / 255, dtype="float32")(inputs)
    for block, filters in enumerate(CONVNET_FILTERS, start=1):
        x = layers.Conv2D(filters, 3, activation="relu", name=f"conv{block}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{block}")(x)
    x = layers.Flatten()(x)
    if dropout:
        x = layers.Dropout(dropout)(x)
    x = layers.Dense(CONVNET_UNITS, activation="relu", name="dense")(x)
    logits = layers.Dense(1, dtype="float32", name="logits")(x)
    return keras.Model(inputs, logits, name="classifier")


def build_head(feature_shape: tuple[int, ...], dropout: float, preprocessing: Preprocessing) -> Any:
    """The classifier on top of ``conv_base`` features: Flatten, Dense 256, Dense 1.

    Args:
        feature_shape: such as (4, 4, 512).
        dropout: share of the hidden units dropped in training; 0 leaves the layer out.
        preprocessing: of the pictures behind the features; decides ``FEATURE_SCALE``.

    Returns:
        Keras model ``head``: features (batch, *feature_shape) to float32 logits (batch, 1).
    """
    layers = keras.layers
    inputs = keras.Input(feature_shape)
    x = layers.Flatten()(inputs)
    x = layers.Rescaling(FEATURE_SCALE[preprocessing])(x)
    x = layers.Dense(HEAD_UNITS, activation="relu", name="dense")(x)
    if dropout:
        x = layers.Dropout(dropout)(x)
    logits = layers.Dense(1, dtype="float32", name="logits")(x)
    return keras.Model(inputs, logits, name="head")


def join(conv_base: Any, head: Any, preprocessing: Preprocessing) -> Any:
    """Put preprocessing, base and head together into one model that shares their layers.

    Returns:
        Keras model ``classifier``: pictures of 0 to 255 (batch, height, width, 3) to logits
        (batch, 1).
    """
    inputs = keras.Input(conv_base.input.shape[1:])
    return keras.Model(
        inputs, head(conv_base(preprocess(inputs, preprocessing))), name="classifier"
    )


def whole_model(name: str, logits_model: Any) -> Any:
    """The model to save: uint8 pictures in, probability of the second class out, all in float32.

    Args:
        name: the method's name, which becomes the model's.
        logits_model: pictures of 0 to 255 to logits; its weights are copied.

    Returns:
        Keras model: uint8 (batch, height, width, 3) to float32 (batch, 1) between 0 and 1.
    """
    with dtype_policy("float32"):
        copy = in_float32(logits_model)
        pictures = keras.Input(logits_model.input.shape[1:], dtype="uint8", name="picture")
        probability = keras.layers.Activation("sigmoid", name="probability")
        return keras.Model(pictures, probability(copy(pictures)), name=name)


def parts(model: Any) -> tuple[Any, Any]:
    """The ``conv_base`` and head of a whole model that was made of :func:`join`."""
    classifier = model.get_layer("classifier")
    return classifier.get_layer("vgg16"), classifier.get_layer("head")


def in_float32(model: Any) -> Any:
    """A copy of a model whose layers compute in float32, with the same weights."""

    def in_float32_layer(layer: Any) -> Any:
        if isinstance(layer, keras.Model):
            return in_float32(layer)
        if not isinstance(layer, keras.Layer):
            return layer  # a plain operation, such as a flip: it has no dtype of its own
        return layer.__class__.from_config({**layer.get_config(), "dtype": "float32"})

    copy = keras.models.clone_model(model, clone_function=in_float32_layer)
    copy.set_weights(model.get_weights())
    return copy


def save_model(model: Any, path: Path) -> None:
    """Save a model as a ``.keras`` file without the time, so that equal models are equal files."""
    model.save(path)
    with zipfile.ZipFile(path) as saved:
        entries = {name: saved.read(name) for name in sorted(saved.namelist())}
    metadata = json.loads(entries["metadata.json"])
    entries["metadata.json"] = json.dumps({**metadata, "date_saved": ""}).encode()
    with zipfile.ZipFile(path, "w") as timeless:
        for name, content in entries.items():
            timeless.writestr(zipfile.ZipInfo(name), content)  # dated 1980-01-01


def load_whole_model(path: Path) -> Any:
    """Load a model that :func:`whole_model` made.

    Raises:
        PipelineError: the file is missing or is not such a model.
    """
    try:
        return keras.models.load_model(path, compile=False)
    except (OSError, ValueError, TypeError) as error:
        raise PipelineError(f"{path} cannot be loaded as a Keras model: {error}") from None


def predict(model: Any, pictures: Any) -> Any:
    """Probabilities that a whole model gives.

    Args:
        model: see :func:`whole_model`.
        pictures: ``tf.data.Dataset`` of uint8 batches, or an array.

    Returns:
        float32 array (pictures,), the probability of the second class.
    """
    return model.predict(pictures, verbose=0).reshape(-1)
