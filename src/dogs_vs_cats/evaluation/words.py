"""Names, lists and differences in running text."""

from collections.abc import Iterable


def display_name(name: str) -> str:
    """A method's or difficulty's name for readers: ``fine_tuning`` is "fine tuning"."""
    return name.replace("_", " ")


def listed(words: Iterable[str]) -> str:
    """Words as one phrase: "a", "a and b", "a, b and c".

    Raises:
        ValueError: there is no word.
    """
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def points(difference: float) -> str:
    """A difference of shares, -1 to 1, in percentage points without the word: "0.9"."""
    text = f"{100 * difference:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", "\N{MINUS SIGN}")
