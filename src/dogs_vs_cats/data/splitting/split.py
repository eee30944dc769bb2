"""Which of the usable pictures go where, and the manifest of what was written."""

import hashlib
import io
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
from PIL import Image, ImageOps

from dogs_vs_cats.data.reading.decoding import upright
from dogs_vs_cats.data.splitting.archive import ArchivedPicture, PictureArchive, on_all_cores
from dogs_vs_cats.data.splitting.groups import Group, allocate
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SPLITS, SplitSettings

MANIFEST_COLUMNS = ("split", "class", "file", "sha256", "width", "height", "bytes", "phash")
_NOWHERE = ""
"""Stands beside the splits for what they leave over."""
_LEFT_OVER = "left over: the splits hold as much of its class as params.yaml asks for"
_TOLD = 5

Sizes = Mapping[str, int | float]
"""By split, in the order in which they are filled: pictures of each class, or shares of it."""


@dataclass(frozen=True)
class Chosen:
    """A picture and the split that it went to."""

    split: str
    picture: ArchivedPicture

    @property
    def file(self) -> str:
        """Path under the splits' folder, with forward slashes."""
        return f"{self.split}/{self.picture.label}/{self.picture.below}"


def choose(
    usable: Iterable[ArchivedPicture],
    classes: Sequence[str],
    settings: SplitSettings,
    groups: Mapping[ArchivedPicture, Group] | None = None,
) -> tuple[list[Chosen], dict[ArchivedPicture, str]]:
    """Fill the splits, each class by itself or group by group.

    The choice depends on the set of usable pictures and the settings, not on the order in which
    the archive lists them. Where the archive has splits of its own, its pictures stay in them:
    all of them if the settings are shares, at most as many as they say if they are counts. A
    split that it lacks is cut from ``train``.

    Args:
        usable: pictures of the archive.
        classes: names in the order of the labels.
        settings: resolved for the archive's source.
        groups: of each picture, for ``settings.by`` group.

    Returns:
        Every chosen picture, ordered by split, class and place in the class; and of every other
        picture why it was left over.

    Raises:
        PipelineError: a class has fewer usable pictures than the splits need, or a group stands in
            two of the archive's own splits.
    """
    pools: dict[str, list[ArchivedPicture]] = {label: [] for label in classes}
    for picture in sorted(usable, key=lambda p: p.order):
        pools[picture.label].append(picture)
    portions = _portions({picture.split for pool in pools.values() for picture in pool}, settings)
    parts = [
        (sizes, {c: [p for p in pool if p.split in own] for c, pool in pools.items()})
        for own, sizes in portions
    ]
    for sizes, part in parts:
        _require_enough(part, sizes, exactly=len(sizes) > 1)
    splits: dict[ArchivedPicture, str] = {}
    reasons: dict[ArchivedPicture, str] = {}
    if settings.by == "group":
        groups = groups or {}
        _require_one_split(groups)
        for sizes, part in parts:
            found, left_over = _by_group(part, sizes, groups, settings)
            splits |= found
            reasons |= left_over
    else:
        for sizes, part in parts:
            splits |= _by_file(part, sizes, settings)
    chosen = [
        Chosen(split, picture)
        for split in SPLITS
        for pool in pools.values()
        for picture in pool
        if splits.get(picture) == split
    ]
    return chosen, {
        picture: reasons.get(picture, _LEFT_OVER)
        for pool in pools.values()
        for picture in pool
        if picture not in splits
    }


def _portions(
    own: Collection[str | None], settings: SplitSettings
) -> list[tuple[Collection[str | None], Sizes]]:
    """For each portion of the archive, the splits of its own that are in it and what it fills."""
    if set(own) <= {None}:
        return [({None}, settings.sizes)]
    cut = {s: size for s, size in settings.sizes.items() if s == "train" or s not in own}
    fills: list[Sizes] = [cut, *({s: n} for s, n in settings.sizes.items() if s not in cut)]
    if isinstance(settings.train, float):  # shares of all that there is
        fills = [{s: n / math.fsum(sizes.values()) for s, n in sizes.items()} for sizes in fills]
    return [({next(iter(sizes))}, sizes) for sizes in fills]


def _require_enough(
    part: Mapping[str, Sequence[ArchivedPicture]], sizes: Sizes, exactly: bool
) -> None:
    counted = exactly and all(isinstance(size, int) for size in sizes.values())
    needed = int(sum(sizes.values())) if counted else len(sizes)
    short = {label: len(pool) for label, pool in part.items() if len(pool) < needed}
    if not short:
        return
    missing = _listed(
        [f"{needed - count} of class {label} ({count} usable)" for label, count in short.items()]
    )
    what = (
        f"The splits need {needed} pictures of each class ({' + '.join(map(str, sizes.values()))})"
        if counted
        else f"A picture of each class at least must be in {_listed([*sizes])}"
    )
    mend = "Lower split.train, split.validation or split.test in params.yaml, or take" * counted
    raise PipelineError(
        f"{what}; missing are {missing}. {mend or 'Take'} more pictures, or leave the class out."
        " data/excluded.csv tells which pictures were left out and why."
    )


def _listed(words: Sequence[str]) -> str:
    """Some words of a sentence, and how many more there are."""
    if len(words) > _TOLD:
        words = [*words[:_TOLD], f"{len(words) - _TOLD} more"]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _by_file(
    part: Mapping[str, Sequence[ArchivedPicture]], sizes: Sizes, settings: SplitSettings
) -> dict[ArchivedPicture, str]:
    """Cut the pictures of each class, in the order of the strategy, into splits."""
    found: dict[ArchivedPicture, str] = {}
    for index, pool in enumerate(part.values()):
        if settings.strategy == "random":
            order = np.random.default_rng([settings.seed, index]).permutation(len(pool))
            pool = [pool[i] for i in order]
        rest = iter(pool)
        for split, count in counts_of(len(pool), sizes).items():
            found |= dict.fromkeys(islice(rest, count), split)
    return found


