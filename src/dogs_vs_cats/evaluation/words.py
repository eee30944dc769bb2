"""Numbers, names and lists in running text: with their unit, and no more digits than they carry.

All are in the language that is used (:mod:`dogs_vs_cats.language.catalogue`).
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import mark, mark_plural, ngettext

if TYPE_CHECKING:
    import pandas as pd

SPACE = "\u00a0"
"""Keeps a number and its unit on one line."""

Noun = Literal[
    "class",
    "comparison",
    "convolution",
    "difference",
    "error",
    "expectation",
    "file",
    "other",
    "pair",
    "parameter",
    "picture",
    "pixel",
    "test digit",
    "test picture",
]
_COUNTED: dict[Noun, tuple[str, str]] = {
    "class": mark_plural("{count} class", "{count} classes"),
    "comparison": mark_plural("{count} comparison", "{count} comparisons"),
    "convolution": mark_plural("{count} convolution", "{count} convolutions"),
    "difference": mark_plural("{count} difference", "{count} differences"),
    "error": mark_plural("{count} error", "{count} errors"),
    "expectation": mark_plural("{count} expectation", "{count} expectations"),
    "file": mark_plural("{count} file", "{count} files"),
    "other": mark_plural("{count} other", "{count} others"),
    "pair": mark_plural("{count} pair", "{count} pairs"),
    "parameter": mark_plural("{count} parameter", "{count} parameters"),
    "picture": mark_plural("{count} picture", "{count} pictures"),
    "pixel": mark_plural("{count} pixel", "{count} pixels"),
    "test digit": mark_plural("{count} test digit", "{count} test digits"),
    "test picture": mark_plural("{count} test picture", "{count} test pictures"),
}
_NAMES = {
    "small_convnet": mark("small convnet"),
    "augmented_convnet": mark("augmented convnet"),
    "feature_extraction": mark("feature extraction"),
    "frozen_base": mark("frozen base"),
    "fine_tuning": mark("fine tuning"),
    "viewpoint": mark("viewpoint"),
    "scale": mark("scale"),
    "deformation": mark("deformation"),
    "occlusion": mark("occlusion"),
    "illumination": mark("illumination"),
    "background_clutter": mark("background clutter"),
}
"""Methods and difficulties. A new one without a translation is shown in English."""


def display_name(name: str) -> str:
    """A method's or difficulty's name for readers: ``fine_tuning`` is "fine tuning"."""
    return _(_NAMES.get(name, name.replace("_", " ")))


def base_name(base: str) -> str:
    """A base's name for readers: ``vgg16-150`` is "VGG16 at 150"."""
    name, _dash, side = base.partition("-")
    return _("{network} at\u00a0{side}").format(network=network(name), side=side)


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
    return _("{most} and {last}").format(most=", ".join(most), last=last) if most else last


def count(value: float) -> str:
    """A whole number with its thousands apart: "16,812,353"."""
    return f"{value:,.0f}"


def counted(value: float, noun: Noun) -> str:
    """A number with what it counts: "1 picture", "1,000 pictures"."""
    return ngettext(*_COUNTED[noun], value).format(count=count(value))


def number_word(value: int) -> str:
    """A small number as a word, as prose has it."""
    words = (
        *(_("one"), _("two"), _("three"), _("four"), _("five")),
        *(_("six"), _("seven"), _("eight"), _("nine"), _("ten")),
    )
    return words[value - 1] if 1 <= value <= len(words) else str(value)


def percent(share: float, digits: int = 1) -> str:
    """A share, 0 to 1, as "96.8 %"."""
    return _("{number}\u00a0%").format(number=f"{100 * share:.{digits}f}")


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
    minutes, rest = divmod(whole, 60)
    hours, of_hour = divmod(round(value / 60), 60)
    if whole < 120:
        parts = [(_("{number} s"), whole)]
    elif minutes < 60:
        parts = [(_("{number} min"), minutes), (_("{number} s"), rest)]
    else:
        parts = [(_("{number} h"), hours), (_("{number} min"), of_hour)]
    first, *others = (
        text.format(number=number).replace(" ", SPACE)
        for place, (text, number) in enumerate(parts)
        if number or not place
    )
    return " ".join((first, *others))


def unbroken(text: str) -> str:
    """The text with each number kept on a line with its percent sign or its relation to p."""
    return re.sub(r"(?<=\d) (?=%)|(?<=p) (?=[<=])|(?<=p [<=]) (?=\d)", SPACE, text)
