"""Plain text for people: aligned tables and short names."""

from collections.abc import Iterable, Sequence
from typing import Any

from tabulate import tabulate

SHORT = 8
"""Hexadecimal digits that people are shown of a revision, run or digest."""


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """An aligned table; what is unknown (None) is a dash."""
    cells = [["-" if cell is None else str(cell) for cell in row] for row in rows]
    return str(tabulate(cells, headers, tablefmt="simple", disable_numparse=True))


def pairs(rows: Iterable[tuple[str, Any]]) -> str:
    """Names and values, one pair a line."""
    cells = [[name, "-" if value is None else str(value)] for name, value in rows]
    return str(tabulate(cells, tablefmt="plain", disable_numparse=True))


def short(name: str | None) -> str | None:
    """The first digits of a revision, run id or digest; words stay whole."""
    return name[:SHORT] if name and len(name) >= 32 else name


def some(names: Sequence[str], limit: int = 3) -> str | None:
    """The first names and how many more there are; None of none."""
    if not names:
        return None
    more = f" +{len(names) - limit}" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def section(title: str, body: str) -> str:
    """A titled block, with an empty line before it."""
    return f"\n{title}\n{body}"


def notes(sentences: Iterable[str]) -> list[str]:
    """What could not be told, one line each."""
    return [f"\nnote: {sentence}" for sentence in sentences]
