"""Which pictures of an archive are usable, and why the others are not."""

import hashlib
import io
from collections import defaultdict
from collections.abc import Mapping

import pandas as pd
from PIL import Image, UnidentifiedImageError

from dogs_vs_cats.data.splitting.archive import ArchivedPicture, PictureArchive, on_all_cores
from dogs_vs_cats.settings import SplitSettings

EXCLUDED_COLUMNS = ("file", "class", "reason")


def usable_pictures(
    archive: PictureArchive, settings: SplitSettings
) -> tuple[list[ArchivedPicture], dict[ArchivedPicture, str]]:
    """Look at every picture of the archive and set apart what cannot be learned from.

    Left out are names that lead out of the folder, declared sizes or pixel counts beyond the
    limits, files that are not RGB JPEGs or do not decode to their last line, and exact duplicates:
    of the same class all but the first, of both classes all of them, since one label is wrong.

    Returns:
        The usable pictures in the archive's order, and a reason for each of the others.
    """
    reasons: dict[ArchivedPicture, str] = {}
    by_content: dict[str, list[ArchivedPicture]] = defaultdict(list)
    taken: set[tuple[str, str]] = set()
    to_inspect = []
    for picture in archive.pictures:
        if not picture.is_safe:
            reasons[picture] = "its name leads out of the folder"
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
        except ValueError as error:
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
    except (OSError, SyntaxError, ValueError) as error:
        return f"does not decode: {error}"
    return None


def exclusion_table(reasons: Mapping[ArchivedPicture, str]) -> pd.DataFrame:
    """The pictures left out, sorted by class and place, with the columns ``EXCLUDED_COLUMNS``."""
    rows = [
        (picture.entry, picture.label, reasons[picture])
        for picture in sorted(reasons, key=lambda p: (p.label, p.order))
    ]
    return pd.DataFrame(rows, columns=list(EXCLUDED_COLUMNS))
