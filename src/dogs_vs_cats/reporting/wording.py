"""Numbers and names as a reader wants them: with their unit, and no more digits than they carry."""

import re

# A number and its unit stay on one line.
SPACE = "\u00a0"


def percent(share: float, digits: int = 1) -> str:
    """A share, 0 to 1, as "96.8 %"."""
    return f"{100 * share:.{digits}f}{SPACE}%"


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


def count(value: float) -> str:
    """A whole number with its thousands apart: "16,812,353"."""
    return f"{value:,.0f}"


def number_word(value: int) -> str:
    """A small number as a word, as prose has it."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[value] if value < len(words) else str(value)


def unbroken(text: str) -> str:
    """The text with each number kept on a line with its percent sign or its relation to p."""
    return re.sub(r"(?<=\d) (?=%)|(?<=p) (?=[<=])|(?<=p [<=]) (?=\d)", SPACE, text)


def sentence(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]
