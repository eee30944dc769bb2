"""What a saved model says of any pictures, wherever they lie and whatever is broken among them."""

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from dogs_vs_cats.compute.backend import prefetched, tf
from dogs_vs_cats.compute.cpu import cpu_cores
from dogs_vs_cats.data.reading.pictures import decode
from dogs_vs_cats.evaluation.metrics import DECISION_THRESHOLD
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import whole_file
from dogs_vs_cats.visualization import grad_cam, heatmaps

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png"})
"""Of what :func:`dogs_vs_cats.data.reading.pictures.decode` reads; in lower case."""
HEATMAP_SIZE = 450
"""Side in pixels of a heatmap's file: three times the models', so that people see the picture."""


@dataclass(frozen=True)
class Batch:
    """Pictures that could be read, and what the model says of them."""

    paths: tuple[Path, ...]
    pictures: npt.NDArray[np.uint8]
    """Shape (len(paths), size, size, 3), RGB: what the model saw."""
    probabilities: npt.NDArray[np.float32]
    """Shape (len(paths),): of the second class, 0 to 1."""


def find_pictures(names: Sequence[str]) -> list[Path]:
    """The files that names stand for, each once, in the order of the names.

    Args:
        names: files; folders, which stand for all pictures in them and in their folders, sorted
            (known by :data:`SUFFIXES`; hidden ones are left out); or patterns that no shell has
            expanded, such as ``cats/*.jpg`` or ``**/*.png``.

    Returns:
        Paths. What stands for nothing, as a folder without pictures, is returned as it is: it
        cannot be read either.
    """
    found: dict[Path, None] = {}
    for name in names:
        matches = (
            [name]
            if Path(name).exists()
            else sorted(
                glob.glob(name, recursive=True)  # noqa: PTH207 (pathlib's takes no absolute ones)
            )
        )
        for path in map(Path, matches or [name]):
            found |= dict.fromkeys((path.is_dir() and _pictures_in(path)) or [path])
    return list(found)


def _pictures_in(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def input_size(model: Any) -> int:
    """Side in pixels of the pictures that a model takes.

    Args:
        model: a Keras model.

    Raises:
        PipelineError: it is none that :func:`dogs_vs_cats.models.saved.whole_model` made.
    """
    given, made = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    match given, made:
        case (None, int(height), int(width), 3), (None, 1) if height == width:
            return height
    raise PipelineError(
        f"Model '{model.name}' takes {given} and gives {made}; expected square RGB pictures"
        " (None, side, side, 3) and one probability (None, 1)."
    )


def predict_files(model: Any, paths: Sequence[Path], batch_size: int) -> Iterator[Batch]:
    """Stream pictures through a model, decoding on all cores. What cannot be read is left out.

    Args:
        model: see :func:`dogs_vs_cats.models.saved.whole_model`.
        paths: of picture files, at least one.
        batch_size: pictures decoded and predicted at once.

    Yields:
        Batches of at most ``batch_size`` pictures, in the order of ``paths``.

    Raises:
        PipelineError: this is no such model.
    """
    size = input_size(model)
    batches = prefetched(
        tf.data.Dataset.from_tensor_slices([str(path) for path in paths])
        .enumerate()
        .map(
            lambda number, path: (number, decode(tf.io.read_file(path), size)),
            num_parallel_calls=cpu_cores(),
        )
        .ignore_errors()
        .batch(batch_size)
    )
    for numbers, pictures in batches.as_numpy_iterator():
        yield Batch(
            paths=tuple(paths[number] for number in numbers),
            pictures=pictures,
            probabilities=model.predict_on_batch(pictures).reshape(-1),
        )


def decide(probability: float, classes: tuple[str, str]) -> tuple[str, float]:
    """The class decided for, and the probability of that class (0.5 to 1).

    Args:
        probability: of the second class.
        classes: names of label 0 and label 1.
    """
    if probability > DECISION_THRESHOLD:
        return classes[1], probability
    return classes[0], 1 - probability


def why_unreadable(path: Path) -> str:
    """What is wrong with a path that :func:`predict_files` left out."""
    if path.is_dir():
        return "a folder without pictures"
    if not path.exists():
        return "no such file"
    if not os.access(path, os.R_OK):
        return "this user may not read it"
    return "no JPEG, PNG, BMP or GIF that can be decoded"


def heatmap_files(paths: Sequence[Path], folder: Path) -> dict[Path, Path]:
    """Where each picture's heatmap goes: under the picture's name, in the folders that tell equal
    names apart.

    Raises:
        PipelineError: a heatmap would take the place of one of the pictures.
    """
    places = {path: Path(os.path.abspath(path)) for path in paths}  # noqa: PTH100 (links stay)
    common = os.path.commonpath([place.parent for place in places.values()])
    files = {path: folder / place.relative_to(common) for path, place in places.items()}
    for path, file in files.items():
        if file.suffix.lower() not in {".jpg", ".jpeg"}:
            files[path] = file.with_name(f"{file.name}.jpg")
    originals = {path.resolve() for path in paths}
    for file in files.values():
        if file.resolve() in originals:
            raise PipelineError(
                f"The heatmap {file} would take the place of a picture. Name another folder."
            )
    return files


def write_heatmaps(model: Any, batch: Batch, files: Mapping[Path, Path]) -> None:
    """Write what spoke for the class that the model decided for, over each picture of a batch.

    Args:
        model: of one of the five methods.
        batch: see :func:`predict_files`.
        files: picture to JPEG file, see :func:`heatmap_files`.

    Raises:
        PipelineError: the model is of none of the five methods.
    """
    explanation = grad_cam.explain(model, batch.pictures)
    decided = (batch.probabilities > DECISION_THRESHOLD).astype(int)
    for path, label, maps in zip(batch.paths, decided, explanation.maps, strict=True):
        picture = decode(tf.io.read_file(str(path)), HEATMAP_SIZE).numpy()
        heatmap = grad_cam.resize(maps[label], explanation.network, HEATMAP_SIZE)
        seen = np.round(255 * heatmaps.overlay(picture, heatmap)).astype(np.uint8)
        with whole_file(files[path]) as temporary:
            Image.fromarray(seen).save(temporary, "JPEG", quality=90)
