"""Saved models that look at a picture's mean colour, so that a test knows what they must say."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.models.outputs import logits_layer
from dogs_vs_cats.models.saved import Description, save_model, whole_model

SIZE = 20


def write_model(
    path: Path, classes: tuple[str, ...], kernel: npt.ArrayLike, bias: npt.ArrayLike
) -> Path:
    """A model whose logits are linear in a picture's mean red, green and blue, each 0 to 1.

    Args:
        path: of the file, whose name becomes the model's.
        classes: their names.
        kernel: shape (3, logits); of two classes there is one logit, the second's.
        bias: shape (logits,).
    """
    pictures = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(pictures))
    logits = logits_layer(len(classes))
    network = keras.Model(pictures, logits(x), name="linear")
    logits.set_weights([np.asarray(kernel), np.asarray(bias)])
    model = whole_model(path.stem, network)
    save_model(model, path, Description(path.stem, classes, SIZE, "rescale"))
    return path
