"""Which pictures of an archive are usable, and why the others are not."""

import hashlib
import io
from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import pandas as pd
from PIL import Image, UnidentifiedImageError

from dogs_vs_cats.data.reading.decoding import FORMATS, Pixels, UnreadableError, upright
from dogs_vs_cats.data.reading.jpeg import jpeg_defect
from dogs_vs_cats.data.splitting.archive import (
    ArchivedPicture,
    DamagedError,
    PictureArchive,
    on_all_cores,
)
from dogs_vs_cats.project.text import printable
from dogs_vs_cats.settings import SPLITS, SplitSettings

EXCLUDED_COLUMNS = ("file", "class", "reason")
LONGEST_NAME = 255
"""Bytes of a file's name on the file systems of Linux."""


def usable_pictures(
    archive: PictureArchive, settings: SplitSettings
) -> tuple[list[ArchivedPicture], dict[ArchivedPicture, str]]:
    """Look at every picture of the archive and set apart what cannot be learned from.

    Left out are names that no file should have, declared sizes or pixel counts beyond the limits,
    formats and modes that ``settings`` do not name, files that do not decode without complaint,
    and exact duplicates, whose pixels are the same upright, whatever metadata stand beside them: of
    one class all but one, which is in the last of the archive's own splits; of several classes all
    of them, since all labels but one are wrong.

    Args:
        archive: holds the pictures.
        settings: resolved for their source (:meth:`SplitSettings.resolved`).

    Returns:
        The usable pictures in the archive's order, and a reason for each of the others. What
        differs from picture to picture stands behind a colon.
    """
    reasons: dict[ArchivedPicture, str] = {}
    by_pixels: dict[str, list[ArchivedPicture]] = defaultdict(list)
    contents: dict[ArchivedPicture, str] = {}
    files: set[tuple[str, ...]] = set()
    folders: set[tuple[str, ...]] = set()
    to_inspect = []
    for picture in archive.pictures:
        path = (picture.split or "", picture.label, *picture.below.split("/"))
        parents = {path[:end] for end in range(2, len(path))}
        if fault := _fault_of_name(picture):
            reasons[picture] = fault
        elif picture.size > settings.max_bytes:
            reasons[picture] = f"more bytes than split.max_bytes: {picture.size:,}"
        elif path in files or path in folders or not files.isdisjoint(parents):
            reasons[picture] = "another picture of its class has the same file name"
        else:
            files.add(path)
            folders |= parents
            to_inspect.append(picture)

    def inspect(picture: ArchivedPicture) -> tuple[ArchivedPicture, str | None, str, str]:
        try:
            content = archive.read(picture)
        except DamagedError as error:
            return picture, str(error), "", ""
        if reason := unusable_because(content, settings):
            return picture, reason, "", ""
        try:
            pixels = pixels_digest(upright(content))
        except UnreadableError as error:  # of a JPEG that Pillow alone can read
            return picture, str(error), "", ""
        return picture, None, hashlib.sha256(content).hexdigest(), pixels

    seen = on_all_cores(inspect, to_inspect, "looking at pictures")
    for picture, reason, content, pixels in seen:
        if reason:
            reasons[picture] = reason
        else:
            contents[picture] = content
            by_pixels[pixels].append(picture)
    for same in by_pixels.values():
        if len(labels := {picture.label for picture in same}) > 1:
            what = "bytes" if len({contents[picture] for picture in same}) == 1 else "pixels"
            reason = f"the same {what} under several classes: {', '.join(sorted(labels))}"
            reasons |= dict.fromkeys(same, reason)
            continue
        kept = max(same, key=lambda picture: SPLITS.index(picture.split or SPLITS[0]))
        for picture in same:
            if picture is not kept:
                what = "bytes" if contents[picture] == contents[kept] else "pixels"
                reasons[picture] = f"the same {what} as another picture: {kept.entry}"
    return [picture for picture in archive.pictures if picture not in reasons], reasons


def pixels_digest(pixels: Pixels) -> str:
    """SHA-256 of a picture's sides and pixels: equal for pictures that look the same to a model."""
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def _fault_of_name(picture: ArchivedPicture) -> str | None:
    if not picture.is_safe:
        return "its name leads out of the folder"
    if any(len(part.encode(errors="replace")) > LONGEST_NAME for part in picture.path.parts):
        return f"its name is longer than {LONGEST_NAME} bytes"
    if printable(picture.below) != picture.below:
        return "its name holds control characters"
    return None


def unusable_because(content: bytes, settings: SplitSettings) -> str | None:
    """Why these bytes are not a picture to learn from, or None if they are.

    Args:
        content: the bytes of a file.
        settings: what is taken, resolved for a source.
    """
    if not content:
        return "empty file"
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > settings.max_pixels:
                return f"more pixels than split.max_pixels: {picture.width}×{picture.height}"
            # Several JPEGs in a file, as phones write them; the first is the picture.
            kind = "JPEG" if picture.format == "MPO" else str(picture.format)
            if settings.formats != "auto" and kind not in settings.formats:
                return f"{kind}, not {' or '.join(settings.formats)} (split.formats)"
            if settings.modes != "auto" and picture.mode not in settings.modes:
                wanted = " or ".join(settings.modes)
                return f"{kind} of mode {picture.mode}, not {wanted} (split.modes)"
            if kind == "JPEG":
                picture.load()
                defect = jpeg_defect(content)
                return f"does not decode: {defect}" if defect else None
            picture.verify()  # a PNG's checksums, which its decoder passes over
        upright(content)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return "more pixels than split.max_pixels"
    except UnidentifiedImageError:
        return _unread(content)
    except UnreadableError as error:
        return str(error)
    except Exception as error:  # decoders raise nearly everything at damaged bytes
        return f"does not decode: {str(error) or type(error).__name__}"
    return None


def _unread(content: bytes) -> str:
    """What the reader of pictures says of bytes that Pillow does not know."""
    try:
        upright(content)
    except UnreadableError as error:
        return str(error)
    return "not a picture"


def exclusion_table(
    reasons: Mapping[ArchivedPicture, str], others: Mapping[str, str]
) -> pd.DataFrame:
    """All that was left out.

    Args:
        reasons: why each of these pictures is in no split.
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
