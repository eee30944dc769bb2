"""An export held against the model that it was made of, on test pictures."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.data.reading.decoding import upright
from dogs_vs_cats.evaluation.metrics import wilson_interval
from dogs_vs_cats.export.program import Run
from dogs_vs_cats.project.errors import PipelineError

MOST_DIFFERENCE = 0.01
"""Of a probability, in float32: rounding in the resizing moves it by a thousandth."""
MOST_DECISIONS = 0.02
"""Share of the decisions that INT8 may change: what two trainings by other seeds do, too."""


@dataclass(frozen=True)
class Parity:
    """What an export does otherwise than the model."""

    pictures: int
    largest_difference: float
    """Of a probability."""
    decisions_differ: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    """95 % interval (Wilson)."""
    model_accuracy: float
    """Of the model itself, on the same pictures."""
    milliseconds: float
    """Median for one picture alone, its pixels given."""
    bytes: int
    """Of the export's files."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def parity(
    run: Run,
    paths: Sequence[Path],
    labels: npt.NDArray[np.int32],
    expected: npt.NDArray[np.float32],
    folder: Path,
) -> Parity:
    """Run an export on pictures.

    Args:
        run: the export.
        paths, labels: of the pictures and their classes.
        expected: (pictures, classes), what the model says of them.
        folder: of the export.
    """
    told, seconds = [], []
    for path in paths:
        pixels = np.ascontiguousarray(upright(path.read_bytes()))
        started = time.perf_counter()
        told.append(run(pixels))
        seconds.append(time.perf_counter() - started)
    probabilities = np.stack(told)
    decided, before = probabilities.argmax(axis=1), expected.argmax(axis=1)
    right = int((decided == labels).sum())
    low, high = wilson_interval(right, len(paths))
    return Parity(
        pictures=len(paths),
        # NaN is further away than anything.
        largest_difference=float(np.nan_to_num(np.abs(probabilities - expected), nan=1.0).max()),
        decisions_differ=int((decided != before).sum()),
        accuracy=right / len(paths),
        accuracy_low=low,
        accuracy_high=high,
        model_accuracy=float((before == labels).mean()),
        milliseconds=1000 * statistics.median(seconds),
        bytes=sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
    )


def check(found: Parity, int8: bool) -> None:
    """Refuse an export that says something else than the model.

    Raises:
        PipelineError: it differs by more than :data:`MOST_DIFFERENCE`, or in INT8 decides otherwise
            more often than :data:`MOST_DECISIONS`.
    """
    share = found.decisions_differ / found.pictures
    if int8 and share > MOST_DECISIONS:
        raise PipelineError(
            f"In INT8 {share:.1%} of {found.pictures} test pictures are decided otherwise, more"
            f" than {MOST_DECISIONS:.0%}: nothing is written. Export it without --int8."
        )
    if not int8 and found.largest_difference > MOST_DIFFERENCE:
        raise PipelineError(
            f"The export's probabilities differ from the model's by up to"
            f" {found.largest_difference:.3g}, more than {MOST_DIFFERENCE}: nothing is written."
            " Please report it, with the versions of the packages."
        )
