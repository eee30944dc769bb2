"""The model that is saved: uint8 pictures in, a probability of each class out, in float32.

What is trained gives logits, which keep the loss exact far from 0. What a program needs to know of
a model stands in its file: the names of its classes, and what its pictures were brought to.
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


@dataclass(frozen=True)
class Description:
    """What a saved model is of."""

    method: str
    classes: tuple[str, ...]
    """Names; the index is the place of a class's probability in the output."""
    image_size: int
    """Side in pixels of the squares that it takes."""
    preprocessing: Preprocessing
    """What the model does with the pixels first."""


def whole_model(name: str, logits_model: Any) -> Any:
    """The model to save: uint8 pictures in, a probability of each class out, all in float32.

    Args:
        name: the method's name, which becomes the model's.
        logits_model: pictures of 0 to 255 to logits; its weights are copied.

    Returns:
        Keras model: uint8 (batch, height, width, 3) to float32 (batch, classes) between 0 and 1.
    """
    with dtype_policy("float32"):
        copy = recast(logits_model, lambda _: "float32")
        pictures = keras.Input(logits_model.input.shape[1:], dtype="uint8", name="picture")
        return keras.Model(pictures, probabilities(copy(pictures)), name=name)


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
