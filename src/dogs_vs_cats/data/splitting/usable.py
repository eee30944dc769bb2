"""Which pictures of an archive are usable, and why the others are not."""

import hashlib
import io
from collections import defaultdict
from collections.abc import Mapping

import pandas as pd
from PIL import Image, UnidentifiedImageError

from dogs_vs_cats.data.splitting.archive import (
    ArchivedPicture,
    DamagedError,
    PictureArchive,
    on_all_cores,
)
from dogs_vs_cats.data.splitting.jpeg import jpeg_defect
from dogs_vs_cats.project.text import printable
from dogs_vs_cats.settings import SplitSettings

EXCLUDED_COLUMNS = ("file", "class", "reason")
LONGEST_NAME = 255
"""Bytes of a file's name on the file systems of Linux."""


def usable_pictures(
    archive: PictureArchive, settings: SplitSettings
) -> tuple[list[ArchivedPicture], dict[ArchivedPicture, str]]:
    """Look at every picture of the archive and set apart what cannot be learned from.

    Left out are names that no file should have, declared sizes or pixel counts beyond the limits,
    files that are not RGB JPEGs or do not decode without complaint, and exact duplicates: of the
    same class all but the first, of both classes all of them, since one label is wrong.

    Returns:
        The usable pictures in the archive's order, and a reason for each of the others.
    """
    reasons: dict[ArchivedPicture, str] = {}
    by_content: dict[str, list[ArchivedPicture]] = defaultdict(list)
    taken: set[tuple[str, str]] = set()
    to_inspect = []
    for picture in archive.pictures:
        if fault := _fault_of_name(picture):
            reasons[picture] = fault
        elif picture.size > settings.max_bytes:
            reasons[picture] = f"{picture.size} bytes, more than split.max_bytes"
        elif (picture.label, picture.name) in taken:
            reasons[picture] = "another picture of its class has the same file name"
        else:
            taken.add((picture.label, picture.name))
            to_inspect.append(picture)

    def inspect(picture: ArchivedPicture) -> tuple[ArchivedPicture, str | None, str]:
        try:
            content = archive.read(picture)
        except DamagedError as error:
            return picture, str(error), ""
        digest = hashlib.sha256(content).hexdigest()
        return picture, unusable_because(content, settings.max_pixels), digest

    for picture, reason, digest in on_all_cores(inspect, to_inspect, "looking at pictures"):
        if reason:
            reasons[picture] = reason
        else:
            by_content[digest].append(picture)
    for same in by_content.values():
        if len({picture.label for picture in same}) > 1:
            reason = "the same bytes stand in the archive under both classes"
            reasons |= dict.fromkeys(same, reason)
        else:
            reasons |= dict.fromkeys(same[1:], f"the same bytes as {same[0].entry}")
    return [picture for picture in archive.pictures if picture not in reasons], reasons


def _fault_of_name(picture: ArchivedPicture) -> str | None:
    if not picture.is_safe:
        return "its name leads out of the folder"
    if len(picture.name.encode()) > LONGEST_NAME:
        return f"its name is longer than {LONGEST_NAME} bytes"
    if printable(picture.name) != picture.name:
        return "its name holds control characters"
    return None


def unusable_because(content: bytes, max_pixels: int) -> str | None:
    """Why these bytes are not a picture to learn from, or None if they are.

    Args:
        content: the bytes of a file.
        max_pixels: the largest width × height to decode.
    """
    if not content:
        return "empty file"
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > max_pixels:
                return f"{picture.width}×{picture.height} pixels, more than split.max_pixels"
            if picture.format != "JPEG":
                return f"{picture.format}, not JPEG"
            if picture.mode != "RGB":
                return f"JPEG of mode {picture.mode}, not RGB"
            picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return "more pixels than split.max_pixels"
    except UnidentifiedImageError:
        return "not a picture"
    except Exception as error:  # decoders raise nearly everything at damaged bytes
        return f"does not decode: {str(error) or type(error).__name__}"
    defect = jpeg_defect(content)
    return f"does not decode: {defect}" if defect else None


def exclusion_table(
    reasons: Mapping[ArchivedPicture, str], others: Mapping[str, str]
) -> pd.DataFrame:
    """All that was left out.

    Args:
        reasons: why each of these pictures cannot be learned from.
        others: :attr:`PictureArchive.others`.

    Returns:
        The pictures, sorted by class and place, then the other files, whose class is empty. The
        columns are ``EXCLUDED_COLUMNS``; control characters are escaped.
    """
    rows = [
        *(
            (picture.entry, picture.label, reasons[picture])
            for picture in sorted(reasons, key=lambda p: (p.label, p.order))
        ),
        *((name, "", reason) for name, reason in sorted(others.items())),
    ]
    return pd.DataFrame(
        [[printable(text) for text in row] for row in rows], columns=list(EXCLUDED_COLUMNS)
    )
