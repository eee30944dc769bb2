"""What a chapter of the lesson yields beside drawings."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table and its words."""

    name: str
    """Unique among the lesson's tables and drawings."""
    title: str
    """A few words."""
    caption: str
    """What to look for and how it was made."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """Each with a text a column."""
