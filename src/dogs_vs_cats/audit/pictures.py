"""Which picture stood where in a data version: from its manifest, or from DVC's listings."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from dogs_vs_cats.audit.history import DataVersion
from dogs_vs_cats.audit.objects import Objects

_NEEDED = {"split", "class", "file", "sha256"}


@dataclass(frozen=True)
class Placed:
    """A picture and its place."""

    split: str
    label: str
    name: str
    """With the folders below the class that it lies in."""
    digest: str
    """SHA-256 of its bytes, or MD5: all pictures that are compared have the same kind."""

    @property
    def file(self) -> str:
        """Path under the splits' folder."""
        return f"{self.split}/{self.label}/{self.name}"


def manifest_rows(content: bytes) -> dict[str, dict[str, str]] | None:
    """The rows of a manifest by their ``file``.

    None if it is not UTF-8, not CSV or lacks a column that tells where a picture stood.
    """
    try:
        reader = csv.DictReader(io.StringIO(content.decode()), strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error):
        return None
    # Of a row with more or fewer fields than columns, a name or a value is None.
    whole = all(None not in row and None not in row.values() for row in rows)
    if not whole or not _NEEDED.issubset(reader.fieldnames or ()):
        return None
    return {row["file"]: row for row in rows}


def from_manifest(
    objects: Objects, version: DataVersion, digest: str | None = None
) -> list[Placed] | None:
    """The pictures by SHA-256; None if the manifest is lost, or of an unknown kind.

    Args:
        objects: where to read it.
        version: whose pictures.
        digest: give only those with this SHA-256, which is much faster.
    """
    content = objects.read(version.manifest)
    if content is None:
        return None
    rows = manifest_rows(content if digest is None else _lines_with(content, digest))
    if rows is None:
        return None
    return [
        Placed(
            row["split"],
            row["class"],
            row["file"].removeprefix(f"{row['split']}/{row['class']}/"),
            row["sha256"],
        )
        for row in rows.values()
        if digest in (None, row["sha256"])
    ]


def _lines_with(table: bytes, text: str) -> bytes:
    """The header and the lines with a text."""
    header, _, rows = table.partition(b"\n")
    wanted = text.encode()
    # Most tables have none, and looking for that is fastest.
    lines = [line for line in rows.split(b"\n") if wanted in line] if wanted in rows else []
    return b"\n".join([header, *lines])


def from_listings(objects: Objects, version: DataVersion) -> list[Placed] | None:
    """The pictures by MD5; None if a split's listing is lost."""
    placed = []
    for split, folder in version.splits.items():
        listing = objects.listing(folder)
        if listing is None:
            return None
        for path, md5 in listing.items():
            label, _, name = path.partition("/")
            placed.append(Placed(split, label, name, md5))
    return placed


def count(placed: Iterable[Placed]) -> dict[str, dict[str, int]]:
    """Pictures by split and class, both in the order of the pictures."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for picture in placed:
        counts[picture.split][picture.label] += 1
    return {split: dict(labels) for split, labels in counts.items()}


@dataclass(frozen=True)
class Changes:
    """What became of pictures between two data versions. Files are paths under the splits."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    """The same bytes in another split: (before, after)."""
    relabelled: list[tuple[str, str]] = field(default_factory=list)
    """The same bytes under another class, in whichever split: (before, after)."""
    renamed: list[tuple[str, str]] = field(default_factory=list)
    """The same bytes in the same split and class: (before, after)."""
    changed: list[tuple[str, str]] = field(default_factory=list)
    """Other bytes under the same name and class: (before, after)."""


def compare(before: Iterable[Placed], after: Iterable[Placed]) -> Changes:
    """Tell what became of each picture. A picture is known by its bytes, then by its name."""
    old: dict[str, list[Placed]] = defaultdict(list)
    new: dict[str, list[Placed]] = defaultdict(list)
    for by_digest, pictures in ((old, before), (new, after)):
        for picture in pictures:
            by_digest[picture.digest].append(picture)
    changes = Changes()
    gone: list[Placed] = []
    come: list[Placed] = []
    for digest in old.keys() | new.keys():
        # The same bytes may stand in several places, if seldom: equal places first.
        left = [p for p in old[digest] if p not in new[digest]]
        right = [p for p in new[digest] if p not in old[digest]]
        for one, other in zip(left, right, strict=False):
            if one.label != other.label:
                kind = changes.relabelled
            else:
                kind = changes.moved if one.split != other.split else changes.renamed
            kind.append((one.file, other.file))
        gone += left[len(right) :]
        come += right[len(left) :]
    by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
    for picture in sorted(gone, key=lambda p: p.file):
        by_name[picture.label, picture.name].append(picture.file)
    for picture in sorted(come, key=lambda p: p.file):
        if previous := by_name[picture.label, picture.name]:
            changes.changed.append((previous.pop(0), picture.file))
        else:
            changes.added.append(picture.file)
    changes.removed.extend(file for left in by_name.values() for file in left)
    for files in vars(changes).values():
        files.sort()
    return changes
