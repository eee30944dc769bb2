"""The memory of every stage on many pictures: ``make bench-memory``; about an hour on two cores."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import click
import psutil
from PIL import Image

from benchmarks.data import CLASSES, of_project
from benchmarks.run import RESULTS, describe, out_option, project_option
from dogs_vs_cats.cli.demo import prepare, reproduce
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import scratch_directory, write_json
from dogs_vs_cats.settings import SPLITS

SIDE_KEPT = 0.9
"""Of a picture's width and height in a crop of it: it stays about as large, in bytes too."""
LOOKS_EVERY = 1.0
"""Seconds from one look at the processes to the next."""
MIB = 2**20


def crops(splits: Path, count: int, folder: Path, seed: int = 0) -> None:
    """Write ``count`` different pictures a class into ``folder``: random crops of those there are.

    Args:
        splits: folders of splits, with a folder a class each.
        count: pictures a class.
        folder: gets a folder a class, with pictures named as Kaggle's are.
        seed: of the crops' places.

    Raises:
        PipelineError: a picture has fewer crops than it is asked for.
    """
    generator = random.Random(seed)
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
        pictures = sorted(path for split in SPLITS for path in (splits / split / name).iterdir())
        for index, path in enumerate(pictures):
            numbers = range(index, count, len(pictures))
            with Image.open(path) as opened:
                picture = opened.convert("RGB")
            width, height = (round(SIDE_KEPT * side) for side in picture.size)
            columns, rows = picture.width - width + 1, picture.height - height + 1
            if columns * rows < len(numbers):
                raise PipelineError(f"{path} is too small for {len(numbers)} different crops.")
            places = generator.sample(range(columns * rows), len(numbers))
            for number, place in zip(numbers, places, strict=True):
                top, left = divmod(place, columns)
                crop = picture.crop((left, top, left + width, top + height))
                crop.save(folder / name / f"{name}.{number}.jpg", quality=92)


def settings(pictures: Path, count: int, image_size: int) -> dict[str, dict[str, Any]]:
    """What is changed in ``params.yaml``: eight tenths to learn from, one view, one epoch.

    Crops of one picture are near duplicates.
    """
    tenth = count // 10
    return {
        "data": {"source": "folder", "folder": str(pictures)},
        "split": {"train": 8 * tenth, "validation": tenth, "test": tenth},
        "backbone": {"image_size": image_size},
        "augmentation": {"views": 1},
        "validate": {"near_duplicates_allowed": 1.0},
        **{method: {"epochs": 1} for method in METHODS},
    }


def in_use() -> tuple[str, int]:
    """The stage that runs now, and the bytes that it holds without mapped files.

    The kernel takes the pages of mapped files back whenever memory is short. A stage's processes
    are counted together with DVC's own, which wait for them.
    """
    name, held = "dvc", 0  # a stage's name in dvc.yaml: train_METHOD's script is given the method
    for process in psutil.Process().children(recursive=True):
        try:
            arguments, memory = process.cmdline(), process.memory_info()
        except psutil.Error:  # it has just ended
            continue
        held += memory.rss - memory.shared
        if len(arguments) > 1 and arguments[1].startswith("pipeline/"):
            name = "_".join([Path(arguments[1]).stem, *arguments[2:]])
    return name, held


def peaks(work: Callable[[], None]) -> dict[str, int]:
    """The most that each stage held (see :func:`in_use`) while ``work`` was done.

    Raises:
        PipelineError: ``work`` did.
    """
    most: dict[str, int] = {}
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        while not working.done():
            name, held = in_use()
            most[name] = max(most.get(name, 0), held)
            wait([working], LOOKS_EVERY)
        working.result()
    return most


@click.command()
@click.option("--pictures", type=click.IntRange(min=40), default=25_000, show_default=True)
@click.option("--image-size", type=click.IntRange(min=48), default=75, show_default=True)
@project_option
@out_option(RESULTS)
def command(pictures: int, image_size: int, project: Path, out: Path) -> None:
    """Run the whole pipeline on so many crops of the project's pictures and tell what it holds."""
    count = pictures // 2
    if out == RESULTS and pictures < 25_000:
        raise PipelineError("So few pictures are not to be kept: add --out FOLDER.")
    layout = of_project(project, needed=("splits",))
    machine = describe()
    out.mkdir(parents=True, exist_ok=True)
    with scratch_directory(out / "scratch-memory") as scratch:
        click.echo(f"Drawing {pictures:,} crops", err=True)
        crops(layout.splits, count, scratch / "pictures")
        workspace = scratch / "project"
        prepare(workspace, settings(scratch / "pictures", count, image_size))
        found = peaks(lambda: reproduce(workspace))
    write_json(
        out / "memory.json",
        {
            "machine": machine,
            "pictures": pictures,
            "image_size": image_size,
            "peak_anonymous_bytes": found,
        },
    )
    for name, held in sorted(found.items(), key=lambda each: -each[1]):
        click.echo(f"{name:28}{held / MIB:8,.0f} MiB")


if __name__ == "__main__":
    stage.run(command)
