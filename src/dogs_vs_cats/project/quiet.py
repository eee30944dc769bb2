"""Importing libraries without their greeting, what they bring along unused, or lost time."""

import contextlib
import gc
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Send what is written to file descriptor 2 nowhere, also what C++ writes.

    TensorFlow and Ray greet before any log level counts.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 (a device, not a path)
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


@contextlib.contextmanager
def without(*packages: str) -> Iterator[None]:
    """Let the imports of the block find these packages missing, unless they are loaded already."""
    missing = [package for package in packages if package not in sys.modules]
    for package in missing:
        sys.modules[package] = None  # type: ignore[assignment]  # Python's mark for "not there"
    try:
        yield
    finally:
        for package in missing:
            del sys.modules[package]


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from what the block imports, now and until the process ends.

    Modules are no garbage. Looking for some among them takes a fifth of TensorFlow's import and a
    second of every process that imports it (``gc.freeze``: all that lives when the block ends
    stays for good).
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
