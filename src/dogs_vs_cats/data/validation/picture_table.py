"""The table that the expectations are about: one row a picture, manifest beside measurement."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.data.splitting.split import MANIFEST_COLUMNS
from dogs_vs_cats.data.validation.picture_statistics import PictureStatistics, measure
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SPLITS, Engine

NONE_NEAR = 255
"""Distance where there is nothing to compare with; two 64-bit hashes differ in 64 bits at most."""


def picture_table(
    manifest: Path, splits: Path, classes: Classes, engine: Engine = "local"
) -> pd.DataFrame:
    """Decode every picture and lay what was seen beside what the manifest says.

    Args:
        manifest: ``manifest.csv`` of the split stage.
        splits: the folder that its ``file`` column is relative to.
        classes: the names of the classes.
        engine: what decodes them (:func:`dogs_vs_cats.data.validation.picture_statistics.measure`).

    Returns:
        A row for each line of the manifest, in its order, then one for each file in ``splits``
        that it does not name, sorted. Missing values are None or NaN. Columns:

        - ``file``: path relative to ``splits``, with forward slashes;
        - ``listed``: whether the manifest names the file;
        - ``split``, ``class``, ``manifest_sha256``, ``phash``: from the manifest;
        - ``known``: whether the class is one of ``classes``;
        - ``part``: where split and class say that the file belongs, as ``train/cat``, if known;
        - ``folder``: the folders of a split and a class that it lies in, maybe in others below;
        - the fields of :class:`~dogs_vs_cats.data.validation.picture_statistics.PictureStatistics`;
        - ``shorter_side``, ``longer_side`` (pixels), ``aspect_ratio`` (width / height);
        - ``copy_of``: the picture of an earlier split that has the same pixels in other bytes;
        - ``twin``, ``twin_distance``: the picture of an earlier split whose perceptual hash is
          nearest and the number of bits by which it differs; identical files are left to the
          sha256.

    Raises:
        PipelineError: the manifest is missing or is not one.
    """
    table = read_manifest(manifest).rename(columns={"sha256": "manifest_sha256"})
    table = table[["split", "class", "file", "manifest_sha256", "phash"]].assign(listed=True)
    on_disk = {p.relative_to(splits).as_posix() for p in splits.rglob("*") if not p.is_dir()}
    unlisted = sorted(on_disk - set(table["file"]))
    table = pd.concat(
        [table, pd.DataFrame({"file": unlisted, "listed": False})], ignore_index=True
    ).astype({"listed": bool})
    known = table["class"].isin(classes)
    table["known"] = known.astype(object).where(table["listed"], None)
    table["part"] = (table["split"] + "/" + table["class"]).where(known)
    table["folder"] = ["/".join(file.split("/")[:-1][:2]) for file in table["file"]]
    seen = measure([splits / file for file in table["file"]], engine)
    columns = list(PictureStatistics.__dataclass_fields__)
    table[columns] = pd.DataFrame(map(asdict, seen), table.index, columns)
    numbers = ["width", "height", "brightness", "contrast", "bytes"]
    table = table.astype(dict.fromkeys(numbers, "float64"))
    table["shorter_side"] = table[["width", "height"]].min(axis="columns")
    table["longer_side"] = table[["width", "height"]].max(axis="columns")
    table["aspect_ratio"] = (table["width"] / table["height"]).round(3)
    table["copy_of"] = _copies(table)
    return _with_twins(table, manifest)


def read_manifest(path: Path) -> pd.DataFrame:
    """Read ``manifest.csv``; every column is text as it stands there.

    Raises:
        PipelineError: the file is missing, or is not a table with a manifest's columns.
    """
    try:
        manifest = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise PipelineError(f"{path} not found. Run `dvc repro split`.") from None
    except (ValueError, OSError) as error:
        raise PipelineError(f"{path} cannot be read: {error}. Run `dvc repro split`.") from None
    missing = [column for column in MANIFEST_COLUMNS if column not in manifest]
    if missing:
        raise PipelineError(f"{path} has no column {', '.join(missing)}. Run `dvc repro split`.")
    return manifest


def nearest_earlier(
    hashes: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.int64],
    contents: npt.NDArray[np.int64],
    chunk: int = 256,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """For each hash, find the nearest one of a lower group whose content is another.

    Args:
        hashes: shape (n,).
        groups: shape (n,); hashes are compared with those of lower groups alone.
        contents: shape (n,); equal numbers mean identical files, which are passed over.
        chunk: hashes compared at a time with all others: chunk × n × 8 bytes of memory.

    Returns:
        Index of the nearest hash (the first among equals) and the number of differing bits, both
        of shape (n,); index -1 and :data:`NONE_NEAR` where there is nothing to compare with.
    """
    index = np.full(len(hashes), -1, np.int64)
    distance = np.full(len(hashes), NONE_NEAR, np.uint8)
    for group in np.unique(groups)[1:]:
        earlier = np.flatnonzero(groups < group)
        members = np.flatnonzero(groups == group)
        for rows in np.array_split(members, -(-len(members) // chunk)):
            bits = np.bitwise_count(hashes[rows, None] ^ hashes[None, earlier])
            i, j = np.nonzero(bits == 0)
            same = contents[rows[i]] == contents[earlier[j]]
            bits[i[same], j[same]] = NONE_NEAR
            best = bits.argmin(axis=1)
            distance[rows] = bits[np.arange(len(rows)), best]
            index[rows] = np.where(distance[rows] == NONE_NEAR, -1, earlier[best])
    return index, distance


def _copies(table: pd.DataFrame) -> "pd.Series[str]":
    """By row, see :func:`picture_table`."""
    known = table[table["listed"] & table["split"].isin(SPLITS)].dropna(subset="pixels")
    pairs = known.merge(known, on="pixels", suffixes=("", "_of"))
    later = pairs["split"].map(SPLITS.index) > pairs["split_of"].map(SPLITS.index)
    pairs = pairs[later & (pairs["sha256"] != pairs["sha256_of"])]
    earlier = pairs.drop_duplicates("file").set_index("file")["file_of"]
    return table["file"].map(earlier).astype(object)


def _with_twins(table: pd.DataFrame, manifest: Path) -> pd.DataFrame:
    comparable = table.index[table["listed"] & table["split"].isin(SPLITS)]
    rows = table.loc[comparable]
    index, distance = nearest_earlier(
        _hashes(rows["phash"].tolist(), manifest),
        rows["split"].map(SPLITS.index).to_numpy(np.int64),
        pd.factorize(rows["sha256"].fillna(rows["file"]))[0].astype(np.int64),
    )
    files = rows["file"].tolist()
    twins = pd.DataFrame(
        {
            "twin": pd.Series([files[i] if i >= 0 else None for i in index], comparable, object),
            "twin_distance": np.where(index >= 0, distance, np.nan),
        },
        comparable,
    )
    return table.join(twins)


def _hashes(texts: Sequence[str], manifest: Path) -> npt.NDArray[np.uint64]:
    try:
        return np.array([int(text, 16) for text in texts], np.uint64)
    except (ValueError, OverflowError):
        raise PipelineError(
            f"{manifest} has a perceptual hash that is not 16 hexadecimal digits."
            " Run `dvc repro --force split`."
        ) from None
