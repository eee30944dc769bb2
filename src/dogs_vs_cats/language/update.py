"""Bring the catalogue up to date with the texts in the code: ``make catalogue``.

New texts get an empty translation, changed ones that of the text that they were, marked "fuzzy":
both are for a person to finish, and a test holds the catalogue to that. Texts that are gone leave.
"""

from pathlib import Path

import jupytext
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from dogs_vs_cats.language.catalogue import LANGUAGES, flat

FOLDER = Path(__file__).parent
NOTEBOOKS = FOLDER.parents[2] / "notebooks"
PARAGRAPH = "\n\n"
"""What parts a cell of prose into texts of their own."""
_METHODS = [("**.py", "python"), ("reporting/templates/**", "jinja2")]
_OPTIONS = {"reporting/templates/**": {"newstyle_gettext": "true"}}
"""As pages are rendered: a percent sign is written twice, also in a text without values."""
_KEYWORDS = {"_": None, "gettext": None, "mark": None, "ngettext": (1, 2), "mark_plural": (1, 2)}
"""What is called with a text, and at which places texts stand; by default the first."""


def messages() -> Catalog:
    """Every text of the package and of the notebooks' scripts, in the order of the files, each with
    the files that it is in."""
    catalog = Catalog()
    found = extract_from_dir(FOLDER.parent, _METHODS, _OPTIONS, keywords=_KEYWORDS)
    for file, _line, message, _comments, _context in found:
        key = flat(message) if isinstance(message, str) else tuple(map(flat, message))
        catalog.add(key, locations=[(file, 0)])
    for script in sorted(NOTEBOOKS.glob("*.py")):
        for paragraph in paragraphs(script):
            catalog.add(flat(paragraph), locations=[(f"notebooks/{script.name}", 0)])
    return catalog


def paragraphs(script: Path) -> list[str]:
    """The paragraphs of a notebook's script, in jupytext's percent format, outside its code."""
    prose = [cell.source for cell in jupytext.read(script).cells if cell.cell_type == "markdown"]
    return PARAGRAPH.join(prose).split(PARAGRAPH) if prose else []


def path_of(language: str) -> Path:
    """Where the translations into a language lie."""
    return FOLDER / f"{language}.po"


def read(language: str) -> Catalog:
    """The translations into a language."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def main() -> None:
    """Rewrite each language's file."""
    for language in LANGUAGES:
        if language == "en":
            continue
        catalog = read(language)
        catalog.update(messages(), update_creation_date=False)
        with path_of(language).open("wb") as file:
            write_po(file, catalog, width=100, include_lineno=False, ignore_obsolete=True)
        missing = sum(not all(each.string or ("",)) for each in catalog if each.id)
        fuzzy = sum(each.fuzzy for each in catalog if each.id)
        print(f"{path_of(language).name}: {len(catalog)} texts, {missing} empty, {fuzzy} fuzzy")


if __name__ == "__main__":
    main()
