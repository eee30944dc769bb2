"""What the processes that are measured run. Each function sets up and gives what one round does,
or at once its result where nothing is timed.

Only the standard library is imported here: peers run in environments of their own.
"""

import time
from collections.abc import Callable
from typing import Any

Result = dict[str, Any]
"""What was measured, by name."""
Measure = Callable[[], Result]
"""One round."""


def timed(run: Callable[[], object], pictures: int | None = None) -> Measure:
    """``seconds`` of a run and, where it is over pictures, ``pictures_per_second``."""

    def measure() -> Result:
        started = time.perf_counter()
        run()
        seconds = time.perf_counter() - started
        rate = {} if pictures is None else {"pictures_per_second": pictures / seconds}
        return {"seconds": seconds, **rate}

    return measure
