"""Stages that write where there is no room: one line that names the place, and nothing lost.

``python -m tests.campaigns.full_disk --count 4 --seed 0``, as root, who alone may mount: each stage
of a tiny project of drawn pictures runs ``--count`` times, in turn on a full disk, on one where a
part of its outputs fits, on one that may only be read, and with a full temporary folder.
"""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from dogs_vs_cats.project.stage import end_cleanly
from tests.campaigns.counts import Counts, options
from tests.campaigns.tiny import STAGES, Ended, Tiny

WAYS = ("full", "nearly full", "read-only", "full temporary folder")
PLACES = ("data/", "reports/", "mlflow.db", "mlartifacts", ".dvc/tmp")
"""What a message names, if not the temporary folder."""


def run(finished: Tiny, stages: Sequence[str], count: int, seed: int) -> Counts:
    """Run each stage of a finished project ``count`` times without room."""
    counts, rng = Counts(), random.Random(seed)
    with mounted() as disk, mounted("1m") as temporary:
        fill(temporary, 0)
        left_out = shutil.ignore_patterns("cache", "mlflow.db", "mlartifacts", "__pycache__")
        project = Tiny(disk / "project")
        shutil.copytree(finished.folder, project.folder, ignore=left_out)
        for number in tqdm(range(count * len(stages)), disable=None):
            stage, way = stages[number // count], WAYS[number % count % len(WAYS)]
            good = project.outputs(stage)
            size = sum((project.folder / name).stat().st_size for name in good)
            if way == "full temporary folder":
                end = project.stage(stage, TMPDIR=str(temporary))
            else:
                if way != "read-only":
                    fill(disk, 0 if way == "full" else rng.randrange(size + 4096))
                else:
                    subprocess.run(("mount", "-o", "remount,ro", disk), check=True)
                end = project.stage(stage)
                subprocess.run(("mount", "-o", "remount,rw", disk), check=True)
                (disk / "filler").unlink(missing_ok=True)
            counts.add(f"{way}: {'told' if end.code else 'done'}")
            if problem := unclear(end, (*PLACES, str(temporary))):
                counts.fault(number, f"{stage}, {way}", problem)
            if project.outputs(stage) != good or project.partial():
                counts.fault(number, f"{stage}, {way}", f"outputs changed; {project.partial()}")
    return counts


def unclear(end: Ended, places: Sequence[str]) -> str:
    """What is wrong with how a stage ended, if anything is."""
    errors = [line for line in end.said.splitlines() if line.startswith("error: ")]
    if end.code not in (0, 1) or "Traceback" in end.said:
        return f"ends with {end.code}: {end.said[-1000:]}"
    if end.code and not (len(errors) == 1 and any(place in errors[0] for place in places)):
        return f"names no place: {end.said[-500:]}"
    return ""


@contextmanager
def mounted(size: str = "4g") -> Iterator[Path]:
    """A disk of its own, in memory."""
    with TemporaryDirectory() as folder:
        subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder), check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(("umount", folder), check=True)


def fill(disk: Path, left: int) -> None:
    """Leave so many bytes free, or a page less."""
    page = os.sysconf("SC_PAGE_SIZE")
    with (disk / "filler").open("wb") as filler:
        free = shutil.disk_usage(disk).free - left // page * page
        os.posix_fallocate(filler.fileno(), 0, max(free, 1))


def main() -> None:
    asked = options(__doc__, count=len(WAYS), stages=STAGES)
    if os.geteuid():
        sys.exit("error: this campaign mounts small disks, which only root may. Nothing was tried.")
    with TemporaryDirectory() as folder:
        finished = Tiny(asked.project or Path(folder) / "finished")
        finished.prepare()
        for stage in STAGES:
            if not finished.complete(stage) and (end := finished.stage(stage)).code:
                sys.exit(f"{stage} fails: {end.said}")
        run(finished, asked.stages or STAGES, asked.count, asked.seed).end()


if __name__ == "__main__":
    end_cleanly(main)  # also SIGTERM unmounts
