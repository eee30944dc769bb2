"""Where the digits come from. Like those of an archive, their bytes are the source's."""

import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from dogs_vs_cats.language.catalogue import mark
from dogs_vs_cats.mnist.digits import ARRAYS, CLASSES, SIDE, Arrays, digest, of_scikit_learn
from dogs_vs_cats.mnist.settings import SourceName
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.places import of_user

VARIABLE = "MNIST_NPZ"
"""Environment variable that names a copy of MNIST, as Keras stores it."""
MNIST = "2f6dc9b6c10f51819a845a7b909d9fe67f369d4207aa05ba0be846a5651a00e8"
""":func:`digest` of MNIST, whatever file it is read from. Its arrays have the well-known MD5s of
the four IDX files (6bbc9ace…, a25bea73…, 2646ac64…, 27ae3e4e…)."""

_NOT_READ = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error)
"""What NumPy raises of a file that is no ``.npz``, is damaged, or lacks an array."""
_AGAIN = "then run `dvc repro --force mnist/dvc.yaml:digits` and `dvc repro mnist/dvc.yaml`"


def obtain(source: SourceName) -> tuple[Arrays, dict[str, Any], str]:
    """The digits of a source.

    Args:
        source: ``mnist``: the file that :data:`VARIABLE` names, else Keras' download; ``digits``:
            scikit-learn's; ``auto``: the first of these that can be had.

    Returns:
        :data:`ARRAYS` by name; what ``source.json`` holds (``name``, ``about`` and the ``sha256``
        of the content, which are the same wherever equal digits come from); and how they came, in
        words.

    Raises:
        PipelineError: they cannot be had. A file that is named and cannot be used is no reason to
            take others.
    """
    if source == "digits":
        return _described(of_scikit_learn(), "from the package scikit-learn")
    if path := os.environ.get(VARIABLE):
        return _described(_of_file(of_user(path)), f"from {VARIABLE}")
    try:
        return _described(_downloaded(), "from Keras' download")
    except PipelineError as error:
        if source == "mnist":
            raise
        return _described(
            of_scikit_learn(),
            f"instead of MNIST, so no accuracy below is MNIST's. {error}",
        )


def _described(arrays: Arrays, how: str) -> tuple[Arrays, dict[str, Any], str]:
    content = digest(arrays)
    told = {
        MNIST: ("MNIST", mark("handwritten digits of 28×28 pixels, CC BY-SA 3.0")),
        digest(of_scikit_learn()): (
            mark("scikit-learn's digits"),
            mark(
                "handwritten digits of 8×8 pixels, here enlarged to 20×20 in the middle of 28×28;"
                " the last fifth is the test set; CC BY 4.0"
            ),
        ),
    }
    name, about = told.get(
        content, (mark("the arrays of MNIST_NPZ"), mark("not MNIST's, whose digest is another"))
    )
    return arrays, {"name": name, "about": about, "sha256": content}, how


def _of_file(path: Path) -> Arrays:
    mend = f"{VARIABLE} should name a copy of Keras' mnist.npz."
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in ARRAYS}
    except FileNotFoundError:
        raise PipelineError(f"{path} not found. {mend}") from None
    except _NOT_READ as error:
        raise PipelineError(f"{path} cannot be read as MNIST: {error}. {mend}") from None
    for x, y in (ARRAYS[:2], ARRAYS[2:]):
        shapes = arrays[x].shape, arrays[y].shape
        count = shapes[0][0] if shapes[0] else 0
        if shapes != ((count, SIDE, SIDE), (count,)) or arrays[x].dtype != np.uint8:
            raise PipelineError(
                f"{path} holds {x} of {shapes[0]}, {arrays[x].dtype}, and {y} of {shapes[1]};"
                f" expected uint8 (n, {SIDE}, {SIDE}) and (n,). {mend}"
            )
        if not set(np.unique(arrays[y]).tolist()) <= set(range(len(CLASSES))):
            raise PipelineError(f"{path} holds labels in {y} that are not 0 to 9. {mend}")
    return arrays | {name: arrays[name].astype(np.uint8) for name in ("y_train", "y_test")}


def _downloaded() -> Arrays:
    """Keras' copy, which it checks against its own digest and keeps in ``~/.keras/datasets``."""
    from dogs_vs_cats.compute.backend import keras

    try:
        train, test = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras raises plain ones, for whatever stood in the way
        raise PipelineError(
            f"MNIST cannot be downloaded ({error}). Check the connection, or name a copy of"
            f" mnist.npz in the environment variable {VARIABLE}; {_AGAIN}."
        ) from None
    return dict(zip(ARRAYS, (*train, *test), strict=True))
