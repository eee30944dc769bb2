"""Heatmaps as files: for each picture, what spoke for the class that was decided for."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dogs_vs_cats.data.reading.pictures import decode
from dogs_vs_cats.prediction.predict import Batch
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import whole_file
from dogs_vs_cats.project.text import printable
from dogs_vs_cats.visualization import grad_cam, heatmaps

HEATMAP_SIZE = 450
"""Side in pixels of a heatmap's file: three times the models', so that people see the picture."""


def heatmap_files(paths: Sequence[Path], folder: Path) -> dict[Path, Path]:
    """Where each picture's heatmap goes: under the picture's name, in the folders that tell equal
    names apart.

    Raises:
        PipelineError: a heatmap would take the place of one of the pictures.
    """
    places = {path: Path(os.path.abspath(path)) for path in paths}  # noqa: PTH100 (links stay)
    common = os.path.commonpath([place.parent for place in places.values()])
    originals = {path.resolve() for path in paths}
    files: dict[Path, Path] = {}  # heatmap to picture
    for path, place in places.items():
        file = folder / place.relative_to(common)
        # Beside a.png there may be a picture a.png.jpg.
        while file.suffix.lower() not in {".jpg", ".jpeg"} or file in files:
            file = file.with_name(f"{file.name}.jpg")
        if file.resolve() in originals:
            raise PipelineError(
                f"The heatmap {printable(str(file))} would take the place of a picture."
                " Name another folder."
            )
        files[file] = path
    return {path: file for file, path in files.items()}


def write_heatmaps(
    network: Any, batch: Batch, labels: Sequence[int], files: Mapping[Path, Path]
) -> None:
    """Write what spoke for the class that was decided for, over each picture of a batch.

    Args:
        network: of one of the five methods.
        batch: see :func:`dogs_vs_cats.prediction.predict.predict_files`.
        labels: the class of each picture.
        files: picture to JPEG file, see :func:`heatmap_files`.

    Raises:
        PipelineError: the model is of none of the five methods.
    """
    explanation = grad_cam.explain(network, batch.pictures, np.array(labels)[:, np.newaxis])
    for path, (of_decided,) in zip(batch.paths, explanation.maps, strict=True):
        picture = decode(path.read_bytes(), HEATMAP_SIZE).numpy()
        heatmap = grad_cam.resize(of_decided, explanation.network, HEATMAP_SIZE)
        seen = np.round(255 * heatmaps.overlay(picture, heatmap)).astype(np.uint8)
        with whole_file(files[path]) as temporary:
            Image.fromarray(seen).save(temporary, "JPEG", quality=90)
