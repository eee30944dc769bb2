"""Every text of the code is translated, and a language is used where it is named."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from dogs_vs_cats.evaluation import words
from dogs_vs_cats.language import update
from dogs_vs_cats.language.catalogue import LANGUAGES, flat, gettext, language, ngettext, use
from dogs_vs_cats.project.errors import PipelineError

TRANSLATED = [code for code in LANGUAGES if code != "en"]
MESSAGES = [each for each in update.messages() if each.id]


def forms(text: object) -> tuple[str, ...]:
    """A message's texts: one, or one for each number of things."""
    return (text,) if isinstance(text, str) else tuple(text)  # type: ignore[arg-type]


def places(text: str) -> set[str]:
    """The names that are filled in, as Python's ``{name}`` or as Jinja's ``%(name)s``."""
    jinja = set(re.findall(r"%\((\w+)\)s", text))
    return jinja or {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_text_is_translated_and_finished(code: str) -> None:
    catalog = update.read(code)
    unfinished = [
        each.id
        for each in MESSAGES
        if (known := catalog.get(each.id)) is None or known.fuzzy or not all(forms(known.string))
    ]
    assert unfinished == []


def test_every_text_that_is_looked_up_is_in_the_catalogue() -> None:
    """One within an f-string is not: Python 3.11's tokens, which texts are taken from, hide it."""
    known = {form for each in MESSAGES for form in forms(each.id)}
    lookups = ("_", "gettext", "ngettext", "mark", "mark_plural")
    missed = [
        (path.name, node.lineno, argument.value)
        for path in Path(update.__file__).parents[1].rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in lookups
        for argument in node.args
        if isinstance(argument, ast.Constant)
        and isinstance(argument.value, str)
        and flat(argument.value) not in known
    ]
    assert missed == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_catalogue_holds_no_text_that_is_gone(code: str) -> None:
    assert {each.id for each in update.read(code) if each.id} == {each.id for each in MESSAGES}


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_places_of_its_text(code: str) -> None:
    wrong = [
        each.id
        for each in update.read(code)
        if each.id
        and any(places(text) != places(forms(each.id)[-1]) for text in forms(each.string))
    ]
    assert wrong == []


def test_a_text_is_english_outside_and_after() -> None:
    assert words.counted(3, "picture") == "3 pictures"
    with use("ko"):
        assert language() == "ko"
        assert words.counted(3, "picture") == "사진 3장"
        assert words.display_name("fine_tuning") == "미세 조정"
        with use("en"):
            assert words.counted(1, "picture") == "1 picture"
    assert language() == "en"
    assert gettext("fine tuning") == "fine tuning"


def test_a_text_is_found_however_its_lines_are_broken() -> None:
    broken = """fine
        tuning"""
    assert flat(broken) == "fine tuning"
    with use("ko"):
        assert gettext(broken) == gettext("fine tuning") != flat(broken)
    assert gettext(broken) == broken


def test_a_text_without_translation_is_itself() -> None:
    with use("ko"):
        assert gettext("no one wrote this") == "no one wrote this"
        assert ngettext("{n} yeti", "{n} yetis", 2) == "{n} yetis"


def test_another_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(PipelineError, match=r"'fr'.*en \(English\), ko \(한국어\)"), use("fr"):
        pass
    assert language() == "en"
