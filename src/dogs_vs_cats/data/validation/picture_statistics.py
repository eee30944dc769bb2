"""Numbers that describe one picture file, decoded to its last pixel."""

import hashlib
import io
import json
import math
import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from dogs_vs_cats.cluster.ray_cluster import Columns, Work, on_cluster
from dogs_vs_cats.data.splitting.jpeg import jpeg_defect
from dogs_vs_cats.settings import Engine

MAX_PIXELS = 89_478_485
"""More are not decoded: a quarter of a gigabyte at three bytes each, Pillow's own limit."""


@dataclass(frozen=True)
class PictureStatistics:
    """What a file turned out to be. None stands for what could not be measured."""

    sha256: str | None = None
    bytes: int | None = None
    defect: str | None = None
    """Why the file does not decode fully, or None if it does."""
    format: str | None = None
    """By content, as Pillow names it: JPEG, PNG, …"""
    mode: str | None = None
    """As Pillow names it: RGB, L, CMYK, …"""
    width: int | None = None
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
    # Threads suffice: Pillow and hashlib release the interpreter's lock while they work. Warnings
    # are one setting for all threads, so it is made here.
    with warnings.catch_warnings(), ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        warnings.simplefilter("ignore")
        yield from enumerate(pool.map(measure_picture, paths))


def _on_cluster(paths: Sequence[Path]) -> Iterator[tuple[int, PictureStatistics]]:
    for made in on_cluster(_start_measuring, paths):
        for position, statistics in zip(made["position"], made["statistics"], strict=True):
            yield int(position), PictureStatistics(**json.loads(statistics))


def _start_measuring() -> Work:
    warnings.simplefilter("ignore")

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
    try:
        with Image.open(io.BytesIO(content)) as picture:
            seen = replace(
                seen,
                format=picture.format,
                mode=picture.mode,
                width=picture.width,
                height=picture.height,
            )
            if picture.width * picture.height > MAX_PIXELS:
                return replace(seen, defect="more pixels than a photo has")
            picture.load()
            if picture.format == "JPEG" and (defect := jpeg_defect(content)):
                return replace(seen, defect=defect)
            brightness, contrast = _luminance(picture)
    except UnidentifiedImageError:
        return replace(seen, defect="not a picture in a known format")
    except Image.DecompressionBombError:
        return replace(seen, defect="more pixels than a photo has")
    except Exception as error:  # decoders raise nearly everything at damaged bytes
        reason = str(error) if isinstance(error, OSError) else type(error).__name__
        return replace(seen, defect=reason)
    return replace(seen, brightness=brightness, contrast=contrast)


def _luminance(picture: Image.Image) -> tuple[float, float]:
    # From counts of levels: whole numbers until the last step, so every machine agrees.
    counts = np.array(picture.convert("L").histogram(), np.int64)
    levels = np.arange(256)
    total = int(counts.sum())
    first, second = int(counts @ levels), int(counts @ levels**2)
    variance = (second * total - first * first) / total**2
    return round(first / total, 3), round(math.sqrt(variance), 3)
