"""Text of others, safe to show."""

import unicodedata
from collections.abc import Sequence

_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def printable(text: str, keep: str = "") -> str:
    r"""Text whose control characters are shown as escapes, as ``\x1b``.

    File names and what a server answers may hold sequences that move the cursor of a terminal,
    paint over what stands there, or turn the direction of writing.

    Args:
        text: anything.
        keep: control characters that stay, for instance line breaks.
    """
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if character not in keep
        and (
            unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
            or unicodedata.bidirectional(character) in _DIRECTIONS
        )
        else character
        for character in text
    )


def first_of(names: Sequence[str], most: int) -> str:
    """Names in a sentence, so many at most, and how many more there are: "a, b and 3 more"."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
