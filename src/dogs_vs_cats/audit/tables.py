"""Plain text for people: aligned tables and short names."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from tabulate import tabulate

SHORT = 8
"""Hexadecimal digits that people are shown of a revision, run or digest."""


def table(headers: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """An aligned table; what is unknown (None) is a dash."""
    cells = [["-" if cell is None else str(cell) for cell in row] for row in rows]
    style = "simple" if (names := list(headers)) else "plain"
    return str(tabulate(cells, names, tablefmt=style, disable_numparse=True))


def pairs(rows: Iterable[tuple[str, Any]]) -> str:
    """Names and values, one pair a line."""
    return table((), rows)


def short(name: str | None) -> str | None:
    """The first digits of a revision, run id or digest; words stay whole."""
    return name[:SHORT] if name and len(name) >= 32 else name


def some(names: Sequence[str], limit: int = 3) -> str | None:
    """The first names and how many more there are; None of none."""
    if not names:
        return None
    more = f" +{len(names) - limit}" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def some_ids(names: Sequence[str], limit: int = 3) -> str | None:
    """As :func:`some`, of revisions, run ids or digests, each :func:`short`."""
    return some([str(short(name)) for name in names], limit)


def in_order(names: Collection[str], known: Sequence[str]) -> list[str]:
    """Those that are known in their order, then the others by name."""
    return [n for n in known if n in names] + sorted(n for n in names if n not in known)


def section(title: str, body: str) -> str:
    """A titled block, with an empty line before it."""
    return f"\n{title}\n{body}"


def notes(sentences: Iterable[str]) -> list[str]:
    """What could not be told, one line each."""
    return [f"\nnote: {sentence}" for sentence in sentences]


def text(parts: Iterable[str], sentences: Iterable[str]) -> str:
    """All blocks, and then :func:`notes`."""
    return "\n".join([*parts, *notes(sentences)])
