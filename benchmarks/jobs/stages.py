"""How long a stage takes until its work begins."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.jobs import Measure, timed

IMPORT = """
import importlib, runpy, sys
script, *methods = sys.argv[1:]
runpy.run_path(script)
for method in methods:
    importlib.import_module(f"dogs_vs_cats.methods.{method}")
"""


def start_up(script: str, methods: Sequence[str] = ()) -> Measure:
    """Start an interpreter, import all that the stage imports for its methods, and end."""
    if not Path(script).is_file():
        raise FileNotFoundError(script)
    command = [sys.executable, "-c", IMPORT, script, *methods]
    return timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
