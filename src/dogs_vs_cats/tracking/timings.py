"""How long it took to a trained model: its own epochs, and what several methods share before.

The times lie in ``reports/timings/``, which neither DVC nor git keeps. Each names the output that
it is of by its MD5, so one of another machine or run is told from this one's.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.files import write_json
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.lineage import Lock, file_md5, folder_md5

if TYPE_CHECKING:
    from dogs_vs_cats.compute.device import Device


@dataclass(frozen=True)
class TrainingTime:
    """The time to a method's first usable model, from pictures and weights that lie ready."""

    seconds: float
    """Of the method's own epochs."""
    pictures_per_second: float | None
    """In these epochs."""
    precision: str
    devices: tuple[str, ...]
    """That the training and all that it starts from ran on."""
    shared: dict[str, float | None]
    """Seconds of each pass or training that it starts from, by name; ``None``: not known."""

    @property
    def shared_seconds(self) -> float | None:
        """Of all that it starts from; ``None`` where the time of a part is not known."""
        known = [seconds for seconds in self.shared.values() if seconds is not None]
        return sum(known) if len(known) == len(self.shared) else None

    @property
    def whole(self) -> float | None:
        """Seconds from nothing to the model; ``None`` where the time of a part is not known."""
        shared = self.shared_seconds
        return None if shared is None else shared + self.seconds


def read_training_times(layout: Layout, lock: Lock) -> dict[Method, TrainingTime]:
    """The :func:`training_time` of each method of which it is known, in the lecture's order."""
    found = {method: training_time(layout, lock, method) for method in METHODS}
    return {method: time for method, time in found.items() if time}


def training_time(layout: Layout, lock: Lock, method: Method) -> TrainingTime | None:
    """The time of the very model that a lock records; ``None`` if that of its epochs is unknown.

    What a training starts from is what its stage depends on, directly or not.
    """
    timed = _timed()
    own, maker = _timing(layout, lock, method, timed[method]), lock.maker(timed[method])
    if own is None or maker is None:
        return None
    upstream = {path for stage in lock.with_upstream(maker.name) for path in stage.outs}
    before = {
        name: _timing(layout, lock, name, path)
        for name, path in timed.items()
        if path in upstream and name != method
    }
    known = [own, *(timing for timing in before.values() if timing)]
    return TrainingTime(
        seconds=own["seconds"],
        pictures_per_second=own.get("pictures_per_second"),
        precision=own["precision"],
        devices=tuple(dict.fromkeys(timing["device"] for timing in known)),
        shared={name: timing["seconds"] if timing else None for name, timing in before.items()},
    )


def pass_seconds(layout: Layout, lock: Lock, made: Path) -> float | None:
    """Seconds of the pass of all pictures that wrote a folder; ``None`` if they are unknown.

    Args:
        layout: of the project.
        lock: that records the folder.
        made: as for :func:`write_pass_timings`.
    """
    path = made.relative_to(layout.root).as_posix()
    timing = _timing(layout, lock, made.name, path)
    return timing["seconds"] if timing else None


def _timed() -> dict[str, str]:
    """What is timed: name of the file of its time, and path as in ``dvc.lock``."""
    layout = Layout()
    passes = {folder.name: folder.as_posix() for folder in (layout.features, layout.views)}
    return passes | {method: layout.model(method).as_posix() for method in METHODS}


def _timing(layout: Layout, lock: Lock, name: str, path: str) -> dict[str, Any] | None:
    """A file of times, if it is one and is of the output that the lock records at a path."""
    maker = lock.maker(path)
    try:
        value = json.loads((layout.reports / "timings" / f"{name}.json").read_bytes())
        md5 = value.get("model_md5") or value["folder_md5"]
        sound = value["seconds"] >= 0 and {"device", "precision"} <= value.keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return value if sound and maker and maker.outs[path].md5 == md5 else None


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
