"""The trained methods that ``dvc.lock`` records, and the files that their trainings left."""

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.lineage import Lock, Recorded, Stage, file_md5
from dogs_vs_cats.tracking.timings import training_time


@dataclass(frozen=True)
class TrainedMethod:
    """A trained method as ``dvc.lock`` records it."""

    method: Method
    layout: Layout
    stage: Stage
    params: dict[str, Any]
    """Of the stage and of all upstream of it: values by dotted name."""
    model: Recorded
    history: Recorded
    evaluation: Recorded | None
    """Of this very model. Whoever trains without evaluating leaves that of an older one."""
    figures: Recorded | None
    """Drawn from this very model."""
    timings: dict[str, Any]
    """How long this very training took, and on what; nothing where it is not known."""

    @property
    def content(self) -> str:
        """Tells it from any other training of any method: 64 hexadecimal digits."""
        return hashlib.sha256(f"{self.model.md5} {self.history.md5}".encode()).hexdigest()

    @property
    def epochs(self) -> dict[int, dict[str, float]]:
        """Metrics of each epoch, from 1."""
        return {
            int(row.pop("epoch")): {name: float(value) for name, value in row.items()}
            for row in csv_rows(Path(self.history.path))
        }


def trained_methods(lock: Lock, layout: Layout) -> list[TrainedMethod]:
    """Those that have been trained, in the order of ``METHODS``.

    Raises:
        PipelineError: the lock records a training without its model or history.
    """
    return [
        _trained(method, stage, lock, layout)
        for method in METHODS
        if (stage := lock.stages.get(f"train_{method}"))
    ]


def _trained(method: Method, stage: Stage, lock: Lock, layout: Layout) -> TrainedMethod:
    paths = (layout.model(method), layout.reports / "history" / f"{method}.csv")
    try:
        model, history = (stage.outs[path.as_posix()] for path in paths)
    except KeyError as error:
        raise PipelineError(
            f"{layout.lock} records no {error.args[0]} of stage {stage.name}. Run `dvc repro`."
        ) from None

    def made_of_model(name: str) -> Recorded | None:
        path = (layout.reports / name).as_posix()
        maker = lock.maker(path)
        return maker.outs[path] if maker and lock.ran_with(maker, model) else None

    return TrainedMethod(
        method=method,
        layout=layout,
        stage=stage,
        params=lock.params(stage.name),
        model=model,
        history=history,
        evaluation=made_of_model("evaluation.json"),
        figures=made_of_model("figures"),
        timings=_timings(layout, lock, method),
    )


def _timings(layout: Layout, lock: Lock, method: Method) -> dict[str, Any]:
    time = training_time(layout, lock, method)
    if time is None:
        return {}
    known = {
        "device": time.devices[0],
        "precision": time.precision,
        "seconds": time.seconds,
        "seconds_to_model": time.whole,
        "pictures_per_second": time.pictures_per_second,
    }
    return {name: value for name, value in known.items() if value is not None}


def recorded_file(recorded: Recorded) -> Path:
    """A file that is the one in ``dvc.lock``.

    Raises:
        PipelineError: it is missing or another one.
    """
    path = Path(recorded.path)
    if not path.is_file():
        raise PipelineError(f"{path} is missing. Run `dvc checkout`, or `dvc pull` if that fails.")
    if file_md5(path) != recorded.md5:
        raise PipelineError(
            f"{path} is not the file that dvc.lock records. Run `dvc repro` to record it,"
            " or `dvc checkout` or git to restore it."
        )
    return path


def csv_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table; nothing if there is no file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def json_object(path: Path) -> dict[str, Any]:
    """An object in a file; nothing if there is no file."""
    value = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return value if isinstance(value, dict) else {}


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Those values that are numbers."""
    return {
        name: float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
