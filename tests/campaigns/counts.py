"""What the campaigns share: their options, their counts, and how they end."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


def options(
    description: str | None, count: int, stages: Sequence[str] | None = None
) -> argparse.Namespace:
    """``--count`` and ``--seed``, the same seed being the same attempts.

    With ``stages``, also ``--stages``, some of these, and ``--project``, None by default.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=count, help="attempts (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    if stages:
        parser.add_argument(
            "--stages", nargs="+", choices=stages, metavar="STAGE", help=", ".join(stages)
        )
        parser.add_argument("--project", type=Path, help="folder that keeps the tiny project")
    return parser.parse_args()


@dataclass
class Counts:
    """What came of a campaign's attempts."""

    counted: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def add(self, what: str) -> None:
        """Count an attempt that ended so."""
        self.counted[what] += 1

    def fault(self, number: int, kind: str, what: str) -> None:
        """Count a fault, and show it at once."""
        self.faults.append(f"{number} ({kind}): {what}")
        print(f"FAULT {self.faults[-1]}", file=sys.stderr, flush=True)

    def __str__(self) -> str:
        counted = ", ".join(f"{count} {what}" for what, count in sorted(self.counted.items()))
        seconds = time.perf_counter() - self.started
        return f"{counted}; {len(self.faults)} faults; {seconds:.0f} s"

    def end(self) -> None:
        """Print the counts and end the process, with 1 if there was a fault."""
        print(self)
        sys.exit(bool(self.faults))
