"""What a file holds, by its kind: numbers and text with names, instead of bytes."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

import numpy as np

from dogs_vs_cats.tracking.lineage import flatten

Source: TypeAlias = Path | io.BytesIO
"""A file, or one that stood in an archive."""
Part: TypeAlias = np.ndarray | str
"""An array of numbers or of anything else, or a text."""
Reader: TypeAlias = Callable[[Source], Mapping[str, Part]]

CONTAINERS = frozenset({".keras", ".npz", ".zip"})
"""Suffixes of zip archives. Each entry is a file of its own kind."""
NOT_CONTENT = {("metadata.json", ".keras"): ("date_saved", "keras_version")}
"""Keys of JSON that say when and by which version it was written, by the entry's name and its
archive's suffix."""


class UnreadableError(Exception):
    """A file is not of the kind that its name says."""


def kind(name: str) -> str:
    """The suffix that decides how a file is read, in lower case."""
    return PurePosixPath(name).suffix.lower()


def parts(source: Source, name: str) -> Mapping[str, Part] | None:
    """The content of a file by name.

    Args:
        source: where it is.
        name: its name, which tells its kind.

    Returns:
        ``.npy``: the array, mapped into memory where it is a file. ``.h5``: each data set and
        attribute by its path. ``.csv``: each column; numbers as float64. ``.json``: each value by
        dotted key; numbers as float64. Pictures: the pixels, uint8 (height, width, channels).
        None for any other kind.

    Raises:
        UnreadableError: it is not of that kind.
    """
    reader = _READERS.get(kind(name))
    if reader is None:
        return None
    with _explained(name):
        return reader(source)


def entries(source: Source, name: str) -> dict[str, tuple[int, int]]:
    """The files of a zip archive: CRC-32 and size by name.

    Raises:
        UnreadableError: it is no zip archive.
    """
    with _explained(name), zipfile.ZipFile(source) as archive:
        return {
            member.filename: (member.CRC, member.file_size)
            for member in archive.infolist()
            if not member.is_dir()
        }


def entry(source: Source, name: str, inner: str) -> Source:
    """A file of a zip archive, without what is :data:`NOT_CONTENT`.

    Args:
        source: where the archive is.
        name: the archive's.
        inner: the file's in it.

    Raises:
        UnreadableError: it is damaged.
    """
    with _explained(inner), zipfile.ZipFile(source) as archive:
        content = archive.read(inner)
        if without := NOT_CONTENT.get((inner, kind(name))):
            told = {key: v for key, v in json.loads(content).items() if key not in without}
            content = json.dumps(told).encode()
        return io.BytesIO(content)


def read_bytes(source: Source) -> bytes:
    """All of a file."""
    return source.read_bytes() if isinstance(source, Path) else source.getvalue()


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turns what libraries raise on a damaged file into :class:`UnreadableError`."""
    try:
        yield
    except (UnreadableError, MemoryError):
        raise
    # What they raise is not documented in full: of h5py OSError and KeyError, of Pillow OSError
    # and SyntaxError, of pandas and json ValueError.
    except Exception as error:
        raise UnreadableError(f"cannot be read as {kind(name)}: {type(error).__name__}") from error


def _npy(source: Source) -> Mapping[str, Part]:
    # A saved view of pictures takes gigabytes: read block by block as it is compared.
    return {"": np.load(source, mmap_mode="r" if isinstance(source, Path) else None)}


def _h5(source: Source) -> Mapping[str, Part]:
    import h5py

    found: dict[str, Part] = {}

    def add(path: str, item: Any) -> None:
        for name, value in item.attrs.items():
            found[f"{path}@{name}"] = np.asarray(value)
        if isinstance(item, h5py.Dataset):
            found[path] = np.asarray(item[()])

    with h5py.File(source, "r") as file:
        add("", file)
        file.visititems(add)
    return found


def _csv(source: Source) -> Mapping[str, Part]:
    import pandas as pd

    table = pd.read_csv(source)
    return {
        str(name): column.to_numpy(dtype=np.float64)
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
        else column.astype(str).to_numpy(dtype=object)
        for name, column in table.items()
    }


def _json(source: Source) -> Mapping[str, Part]:
    return {
        name: np.asarray(float(value))
        if isinstance(value, int | float) and not isinstance(value, bool)
        else json.dumps(value)
        for name, value in flatten(_keyed(json.loads(read_bytes(source))))
    }


def _keyed(value: Any) -> Any:
    """Lists become mappings from the position, so that every leaf has a name."""
    if isinstance(value, list | tuple):
        value = {str(index): item for index, item in enumerate(value)}
    if isinstance(value, dict) and value:
        return {str(key): _keyed(item) for key, item in value.items()}
    return value


def _picture(source: Source) -> Mapping[str, Part]:
    from PIL import Image

    with Image.open(source) as picture:
        return {"": np.asarray(picture)}


_READERS: Mapping[str, Reader] = {
    ".npy": _npy,
    ".h5": _h5,
    ".hdf5": _h5,
    ".csv": _csv,
    ".json": _json,
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp"), _picture),
}