def counts_of(pictures: int, sizes: Sizes) -> dict[str, int]:
    """How many pictures of a class go to each split.

    Args:
        pictures: of the class, as many as there are splits or more.
        sizes: counts, which stay what they are; or shares, which are rounded by their largest
            remainders, but to one picture at least.
    """
    if all(isinstance(size, int) for size in sizes.values()):
        return {split: int(size) for split, size in sizes.items()}
    quotas = {split: pictures * share for split, share in _with_rest(sizes).items()}
    # A quota that misses a whole number by rounding alone is that number.
    counts = {split: math.floor(quota + 1e-9) for split, quota in quotas.items()}
    largest = sorted(quotas, key=lambda split: counts[split] - quotas[split])
    for split in largest[: pictures - sum(counts.values())]:
        counts[split] += 1
    for split in sizes:
        if not counts[split]:
            # Of those that are spared a picture easiest: a split keeps one itself.
            counts[max(counts, key=lambda other: counts[other] - (other in sizes))] -= 1
            counts[split] = 1
    return {split: counts[split] for split in sizes}


def _with_rest(shares: Sizes) -> dict[str, float]:
    """Shares and what they leave over, if that is any."""
    rest = 1 - math.fsum(shares.values())
    return {**shares, _NOWHERE: rest} if rest > 1e-9 else {**shares}


def _by_group(
    part: Mapping[str, Sequence[ArchivedPicture]],
    sizes: Sizes,
    groups: Mapping[ArchivedPicture, Group],
    settings: SplitSettings,
) -> tuple[dict[ArchivedPicture, str], dict[ArchivedPicture, str]]:
    """Give whole groups to splits, the largest first; the strategy orders those of one size."""
    members: dict[Group, list[ArchivedPicture]] = defaultdict(list)
    for pool in part.values():
        for picture in pool:
            members[groups[picture]].append(picture)
    order = [*members.values()]
    if settings.strategy == "random":
        shuffled = np.random.default_rng([settings.seed]).permutation(len(order))
        order = [order[i] for i in shuffled]
    order.sort(key=len, reverse=True)
    counted = all(isinstance(size, int) for size in sizes.values())
    targets = {
        split: {label: size if counted else size * len(pool) for label, pool in part.items()}
        for split, size in (sizes if counted else _with_rest(sizes)).items()
    }
    labels = [Counter(picture.label for picture in group) for group in order]
    found: dict[ArchivedPicture, str] = {}
    left_over: dict[ArchivedPicture, str] = {}
    for group, split in zip(order, allocate(labels, targets, counted, [*sizes]), strict=True):
        if split:
            found |= dict.fromkeys(group, split)
        elif split is None:
            reason = f"left over: its group of {len(group)} pictures fits into no split"
            left_over |= dict.fromkeys(group, reason)
    held = {(split, picture.label) for picture, split in found.items()}
    lacking = {c: s for c in part for s in reversed([*sizes]) if (s, c) not in held}
    if lacking:
        number = Counter(label for group in labels for label in group)
        told = [f"{c} ({number[c]} groups) of which {s} has none" for c, s in lacking.items()]
        raise PipelineError(
            "Whole groups do not give each split a picture of each class:"
            f" {_listed(told)}. Make smaller groups in split.groups (or folders), take shares"
            " instead of counts, or set split.by: file."
        )
    return found, left_over


def _require_one_split(groups: Mapping[ArchivedPicture, Group]) -> None:
    first: dict[Group, ArchivedPicture] = {}
    for picture in sorted(groups, key=lambda p: (p.entry, p.index)):
        other = first.setdefault(groups[picture], picture)
        if other.split != picture.split:
            raise PipelineError(
                f"{other.entry} and {picture.entry} are of one group, but lie in {other.split} and"
                f" {picture.split}. Move one of them, or set split.by: file in params.yaml."
            )


def write_splits(archive: PictureArchive, chosen: Sequence[Chosen], folder: Path) -> pd.DataFrame:
    """Write the chosen pictures' original bytes to ``folder/split/class/path below the class``.

    Returns:
        The manifest: a row a picture in the order given, with the columns ``MANIFEST_COLUMNS``.
        ``width`` and ``height`` are those of the upright picture; ``phash`` is its 64-bit
        perceptual hash, that of ``imagehash.phash``, in hexadecimal.
    """
    for directory in {(folder / each.file).parent for each in chosen}:
        directory.mkdir(parents=True, exist_ok=True)

    def write(each: Chosen) -> tuple[str | int, ...]:
        content = archive.read(each.picture)
        (folder / each.file).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        named = (each.split, each.picture.label, each.file, digest)
        picture = _shown(content)
        return (*named, *picture.size, len(content), str(imagehash.phash(picture)))

    rows = on_all_cores(write, chosen, "writing splits")
    return pd.DataFrame(rows, columns=list(MANIFEST_COLUMNS))


def _shown(content: bytes) -> Image.Image:
    """A usable picture as a viewer shows it."""
    with Image.open(io.BytesIO(content)) as picture:
        if picture.format in ("JPEG", "MPO"):
            # Pillow's decoder: hashes differ by some bits between decoders.
            try:
                return ImageOps.exif_transpose(picture)
            except Exception:  # as viewers do: damaged EXIF says nothing
                picture.load()
                return picture.copy()
    return Image.fromarray(np.ascontiguousarray(upright(content)))
