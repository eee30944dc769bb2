"""Which pictures belong together, and how whole groups fill the splits."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from dogs_vs_cats.data.splitting.archive import ArchivedPicture
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.text import first_of

Group = Hashable
"""Equal for the pictures that belong together."""
_COLUMNS = ("file", "group")
_TOLD = 5


def read_groups(path: Path) -> dict[str, str]:
    """The groups that a CSV file names: of each file, by its path; none of a file without rows.

    Raises:
        PipelineError: the file is missing, is no such table, or gives a file two groups.
    """
    mend = "split.groups should name a CSV file with the columns file and group."
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise PipelineError(f"{path} not found. {mend}") from None
    except (ValueError, OSError) as error:
        raise PipelineError(f"{path} cannot be read: {error}. {mend}") from None
    if missing := [column for column in _COLUMNS if column not in table]:
        raise PipelineError(f"{path} has no column {' and no column '.join(missing)}. {mend}")
    rows = table[list(_COLUMNS)].drop_duplicates()
    twice = rows["file"][rows["file"].duplicated()]
    if len(twice):
        raise PipelineError(f"{path} gives {twice.iloc[0]} two groups. Leave it one.")
    return dict(zip(rows["file"], rows["group"], strict=True))


def groups_of(
    pictures: Iterable[ArchivedPicture], named: Mapping[str, str], path: Path
) -> dict[ArchivedPicture, Group]:
    """The group of each picture.

    Args:
        pictures: of an archive.
        named: what :func:`read_groups` found. If it is empty, the first folder below the class is
            the group, also across classes, and a picture in no such folder is one of its own.
        path: where that was read, for the error.

    Raises:
        PipelineError: some pictures have no group.
    """
    pictures = list(pictures)
    if not named:
        return {p: p.below.partition("/")[0] if "/" in p.below else p for p in pictures}
    without = [p.entry for p in pictures if not named.get(str(p.path))]
    if without:
        raise PipelineError(
            f"{path} names no group of {first_of(without, _TOLD)}. Give each picture a row"
            " with its path below data.folder (or in the archive) and its group; a group of its"
            " own where it belongs to no other."
        )
    return {p: named[str(p.path)] for p in pictures}


def allocate(
    groups: Sequence[Mapping[str, int]],
    targets: Mapping[str, Mapping[str, float]],
    capped: bool,
    required: Sequence[str],
) -> list[str | None]:
    """Give each group, in this order, the split that it brings nearest to its targets.

    Nearness is the sum of (pictures - target)² / target over splits and classes, as in a
    chi-squared test; for groups of one picture that is Sainte-Laguë's division of seats.

    Args:
        groups: pictures by class of each group; the largest should come first.
        targets: for each split and class the wanted number of pictures, above 0.
        capped: whether no split may hold more than its targets.
        required: splits that need a picture of every class. A class that has only as many groups
            left as there are such splits without one gives them those.

    Returns:
        A split for each group; None where it fits nowhere.
    """
    held = {split: Counter[str]() for split in targets}
    left = Counter(label for group in groups for label in group)
    chosen: list[str | None] = []

    def fits(split: str, group: Mapping[str, int]) -> bool:
        return all(held[split][c] + n <= targets[split][c] for c, n in group.items())

    def needs(split: str, group: Mapping[str, int]) -> bool:
        return split in required and any(
            not held[split][c] and left[c] <= sum(not held[other][c] for other in required)
            for c in group
        )

    def cost(split: str, group: Mapping[str, int]) -> float:
        return sum(
            n * (n + 2 * (held[split][c] - targets[split][c])) / targets[split][c]
            for c, n in group.items()
        )

    for group in groups:
        options = [split for split in targets if not capped or fits(split, group)]
        options = [split for split in options if needs(split, group)] or options
        split = min(options, key=lambda split: cost(split, group), default=None)
        if split is not None:
            held[split].update(group)
        left.subtract(dict.fromkeys(group, 1))
        chosen.append(split)
    return chosen
