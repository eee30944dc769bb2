"""Two registered models on the same validation pictures. Imports TensorFlow."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.data.reading.classes import Classes, read_classes
from dogs_vs_cats.data.reading.pictures import LabelledPictures, list_pictures, picture_batches
from dogs_vs_cats.evaluation.significance import exact_mcnemar
from dogs_vs_cats.models.saved import describe, load_whole_model, of_squares, side_of
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import temporary_directory
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.champion import download
from dogs_vs_cats.tracking.office import Paired, named
from dogs_vs_cats.tracking.store import Store

_BATCH = 32


def paired_test(store: Store, before: Any, after: Any, layout: Layout) -> Paired:
    """Ask two versions about every validation picture of the project.

    Args:
        store: which both are registered in.
        before: the version in office.
        after: the version that is better.
        layout: where the pictures lie.

    Returns:
        See :attr:`dogs_vs_cats.tracking.office.Term.test`; or why they could not be asked.
    """
    folder = layout.splits / "validation"
    if not folder.is_dir():
        return f"{folder} is not here"
    classes = read_classes(layout.classes)
    pictures = list_pictures(folder, classes)
    try:
        old, new = (_right(store, version, pictures, classes) for version in (before, after))
    except PipelineError as error:
        return str(error)
    only_old, only_new = int(np.sum(old & ~new)), int(np.sum(new & ~old))
    return {
        "pictures": len(pictures.paths),
        "only_before_right": only_old,
        "only_this_right": only_new,
        "p_value": exact_mcnemar(only_old, only_new),
    }


def _right(
    store: Store, version: Any, pictures: LabelledPictures, classes: Classes
) -> npt.NDArray[np.bool_]:
    """For each picture, (pictures,), whether a version knows what it is."""
    with temporary_directory() as folder:
        file: Path = download(store, version.source, folder)
        told = describe(file)
        if told is None or tuple(told.classes) != tuple(classes):
            raise PipelineError(f"{named(version)} has other classes")
        model = load_whole_model(file)
    batches = picture_batches(pictures.paths, side_of(model), _BATCH)
    says = of_squares(model).predict(batches, verbose=0)
    right: npt.NDArray[np.bool_] = says.argmax(axis=1) == pictures.labels
    return right
