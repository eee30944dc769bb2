"""Numbers that describe one picture file, decoded to its last pixel."""

import hashlib
import io
import json
import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from dogs_vs_cats.cluster.ray_cluster import Columns, Work, on_cluster
from dogs_vs_cats.data.reading.decoding import FORMATS, Pixels, UnreadableError, upright
from dogs_vs_cats.data.reading.jpeg import jpeg_defect
from dogs_vs_cats.data.splitting.usable import pixels_digest
from dogs_vs_cats.settings import Engine

_PIECE = 1 << 22
"""Bytes of pixels turned grey at a time: a photo's would take three times its own memory."""


@dataclass(frozen=True)
class PictureStatistics:
    """What a file turned out to be. None stands for what could not be measured."""

    sha256: str | None = None
    pixels: str | None = None
    """:func:`~dogs_vs_cats.data.splitting.usable.pixels_digest` of the picture upright."""
    bytes: int | None = None
    defect: str | None = None
    """Why the file does not decode fully, or None if it does."""
    format: str | None = None
    """By content, as Pillow names it: JPEG, PNG, …"""
    mode: str | None = None
    """As Pillow names it: RGB, L, CMYK, …"""
    width: int | None = None
    """In pixels, of the picture upright; as its header says where it does not decode."""
    height: int | None = None
    brightness: float | None = None
    """Mean luminance (ITU-R 601), 0 to 255."""
    contrast: float | None = None
    """Standard deviation of luminance, 0 to 127.5."""


def measure(paths: Sequence[Path], engine: Engine = "local") -> list[PictureStatistics]:
    """Measure picture files, with a progress bar.

    Args:
        paths: picture files.
        engine: what decodes them: all cores of this machine, or a Ray cluster.

    Returns:
        Statistics in the order of ``paths``; a file that is missing or damaged is described, not
        raised.

    Raises:
        PipelineError: the cluster fails (:func:`dogs_vs_cats.cluster.ray_cluster.on_cluster`).
    """
    measured = _on_cluster(paths) if engine == "ray" else _on_all_cores(paths)
    seen = dict(tqdm(measured, "decoding pictures", len(paths), unit="picture"))
    return [seen[position] for position in range(len(paths))]


def _on_all_cores(paths: Sequence[Path]) -> Iterator[tuple[int, PictureStatistics]]:
    # Threads suffice: decoders and hashlib release the interpreter's lock while they work.
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        yield from enumerate(pool.map(measure_picture, paths))


def _on_cluster(paths: Sequence[Path]) -> Iterator[tuple[int, PictureStatistics]]:
    for made in on_cluster(_start_measuring, paths):
        for position, statistics in zip(made["position"], made["statistics"], strict=True):
            yield int(position), PictureStatistics(**json.loads(statistics))


def _start_measuring() -> Work:
    def work(positions: npt.NDArray[np.int64], paths: Sequence[Path]) -> Iterator[Columns]:
        # As JSON: Ray's tables would turn whole numbers beside a missing one into floats.
        texts = [json.dumps(asdict(measure_picture(path))) for path in paths]
        yield {"position": positions, "statistics": np.array(texts)}

    return work


def measure_picture(path: Path) -> PictureStatistics:
    """Measure one picture file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return PictureStatistics(defect="no such file")
    except OSError as error:
        return PictureStatistics(defect=f"cannot be read: {error.strerror}")
    seen = PictureStatistics(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    with suppress(Exception), Image.open(io.BytesIO(content), formats=FORMATS) as header:
        width, height = header.size
        seen = replace(seen, format=header.format, mode=header.mode, width=width, height=height)
    try:
        pixels = upright(content)
    except UnreadableError as error:
        return replace(seen, defect=str(error))
    if seen.format in ("JPEG", "MPO") and (defect := jpeg_defect(content)):
        return replace(seen, defect=defect)
    height, width, _ = pixels.shape
    brightness, contrast = _luminance(pixels)
    return replace(
        seen,
        pixels=pixels_digest(pixels),
        width=width,
        height=height,
        brightness=brightness,
        contrast=contrast,
    )


def _luminance(pixels: Pixels) -> tuple[float, float]:
    # From counts of levels: whole numbers until the last step, so every machine agrees.
    counts = np.zeros(256, np.int64)
    for rows in np.array_split(pixels, -(-pixels.size // _PIECE)):
        counts += Image.fromarray(rows).convert("L").histogram()
    levels = np.arange(256)
    total = int(counts.sum())
    first, second = int(counts @ levels), int(counts @ levels**2)
    variance = (second * total - first * first) / total**2
    return round(first / total, 3), round(math.sqrt(variance), 3)
