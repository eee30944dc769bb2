"""What the campaigns share: their options, their counts, and how they end."""

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field


def options(description: str | None, count: int) -> argparse.Namespace:
    """``--count`` and ``--seed``, the same seed being the same attempts."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=count, help="attempts (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
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
