"""How long a stage takes until its work begins."""

import subprocess
import sys
from pathlib import Path

from benchmarks.jobs import Measure, duration

IMPORT = "import runpy, sys; sys.path.insert(0, 'pipeline'); runpy.run_path(sys.argv[1])"


def start_up(script: str) -> Measure:
    """Start an interpreter, import all that the stage imports, and end."""

    if not Path(script).is_file():
        raise FileNotFoundError(script)
    command = [sys.executable, "-c", IMPORT, script]
    return duration(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
