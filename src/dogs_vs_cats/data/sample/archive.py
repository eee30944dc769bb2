"""The archive of drawn pictures, in the layout of Kaggle's ``train.zip``."""

import io
import os
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from dogs_vs_cats.data.sample.picture import draw_picture
from dogs_vs_cats.project.files import whole_file
from dogs_vs_cats.project.stage import end_with_parent
from dogs_vs_cats.settings import SampleSettings

QUALITY = 90
"""JPEG quality of the drawn pictures."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every entry: the first that a zip can hold."""
PICTURES_PER_PROCESS = 50
"""A process starts in about a second, in which another draws as many pictures."""

Task = tuple[str, int]


def draw_archive(path: Path, settings: SampleSettings, classes: Sequence[str]) -> None:
    """Write a zip of ``train/NAME.N.jpg``, the classes in the given order, N from 0.

    Equal settings give equal bytes, however many processes draw, and equal pictures of a class,
    whatever other classes are drawn. A progress bar is shown.

    Args:
        path: of the zip; either whole or absent afterwards.
        settings: how many pictures, the seed and the strengths.
        classes: some of ``SPECIES``.
    """
    tasks: list[Task] = [
        (name, number) for name in classes for number in range(settings.pictures_per_class)
    ]
    with (
        whole_file(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive,
        _drawn(tasks, settings) as pictures,
    ):
        for (name, number), content in zip(
            tasks, tqdm(pictures, "drawing", len(tasks), unit=" pictures"), strict=True
        ):
            entry = zipfile.ZipInfo(f"train/{name}.{number}.jpg", EPOCH)
            # The same on every system, which zipfile otherwise writes down.
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, content)


@contextmanager
def _drawn(tasks: list[Task], settings: SampleSettings) -> Iterator[Iterator[bytes]]:
    """The pictures' JPEG bytes in the order of the tasks, drawn on all cores."""
    draw = partial(_draw_jpeg, settings)
    workers = min(os.cpu_count() or 1, len(tasks) // PICTURES_PER_PROCESS)
    if workers < 2:
        yield map(draw, tasks)
        return
    # Threads would wait for each other: much of the drawing is Python.
    with ProcessPoolExecutor(workers, get_context("spawn"), end_with_parent) as pool:
        try:
            yield pool.map(draw, tasks, chunksize=10)
        finally:
            pool.shutdown(cancel_futures=True)


def _draw_jpeg(settings: SampleSettings, task: Task) -> bytes:
    buffer = io.BytesIO()
    draw_picture(*task, settings).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
