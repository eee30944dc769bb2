"""What the processes that are measured run. Each function sets up and gives what one round does.

Only the standard library is imported here: peers run in environments of their own.
"""

import time
from collections.abc import Callable
from typing import Any

Measure = Callable[[], dict[str, Any]]
"""One round: what was measured, by name."""


def duration(run: Callable[[], object]) -> Measure:
    """``seconds`` of a run."""

    def measure() -> dict[str, Any]:
        started = time.perf_counter()
        run()
        return {"seconds": time.perf_counter() - started}

    return measure


def rate(run: Callable[[], object], pictures: int) -> Measure:
    """``seconds`` and ``pictures_per_second`` of a run over so many pictures."""
    timed = duration(run)

    def measure() -> dict[str, Any]:
        result = timed()
        return {**result, "pictures_per_second": pictures / result["seconds"]}

    return measure
