"""One side of a benchmark in a process of its own, with any interpreter.

``python -m benchmarks.worker benchmarks.jobs.ours:features '{"pictures": 600}'`` calls the function
with these arguments, which sets up and returns what is measured, or its result where nothing is
timed. Then each line on standard input runs that once and answers with a line of JSON; end of input
ends the process. Only the standard library is imported here, so that the peers' environments need
nothing of this project's.
"""

import importlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

SAMPLED_EVERY = 0.02
"""Seconds between two looks at the memory in use."""


class PeakMemory(threading.Thread):
    """The most memory that this process held, in bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._anonymous = 0
        self.start()

    def run(self) -> None:
        while True:
            self._anonymous = max(self._anonymous, _status("RssAnon"))
            time.sleep(SAMPLED_EVERY)

    def read(self) -> dict[str, int]:
        """``peak_bytes``, and ``peak_anonymous_bytes``: without the pages of mapped files.

        The kernel takes pages of mapped files back whenever memory is short. ``VmHWM`` is read
        instead of ``ru_maxrss``, which a child inherits from the process that started it.
        """
        anonymous = max(self._anonymous, _status("RssAnon"))
        return {"peak_bytes": _status("VmHWM"), "peak_anonymous_bytes": anonymous}


def _status(key: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    # Answers have a channel of their own: libraries print what they like.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        memory = PeakMemory()

        def answer(value: dict[str, Any]) -> None:
            print(json.dumps(value), file=answers, flush=True)

        try:
            made = getattr(importlib.import_module(module), name)(**json.loads(sys.argv[2]))
        except ModuleNotFoundError as error:
            answer({"not_installed": error.name})
            return
        answer({"ready": True})
        for _ in sys.stdin:
            result = made() if callable(made) else made
            answer({**result, **memory.read()})


if __name__ == "__main__":
    main()
