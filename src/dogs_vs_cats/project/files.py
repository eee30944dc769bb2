"""Files that are either whole or absent, and their digests."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dogs_vs_cats.project.errors import PipelineError

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` and rename it into place when the block succeeds.

    If the block raises, ``path`` is untouched and the temporary file is gone. A process that was
    killed leaves its temporary file; the next one takes its place.
    """
    # The name ends as the path does: Keras and NumPy choose the format by it.
    temporary = path.with_name(f".partial-{path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary.unlink(missing_ok=True)
    try:
        with naming(path):
            yield temporary
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_directory(path: Path) -> Iterator[Path]:
    """Give an empty temporary folder and put it in the place of ``path`` when the block succeeds.

    As :func:`whole_file`, for a folder.
    """
    with scratch_directory(path) as temporary:
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        temporary.replace(path)


@contextmanager
def scratch_directory(path: Path) -> Iterator[Path]:
    """Give an empty temporary folder beside ``path`` and remove it after the block.

    On the disk of the data, which has room, where the system's temporary folder may not. A
    process that was killed leaves it; the next one takes its place.
    """
    temporary = path.with_name(f".partial-{path.name}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        with naming(path):
            yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def temporary_directory() -> Iterator[Path]:
    """Give an empty folder in the system's temporary folder and remove it after the block.

    For what is small. A write into it that fails names it.
    """
    with tempfile.TemporaryDirectory() as folder, naming(Path(folder)):
        yield Path(folder)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name ``path`` in an ``OSError`` of the block that names nothing.

    A write into an open file fails without a name, but the message must say which disk.
    """
    try:
        yield
    except OSError as error:
        if error.strerror:  # a connection that breaks says nothing of the file
            error.filename = error.filename or str(path)
        raise


def require_space(path: Path, size: int) -> None:
    """Check that ``size`` bytes fit where ``path`` is to be written.

    For writers that end on a full disk with a signal or a traceback, as HDF5 does.

    Raises:
        OSError: ``ENOSPC``, with the name of ``path``.
    """
    existing = next(parent for parent in path.absolute().parents if parent.exists())
    if shutil.disk_usage(existing).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON with keys in the order given.

    Raises:
        PipelineError: a number is not finite, as after a training that diverged.
    """
    try:
        text = json.dumps(value, indent=2, allow_nan=False)
    except ValueError:
        raise PipelineError(
            f"{path} would hold a number that is not finite. If a training diverged, lower its"
            " learning_rate in params.yaml."
        ) from None
    with whole_file(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def write_csv(path: Path, table: "pd.DataFrame") -> None:
    """Write a table without its index."""
    with whole_file(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def sha256(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
