"""Which of the usable pictures go where, and the manifest of what was written."""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
from PIL import Image

from dogs_vs_cats.data.splitting.archive import ArchivedPicture, PictureArchive, on_all_cores
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SPLITS, SplitSettings

MANIFEST_COLUMNS = ("split", "class", "file", "sha256", "width", "height", "bytes", "phash")


@dataclass(frozen=True)
class Chosen:
    """A picture and the split that it went to."""

    split: str
    picture: ArchivedPicture

    @property
    def file(self) -> str:
        """Path under the splits' folder, with forward slashes."""
        return f"{self.split}/{self.picture.label}/{self.picture.name}"


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
        rest = iter(pool)
        for split, size in settings.sizes.items():
            chosen[split, label] = sorted(islice(rest, size), key=lambda p: p.order)
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

    def write(each: Chosen) -> tuple[str | int, ...]:
        content = archive.read(each.picture)
        (folder / each.file).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        named = (each.split, each.picture.label, each.file, digest)
        with Image.open(io.BytesIO(content)) as picture:
            return (*named, *picture.size, len(content), str(imagehash.phash(picture)))

    rows = on_all_cores(write, chosen, "writing splits")
    return pd.DataFrame(rows, columns=list(MANIFEST_COLUMNS))
