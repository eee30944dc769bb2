"""From an archive to three splits: which pictures are usable, which go where, and the manifest."""

import hashlib
import io
import os
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import imagehash
import numpy as np
import pandas as pd
from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from dogs_vs_cats.data.splitting.archive import ArchivedPicture, PictureArchive
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SplitSettings

SPLITS = ("train", "validation", "test")
MANIFEST_COLUMNS = ("split", "class", "file", "sha256", "width", "height", "bytes", "phash")
EXCLUDED_COLUMNS = ("file", "class", "reason")

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Chosen:
    """A picture and the split that it went to."""

    split: str
    picture: ArchivedPicture

    @property
    def file(self) -> str:
        """Path under the splits' folder, with forward slashes."""
        return f"{self.split}/{self.picture.label}/{self.picture.name}"


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
        return picture, unusable_because(content, settings.max_pixels), sha256(content)

    for picture, reason, digest in _on_all_cores(inspect, to_inspect, "looking at pictures"):
        if reason:
            reasons[picture] = reason
        else:
            by_content[digest].append(picture)
    for first, *others in by_content.values():
        if len({picture.label for picture in (first, *others)}) > 1:
            for picture in (first, *others):
                reasons[picture] = "the same bytes stand in the archive under both classes"
        else:
            for picture in others:
                reasons[picture] = f"the same bytes as {first.entry}"
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


def choose(
    usable: Iterable[ArchivedPicture], classes: Sequence[str], settings: SplitSettings
) -> list[Chosen]:
    """Fill the splits, class by class.

    The choice depends on the set of usable pictures and the settings, not on the order in which
    the archive lists them.

    Returns:
        Every chosen picture, ordered by split, class and place in the class.

    Raises:
        PipelineError: a class has fewer usable pictures than the splits need.
    """
    needed = sum(settings.sizes.values())
    pools: dict[str, list[ArchivedPicture]] = {label: [] for label in classes}
    for picture in sorted(usable, key=lambda p: p.order):
        pools[picture.label].append(picture)
    short = {label: needed - len(pool) for label, pool in pools.items() if len(pool) < needed}
    if short:
        missing = " and ".join(
            f"{count} of class {label} ({len(pools[label])} usable)"
            for label, count in short.items()
        )
        raise PipelineError(
            f"The splits need {needed} pictures of each class"
            f" ({' + '.join(map(str, settings.sizes.values()))}); missing are {missing}."
            " Lower split.train, split.validation or split.test in params.yaml, or take a larger"
            " archive. data/excluded.csv tells which pictures were left out and why."
        )
    chosen: dict[tuple[str, str], list[ArchivedPicture]] = {}
    for index, (label, pool) in enumerate(pools.items()):
        if settings.strategy == "random":
            order = np.random.default_rng([settings.seed, index]).permutation(len(pool))
            pool = [pool[i] for i in order]
        start = 0
        for split, size in settings.sizes.items():
            chosen[split, label] = sorted(pool[start : start + size], key=lambda p: p.order)
            start += size
    return [
        Chosen(split, picture)
        for split in SPLITS
        for label in classes
        for picture in chosen[split, label]
    ]


def write_splits(archive: PictureArchive, chosen: Sequence[Chosen], folder: Path) -> pd.DataFrame:
    """Write the chosen pictures' original bytes to ``folder/split/class/name``.

    Returns:
        The manifest: a row a picture in the order given, with the columns ``MANIFEST_COLUMNS``;
        ``phash`` is the 64-bit perceptual hash of ``imagehash.phash`` in hexadecimal.
    """
    for directory in {(folder / each.file).parent for each in chosen}:
        directory.mkdir(parents=True, exist_ok=True)

    def write(each: Chosen) -> tuple[str, str, str, str, int, int, int, str]:
        content = archive.read(each.picture)
        (folder / each.file).write_bytes(content)
        with Image.open(io.BytesIO(content)) as picture:
            width, height = picture.size
            phash = str(imagehash.phash(picture))
        return (
            each.split,
            each.picture.label,
            each.file,
            sha256(content),
            width,
            height,
            len(content),
            phash,
        )

    rows = _on_all_cores(write, chosen, "writing splits")
    return pd.DataFrame(rows, columns=list(MANIFEST_COLUMNS))


def exclusion_table(reasons: Mapping[ArchivedPicture, str]) -> pd.DataFrame:
    """The pictures left out, sorted by class and place, with the columns ``EXCLUDED_COLUMNS``."""
    rows = [
        (picture.entry, picture.label, reasons[picture])
        for picture in sorted(reasons, key=lambda p: (p.label, p.order))
    ]
    return pd.DataFrame(rows, columns=list(EXCLUDED_COLUMNS))


def sha256(content: bytes) -> str:
    """SHA-256 of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _on_all_cores(work: Callable[[T], R], items: Sequence[T], what: str) -> list[R]:
    # Threads suffice: Pillow and hashlib release the interpreter lock while they work.
    with warnings.catch_warnings(), ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return list(tqdm(pool.map(work, items), what, total=len(items), unit="picture"))
