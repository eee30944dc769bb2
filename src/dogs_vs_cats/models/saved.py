"""The model that is saved: uint8 pictures of any size in, a probability of each class out, in
float32.

What is trained gives logits, which keep the loss exact far from 0. What a program needs to know of
a model stands in its file: the names of its classes, and what its pictures are brought to inside.
"""

import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dogs_vs_cats.compute.backend import dtype_policy, keras, recast
from dogs_vs_cats.models.outputs import probabilities
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import Preprocessing

_METADATA = "metadata.json"
"""What Keras writes beside a model and never reads."""
_DESCRIPTION = "dogs_vs_cats"
_SQUARES = "squares"
"""Name of the layer that brings pictures to the size that was trained on."""


@dataclass(frozen=True)
class Description:
    """What a saved model is of."""

    method: str
    classes: tuple[str, ...]
    """Names; the index is the place of a class's probability in the output."""
    image_size: int
    """Side in pixels of the squares that it was trained on and brings pictures to."""
    preprocessing: Preprocessing
    """What the model does with the pixels first."""


def whole_model(name: str, logits_model: Any) -> Any:
    """The model to save: uint8 pictures in, a probability of each class out, all in float32.

    It brings pictures to squares by the arithmetic of
    :func:`dogs_vs_cats.data.reading.pictures.decode`: antialiased, rounded to whole numbers. What
    is a square of that size already comes out of this as it was.

    Args:
        name: the method's name, which becomes the model's.
        logits_model: square pictures of 0 to 255 to logits; its weights are copied.

    Returns:
        Keras model: uint8 RGB (batch, height, width, 3), of any height and width, to float32
        (batch, classes) between 0 and 1.
    """
    side = logits_model.input.shape[1]
    with dtype_policy("float32"):
        copy = recast(logits_model, lambda _: "float32")
        pictures = keras.Input((None, None, 3), dtype="uint8", name="picture")
        resizing = keras.layers.Resizing(side, side, antialias=True, name=_SQUARES)
        squares = keras.ops.round(resizing(pictures))
        return keras.Model(pictures, probabilities(copy(squares)), name=name)


def side_of(model: Any) -> int:
    """Side in pixels of the squares that a whole model brings pictures to.

    Raises:
        PipelineError: it is none that :func:`whole_model` made.
    """
    squares = next((layer for layer in model.layers if layer.name == _SQUARES), None)
    made = getattr(model, "output_shape", None)
    match squares, made:
        case keras.layers.Resizing(), (None, int(outputs)) if outputs > 1:
            return int(squares.height)
    raise PipelineError(
        f"Model '{model.name}' takes {getattr(model, 'input_shape', None)} and gives {made};"
        " expected RGB pictures of any size (None, None, None, 3), which it resizes, and a"
        " probability of each class (None, classes). Train it again with `dvc repro`."
    )


def of_squares(model: Any) -> Any:
    """A whole model without its resizing, for pictures that are squares of its size already.

    Resizing to the same size changes nothing, but takes as long as the small convnet.
    """
    return keras.Model(model.get_layer(_SQUARES).output, model.output, name=model.name)


def save_model(model: Any, path: Path, description: Description) -> None:
    """Save a model as a ``.keras`` file without the time, so that equal models are equal files."""
    model.save(path)
    with zipfile.ZipFile(path) as saved:
        entries = {name: saved.read(name) for name in sorted(saved.namelist())}
    metadata = json.loads(entries[_METADATA])
    metadata |= {"date_saved": "", _DESCRIPTION: asdict(description)}
    entries[_METADATA] = json.dumps(metadata, ensure_ascii=False).encode()
    with zipfile.ZipFile(path, "w") as timeless:
        for name, content in entries.items():
            timeless.writestr(zipfile.ZipInfo(name), content)  # dated 1980-01-01


def describe(path: Path) -> Description | None:
    """What :func:`save_model` wrote into a file; None if it wrote nothing, or is not the writer."""
    try:
        with zipfile.ZipFile(path) as saved:
            told = json.loads(saved.read(_METADATA))[_DESCRIPTION]
        return Description(**{**told, "classes": tuple(told["classes"])})
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError):
        return None


def load_whole_model(path: Path) -> Any:
    """Load a model that :func:`whole_model` made.

    Raises:
        PipelineError: the file is missing or is not such a model.
    """
    try:
        return keras.models.load_model(path, compile=False)
    except (OSError, ValueError, TypeError) as error:
        raise PipelineError(f"{path} cannot be loaded as a Keras model: {error}") from None
