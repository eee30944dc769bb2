"""What meets a bad server: each a process of its own, light enough to be started by hundreds."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.stage import end_cleanly
from dogs_vs_cats.tracking.champion import fetch_champion
from dogs_vs_cats.tracking.mirror import track
from dogs_vs_cats.tracking.runs import live_run
from tests.servers import QUIET

if TYPE_CHECKING:
    from dogs_vs_cats.compute.device import Device


def train() -> None:
    """A training that learns nothing."""
    device = cast("Device", SimpleNamespace(name="CPU", precision="float32"))
    with live_run("frozen_base", device) as run:
        for epoch in range(1, 4):
            run.log_epoch(epoch, {"loss": 1 / epoch})
        run.finish("0" * 32, {"best_epoch": 3})
    print("trained")


def fetch() -> None:
    print(fetch_champion(Path.cwd(), Path.cwd()).file.stat().st_size)


ASKS: dict[str, Callable[[], None]] = {
    "training": train,
    "track": lambda: print(track(Layout())),
    "champion": fetch,
}


def ask(what: str, project: Path, uri: str) -> None:
    """Be a process of the pipeline: in a project, with a store, and with files as output."""
    os.chdir(project)
    os.environ.update(QUIET | {"MLFLOW_TRACKING_URI": uri})
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(name, os.O_CREAT | os.O_WRONLY), number)
    end_cleanly(ASKS[what])
