"""What was left out, in a few lines."""

from collections import Counter
from collections.abc import Sequence

from dogs_vs_cats.project.text import printable

_MOST_LINES = 8


def told(left_out: Sequence[tuple[str, str]]) -> list[str]:
    """Lines for a terminal that count what was left out by reason, the most frequent first.

    Args:
        left_out: pairs of a file and the reason. What stands behind a reason's colon is not told.
    """
    kinds = [reason.partition(":")[0] for _, reason in left_out]
    examples = dict(zip(reversed(kinds), (file for file, _ in reversed(left_out)), strict=True))
    counts = Counter(kinds).most_common()
    shown = counts if len(counts) <= _MOST_LINES else counts[: _MOST_LINES - 1]
    lines = [
        printable(f"  {count:>6,} {kind} ({'such as ' * (count > 1)}{examples[kind]})")
        for kind, count in shown
    ]
    if rest := sum(count for _, count in counts[len(shown) :]):
        lines.append(f"  {rest:>6,} for other reasons")
    return lines
