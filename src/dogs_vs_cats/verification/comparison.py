"""How far two versions of an output are apart."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from dogs_vs_cats.verification.content import (
    CONTAINERS,
    Part,
    Source,
    UnreadableError,
    entries,
    entry,
    kind,
    parts,
    read_bytes,
)

Verdict = Literal["identical", "within tolerance", "different", "missing"]

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""From best to worst."""

_BLOCK = 1 << 20
"""Numbers that are compared at once: an array may be larger than the memory."""
_SHOWN = 40
"""Characters of a text that differs."""


@dataclass(frozen=True)
class Comparison:
    """What became of an output, or of a part of one."""

    verdict: Verdict
    largest: float | None = None
    """The largest absolute difference of two numbers; None if no numbers differ."""
    where: str | None = None
    """The place of that difference."""
    detail: str | None = None
    """What else differs, in words."""


IDENTICAL = Comparison("identical")
SAME_CONTENT = Comparison("within tolerance", 0.0, None, "equal content in other bytes")


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of several verdicts; of none, ``identical``."""
    return max(verdicts, key=VERDICTS.index, default="identical")


def compare_files(old: Source, new: Source, name: str, tolerance: float) -> Comparison:
    """Compare two files that have other bytes, by what they hold.

    Args:
        old, new: what was recorded and what was made now.
        name: of the file; its suffix says how to read both.
        tolerance: the largest absolute difference of numbers that counts as equal. That of pixels
            is in levels, 0 to 255.

    Returns:
        Never ``identical``. A file that is not of its kind is compared byte by byte.
    """
    try:
        if kind(name) in CONTAINERS:
            found = _compare_archives(old, new, name, tolerance)
        else:
            before, after = parts(old, name), parts(new, name)
            if before is None or after is None:
                return _compare_bytes(old, new)
            found = _compare_all(
                before, after, lambda part: _compare_part(before[part], after[part], tolerance)
            )
    except UnreadableError as error:
        return replace(_compare_bytes(old, new), detail=str(error))
    return SAME_CONTENT if found == IDENTICAL else found


def compare_folders(
    old: Mapping[str, str], new: Mapping[str, str], compare: Callable[[str], Comparison]
) -> Comparison:
    """Compare two folders file by file.

    Args:
        old, new: digest of each file by its path in the folder.
        compare: compares the files at a path, of those that have other digests.
    """
    return _compare_all(old, new, lambda p: IDENTICAL if old[p] == new[p] else compare(p), "files")


def _compare_archives(old: Source, new: Source, name: str, tolerance: float) -> Comparison:
    before, after = entries(old, name), entries(new, name)

    def compare(inner: str) -> Comparison:
        if before[inner] == after[inner]:
            return IDENTICAL
        return compare_files(entry(old, name, inner), entry(new, name, inner), inner, tolerance)

    return _compare_all(before, after, compare, "entries")


def _compare_part(old: Part, new: Part, tolerance: float) -> Comparison:
    if isinstance(old, str) or isinstance(new, str):
        same = isinstance(old, str) and isinstance(new, str) and old == new
        return IDENTICAL if same else _in_words(old, new)
    if old.shape != new.shape:
        return Comparison("different", detail=f"shape {old.shape}, now {new.shape}")
    if old.dtype != new.dtype:
        return Comparison("different", detail=f"{old.dtype}, now {new.dtype}")
    if old.dtype.kind not in "biuf":
        unequal = np.flatnonzero(old != new)
        if not unequal.size:
            return IDENTICAL
        first = np.unravel_index(int(unequal[0]), old.shape)
        return replace(_in_words(old[first], new[first]), where=_index(first))
    largest, position = _largest_difference(old, new)
    if largest == 0.0:
        return IDENTICAL
    where = _index(np.unravel_index(position, old.shape)) if old.shape else ""
    if not np.isfinite(largest):
        return Comparison("different", None, where, "not a finite number in one of them")
    return Comparison("within tolerance" if largest <= tolerance else "different", largest, where)


def _largest_difference(old: np.ndarray, new: np.ndarray) -> tuple[float, int]:
    """The largest absolute difference, in float64, and its position in C order.

    Equal infinities and two NaN do not differ; NaN and a number do so infinitely.
    """
    largest, position = 0.0, 0
    one, other = old.reshape(-1), new.reshape(-1)
    for start in range(0, one.size, _BLOCK):
        a = one[start : start + _BLOCK].astype(np.float64)
        b = other[start : start + _BLOCK].astype(np.float64)
        equal = (a == b) | (np.isnan(a) & np.isnan(b))
        with np.errstate(invalid="ignore"):
            distance = np.where(equal, 0.0, np.abs(a - b))
        distance[np.isnan(distance)] = np.inf
        at = int(distance.argmax())
        if distance[at] > largest:
            largest, position = float(distance[at]), start + at
    return largest, position


def _compare_bytes(old: Source, new: Source) -> Comparison:
    before, after = read_bytes(old), read_bytes(new)
    if before == after:
        return IDENTICAL
    length = min(len(before), len(after))
    unequal = np.flatnonzero(
        np.frombuffer(before, np.uint8, length) != np.frombuffer(after, np.uint8, length)
    )
    first = int(unequal[0]) if unequal.size else length
    sizes = "" if len(before) == len(after) else f", {len(before)} bytes, now {len(after)}"
    line = before.count(b"\n", 0, first) + 1
    place = f"byte {first}" if b"\0" in before[:first] else f"line {line}"
    return Comparison("different", detail=f"{place}{sizes}")


def _compare_all(
    old: Mapping[str, object],
    new: Mapping[str, object],
    compare: Callable[[str], Comparison],
    counted: str = "",
) -> Comparison:
    """One comparison of many: the worst verdict, the largest difference, the first in words."""
    found = {name: compare(name) for name in sorted(old.keys() & new.keys())}
    differing = {name: part for name, part in found.items() if part.verdict != "identical"}
    unmatched = [
        *(f"{name} is gone" for name in sorted(old.keys() - new.keys())),
        *(f"{name} is new" for name in sorted(new.keys() - old.keys())),
    ]
    if not differing and not unmatched:
        return IDENTICAL
    measured = [
        (part.largest, _place(name, part.where))
        for name, part in differing.items()
        if part.largest is not None
    ]
    largest, where = max(measured, key=lambda one: one[0], default=(None, None))
    words = unmatched + [
        f"{_place(name, part.where if part.largest is None else None)}: {part.detail}"
        for name, part in differing.items()
        if part.detail is not None and part is not SAME_CONTENT
    ]
    if counted:
        total = len(old.keys() | new.keys())
        words.insert(0, f"{len(differing) + len(unmatched)} of {total} {counted}")
    more = [f"{len(words) - 2} more"] if len(words) > 2 else []
    verdict = "different" if unmatched else worst(part.verdict for part in differing.values())
    return Comparison(verdict, largest, where, "; ".join([*words[:2], *more]) or None)


def _place(name: str, inner: str | None) -> str:
    separator = "" if not name or not inner or inner.startswith("[") else ": "
    return f"{name}{separator}{inner or ''}"


def _index(position: Iterable[object]) -> str:
    return f"[{', '.join(str(i) for i in position)}]"


def _in_words(old: object, new: object) -> Comparison:
    return Comparison("different", detail=f"{_short(old)}, now {_short(new)}")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
