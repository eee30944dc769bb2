"""Feature maps on disk: float16 arrays that are memory-mapped, so that memory stays a batch's."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.project.errors import PipelineError

Bank = tuple[npt.NDArray[np.float16], npt.NDArray[np.int32]]
"""Feature maps (views, pictures, height, width, channels) and labels (pictures,)."""


def labels_path(bank: Path) -> Path:
    """Where the labels of a bank are: ``train.npy`` has ``train.labels.npy``."""
    return bank.with_suffix(".labels.npy")


def open_bank(path: Path, stage: str = "") -> Bank:
    """A bank, memory-mapped and read-only, and its labels.

    Args:
        path: of the bank.
        stage: that makes it; empty: it has the name of the bank's folder.

    Raises:
        PipelineError: a file is missing or broken.
    """
    try:
        return np.load(path, mmap_mode="r"), np.load(labels_path(path))
    except (OSError, ValueError, EOFError) as error:
        raise PipelineError(
            f"{path} cannot be read ({error}). Run `dvc repro {stage or path.parent.name}`."
        ) from None


def new_bank(path: Path, shape: tuple[int, ...]) -> "np.memmap[Any, np.dtype[np.float16]]":
    """A memory-mapped file with all of its space reserved.

    On a full disk this raises ``OSError``; a write into a hole of a sparse file would end the
    process with a signal.
    """
    bank: np.memmap[Any, np.dtype[np.float16]] = np.lib.format.open_memmap(
        path, "w+", np.float16, shape
    )
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            error.filename = str(path)  # the message must say which disk
            raise
    return bank
