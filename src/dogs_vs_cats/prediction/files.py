"""Which files a user means, and why some of them are no pictures."""

import glob
import os
from collections.abc import Sequence
from pathlib import Path

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png"})
"""Of what :func:`dogs_vs_cats.data.reading.pictures.decode` reads; in lower case."""


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


def why_unreadable(path: Path) -> str:
    """What is wrong with a path that :func:`dogs_vs_cats.prediction.predict.predict_files` left
    out."""
    if path.is_dir():
        return "a folder without pictures"
    if not path.exists():
        return "no such file"
    if not os.access(path, os.R_OK):
        return "this user may not read it"
    return "no JPEG, PNG, BMP or GIF that can be decoded"
