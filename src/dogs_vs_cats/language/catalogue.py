"""Texts for readers in their language, from one catalogue.

A text stands in the code in English, which is also its key; ``LANGUAGE.po`` beside this holds its
translation. ``make catalogue`` brings that file up to date with the code::

    from dogs_vs_cats.language.catalogue import gettext as _

    with use("ko"):
        _("The side is {side} pixels.").format(side=150)

A text with values has named places for them and is filled in behind the call: an f-string would be
another text for each value. One that is not shown where it is written is marked there
(:func:`mark`) and looked up where it is shown.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from dogs_vs_cats.project.errors import PipelineError

LANGUAGES = {"en": "English", "ko": "한국어"}
"""By code of ISO 639-1, as HTML names them, each in its own words."""

_language: ContextVar[str] = ContextVar("language", default="en")


@contextmanager
def use(language: str) -> Iterator[None]:
    """All texts within in one of :data:`LANGUAGES`; outside they are English.

    Raises:
        PipelineError: there is none in this language.
    """
    if language not in LANGUAGES:
        known = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
        raise PipelineError(f"There are no texts in {language!r}. Known languages: {known}.")
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def language() -> str:
    """The code of the language that texts are in now."""
    return _language.get()


def gettext(message: str) -> str:
    """The text in the language that is used; in English, and where no translation is, itself."""
    if language() == "en":
        return message
    return _translations(language()).gettext(flat(message))


def ngettext(one: str, many: str, number: float) -> str:
    """The text that suits a number of things, of which each language has its own forms."""
    if language() == "en":
        return one if number == 1 else many
    return _translations(language()).ngettext(flat(one), flat(many), round(number))


def mark(message: str) -> str:
    """The text itself. It is in the catalogue for the :func:`gettext` that is called later."""
    return message


def mark_plural(one: str, many: str) -> tuple[str, str]:
    """Both texts themselves, for the :func:`ngettext` that is called later."""
    return one, many


def flat(message: str) -> str:
    """A text as its catalogue has it: a line break and what is around it are one blank."""
    return re.sub(r"\s*\n\s*", " ", message).strip()


@cache
def _translations(code: str) -> NullTranslations:
    # Not for English, which most runs are in
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with (files(__package__) / f"{code}.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)
