"""Pictures that look like one of an earlier split, by the base's features.

They are copies that were cropped or turned, and shots of one thing within seconds. A perceptual
hash, which ``validate`` compares, finds copies that differ in size, encoding and brightness alone.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.evaluation.banked import BankedSplit, averaged, root
from dogs_vs_cats.evaluation.words import counted, network
from dogs_vs_cats.settings import EvaluateSettings

_AT_ONCE = 2**24
"""Cosines in memory at once: 64 MiB."""


_NONE = pd.DataFrame(columns=["file", "split", "twin", "twin_split", "cosine"])


def threshold_of(settings: EvaluateSettings, backbone: str) -> float | None:
    """The least cosine of near-duplicates; ``None``: it is not known for the network."""
    given = settings.near_duplicate_cosine
    return BACKBONES[backbone].near_duplicate_cosine if given == "auto" else given


def near_duplicates(splits: Sequence[BankedSplit], threshold: float | None) -> pd.DataFrame:
    """The pictures whose nearest picture of an earlier split is as near as a copy or next shot is.

    Compared are features averaged over the places of a picture, as a crop or a mirror image moves
    them about, and under a square root, which tames the few very large ones (their cosine is then
    the Hellinger affinity, Arandjelović & Zisserman, 2012).

    Args:
        splits: see :func:`dogs_vs_cats.evaluation.banked.banked_splits`.
        threshold: the least cosine of a near-duplicate, up to 1; ``None``: it is not known, and
            none is searched for.

    Returns:
        A row a picture: ``file``, ``split``, ``twin`` (the nearest picture of an earlier split),
        ``twin_split`` and ``cosine``, the highest first, then by name. It may have no row.
    """
    if threshold is None:
        return _NONE
    pictures = pd.DataFrame(
        [(file, split.name) for split in splits for file in split.files], columns=["file", "split"]
    )
    directions = np.concatenate([_directions(split) for split in splits])
    tables = []
    first = len(splits[0].files)
    for split in splits[1:]:
        rows = slice(first, first + len(split.files))
        nearest, cosines = _nearest(directions[rows], directions[:first])
        twins = pictures.iloc[nearest]
        tables.append(
            pictures[rows].assign(
                twin=twins["file"].to_numpy(), twin_split=twins["split"].to_numpy(), cosine=cosines
            )
        )
        first = rows.stop
    table = pd.concat(tables).query("cosine >= @threshold")
    return table.sort_values(["cosine", "file"], ascending=[False, True], ignore_index=True)


def _directions(split: BankedSplit) -> npt.NDArray[np.float32]:
    """A vector of length 1 a picture, (pictures, channels)."""
    roots = root(averaged(split.features, np.arange(len(split.files))))
    lengths = np.linalg.norm(roots, axis=1, keepdims=True)
    directions: npt.NDArray[np.float32] = roots / np.maximum(lengths, np.finfo(np.float32).tiny)
    return directions


def _nearest(
    directions: npt.NDArray[np.float32], earlier: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """The row in ``earlier`` of each one's nearest, and the cosine of the two to four digits: more
    would be the processor's."""
    rows = max(1, _AT_ONCE // len(earlier))
    places, cosines = [], []
    for start in range(0, len(directions), rows):
        all_cosines = directions[start : start + rows] @ earlier.T
        places.append(all_cosines.argmax(axis=1))
        cosines.append(all_cosines.max(axis=1))
    return np.concatenate(places), np.concatenate(cosines).astype(float).round(4)


def not_searched(threshold: float | None, backbone: str) -> list[str]:
    """A sentence that says so where :func:`near_duplicates` does not search; else nothing."""
    if threshold is not None:
        return []
    return [
        "Near-duplicates across splits are not searched for: from which cosine on two pictures are"
        f" some was not measured for {network(backbone)}. evaluate.near_duplicate_cosine in"
        " params.yaml can name it."
    ]


def advice(table: pd.DataFrame) -> list[str]:
    """What to do about :func:`near_duplicates`, in a sentence or two; nothing where there are
    none."""
    if table.empty:
        return []
    verb = "looks" if len(table) == 1 else "look"
    return [
        f"{counted(len(table), 'picture')} of validation and test {verb} like one of an earlier"
        " split (reports/near_duplicates.csv). Where the two show one animal or one shoot, accuracy"
        " is flattered: keep such pictures in one split with `split.by: group` in params.yaml."
    ]
