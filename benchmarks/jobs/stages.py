"""How long a stage takes until its work begins."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Measure = Callable[[], dict[str, Any]]

IMPORT = "import runpy, sys; sys.path.insert(0, 'pipeline'); runpy.run_path(sys.argv[1])"


def start_up(script: str) -> Measure:
    """Start an interpreter, import all that the stage imports, and end."""

    def measure() -> dict[str, Any]:
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", IMPORT, script], check=True, stdout=subprocess.DEVNULL
        )
        return {"seconds": time.perf_counter() - started}

    if not Path(script).is_file():
        raise FileNotFoundError(script)
    return measure
