"""Numbers, names and lists in running text: with their unit, and no more digits than they carry."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dogs_vs_cats.backbones.table import BACKBONES

if TYPE_CHECKING:
    import pandas as pd

SPACE = "\u00a0"
"""Keeps a number and its unit on one line."""


def display_name(name: str) -> str:
    """A method's or difficulty's name for readers: ``fine_tuning`` is "fine tuning"."""
    return name.replace("_", " ")


def base_name(base: str) -> str:
    """A base's name for readers: ``vgg16-150`` is "VGG16 at 150"."""
    name, _, side = base.partition("-")
    return f"{network(name)} at{SPACE}{side}"


def network(name: str) -> str:
    """A network's name for readers: ``efficientnet_lite0`` is "EfficientNet-Lite0"."""
    return BACKBONES[name].title


def sentence(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]


def shortened(text: str, longest: int) -> str:
    """A text of so many characters at most: of a longer one the beginning and the end."""
    if len(text) <= longest:
        return text
    end = longest // 3
    return f"{text[: longest - end - 1].rstrip()}…{text[-end:].lstrip()}"


def largest(points: "pd.Series[float]", least: float = 0.0) -> tuple[str, ...]:
    """The names of what is largest, where what reads the same to a tenth counts as equal; none
    unless it is above ``least``."""
    shown = points.map(lambda value: round(value, 1))  # as text is rounded, and NumPy does not
    return tuple(map(str, shown.index[(shown == shown.max()) & (shown > least)]))


def listed(words: Iterable[str]) -> str:
    """Words as one phrase: "a", "a and b", "a, b and c".

    Raises:
        ValueError: there is no word.
    """
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def count(value: float) -> str:
    """A whole number with its thousands apart: "16,812,353"."""
    return f"{value:,.0f}"


def counted(value: float, noun: str) -> str:
    """A number with what it counts: "1 picture", "1,000 pictures"."""
    return f"{count(value)} {noun}{'' if value == 1 else 's'}"


def number_word(value: int) -> str:
    """A small number as a word, as prose has it."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[value] if value < len(words) else str(value)


def percent(share: float, digits: int = 1) -> str:
    """A share, 0 to 1, as "96.8 %"."""
    return f"{100 * share:.{digits}f}{SPACE}%"


def points(difference: float) -> str:
    """A difference of shares, -1 to 1, in percentage points without the word: "0.9".

    One below a tenth gets more digits, up to three: "0.0" is none at all.
    """
    texts = [f"{100 * difference:.{digits}f}" for digits in (1, 2, 3)]
    text = next((text for text in texts if float(text)), "0.0")
    return text.replace("-", "\N{MINUS SIGN}")


def signed_points(difference: float) -> str:
    """:func:`points` with a plus where the difference is above zero: "+0.9"."""
    text = points(difference)
    return f"+{text}" if difference > 0 and text != "0.0" else text


def p_value(p: float) -> str:
    """A p-value with its sign of comparison: "= 0.042", "< 0.001"."""
    if p < 0.001:
        return f"<{SPACE}0.001"
    return f"={SPACE}{p:.3f}" if p < 0.1 else f"={SPACE}{p:.2f}"


def seconds(value: float) -> str:
    """A duration as "21 s", "4 min 2 s" or "1 h 3 min"."""
    whole = round(value)
    if whole < 120:
        return f"{whole}{SPACE}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}{SPACE}min" + (f" {rest}{SPACE}s" if rest else "")
    hours, minutes = divmod(round(value / 60), 60)
    return f"{hours}{SPACE}h" + (f" {minutes}{SPACE}min" if minutes else "")


def unbroken(text: str) -> str:
    """The text with each number kept on a line with its percent sign or its relation to p."""
    return re.sub(r"(?<=\d) (?=%)|(?<=p) (?=[<=])|(?<=p [<=]) (?=\d)", SPACE, text)
