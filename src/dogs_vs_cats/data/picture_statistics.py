"""Numbers that describe one picture file, decoded to its last pixel, on all cores."""

import hashlib
import io
import math
import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

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


def measure(paths: Sequence[Path]) -> list[PictureStatistics]:
    """Measure picture files on all cores, with a progress bar.

    Returns:
        Statistics in the order of ``paths``; a file that is missing or damaged is described, not
        raised.
    """
    # Threads suffice: Pillow and hashlib release the interpreter's lock while they work. Warnings
    # are one setting for all threads, so it is made here.
    with warnings.catch_warnings(), ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        warnings.simplefilter("ignore")
        seen = pool.map(measure_picture, paths)
        return list(tqdm(seen, "decoding pictures", total=len(paths), unit="picture"))


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
