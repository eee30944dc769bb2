"""Pictures inside the page, so that it needs no file but itself."""

import base64
from dataclasses import dataclass
from pathlib import Path

from dogs_vs_cats.visualization.drawing import Drawing, Listed

MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}


@dataclass(frozen=True)
class Inlined:
    """A picture's whole file."""

    uri: str
    """``data:`` URI."""
    width: int
    height: int
    """CSS pixels."""


@dataclass(frozen=True)
class Illustration:
    """A drawing inside the page."""

    words: Drawing | Listed
    """What holds its ``title``, ``alt`` and ``caption``."""
    image: Inlined


def illustration(drawing: Drawing | Listed, path: Path) -> Illustration:
    """A drawing that lies at ``path``."""
    if isinstance(drawing, Listed):
        width, height = drawing.width, drawing.height
    else:
        width, height = (round(96 * inches) for inches in drawing.figure.get_size_inches())
    return Illustration(drawing, Inlined(_data_uri(path, MEDIA_TYPES[path.suffix]), width, height))


def inlined_photo(path: Path) -> Inlined:
    """A photo, whose type and size are read from its content."""
    from PIL import Image

    with Image.open(path) as picture:
        return Inlined(_data_uri(path, Image.MIME[picture.format or "JPEG"]), *picture.size)


def _data_uri(path: Path, media_type: str) -> str:
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{media_type};base64,{content}"
