"""The model that is saved: uint8 pictures in, probabilities out, in float32.

What is trained gives logits, which keep the loss exact far from 0.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

from dogs_vs_cats.compute.backend import dtype_policy, keras
from dogs_vs_cats.project.errors import PipelineError


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
