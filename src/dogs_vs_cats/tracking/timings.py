"""How long the passes through the frozen base took: what several methods share."""

from pathlib import Path
from typing import TYPE_CHECKING

from dogs_vs_cats.project.files import write_json
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.lineage import file_md5, folder_md5

if TYPE_CHECKING:
    from dogs_vs_cats.compute.device import Device


def write_pass_timings(layout: Layout, made: Path, device: "Device", seconds: float) -> None:
    """Write ``reports/timings/NAME.json`` beside the trainings'; DVC must not hash times.

    Args:
        layout: of the project.
        made: the folder that the pass wrote; its name is the pass's.
        device: what it ran on.
        seconds: wall time over all pictures.
    """
    write_json(
        layout.reports / "timings" / f"{made.name}.json",
        {
            "folder_md5": folder_md5({path.name: file_md5(path) for path in made.iterdir()}),
            "device": device.name,
            "precision": device.precision,
            "seconds": round(seconds, 1),
        },
    )
