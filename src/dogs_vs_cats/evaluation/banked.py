"""The pictures of all splits as the base sees them, from the features that were computed before."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.data.reading.pictures import list_pictures
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SPLITS

_CHUNK = 256
"""Pictures whose maps are in memory at once."""


@dataclass(frozen=True)
class BankedSplit:
    """The pictures of a split, and what ``conv_base`` makes of them."""

    name: str
    files: tuple[str, ...]
    """Relative to the folder of the splits."""
    labels: npt.NDArray[np.int32]
    """Shape (len(files),), class indices."""
    features: npt.NDArray[np.float16]
    """Memory-mapped, shape (len(files), height, width, channels)."""


def banked_splits(bank: Path, splits: Path, classes: Sequence[str]) -> list[BankedSplit]:
    """The three splits, in the order in which they were filled.

    Args:
        bank: folder with a bank of ``conv_base`` features a split.
        splits: folder of the splits.
        classes: names; the index is the label.

    Raises:
        PipelineError: a file is missing, or features and pictures are not of the same number.
    """
    found = []
    for split in SPLITS:
        path = bank / f"{split}.npy"
        features, labels = open_bank(path)
        pictures = list_pictures(splits / split, classes)
        if not np.array_equal(labels, pictures.labels):
            raise PipelineError(
                f"{path} is not of the pictures in {splits / split}. Run `dvc repro features`."
            )
        files = tuple(path.relative_to(splits).as_posix() for path in pictures.paths)
        found.append(BankedSplit(split, files, pictures.labels, features[0]))
    return found


def averaged(
    features: npt.NDArray[np.float16], rows: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """Features averaged over the places of a picture, so that where things stand does not count.

    Args:
        features: of a :class:`BankedSplit`.
        rows: the pictures.

    Returns:
        Shape (len(rows), channels).
    """
    averages = np.empty((len(rows), features.shape[-1]), np.float32)
    for start in range(0, len(rows), _CHUNK):
        some = slice(start, start + _CHUNK)
        averages[some] = features[rows[some]].mean(axis=(1, 2), dtype=np.float32)
    return averages


def root(features: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """The square root of features, with their sign where a network's can be negative.

    It tames the few very large ones (power normalisation, Perronnin, Sánchez & Mensink, 2010).
    """
    rooted: npt.NDArray[np.floating] = np.sign(features) * np.sqrt(np.abs(features))
    return rooted
