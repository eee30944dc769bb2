"""Make the notebooks of the scripts beside this, in each language: ``make notebooks``.

Their code is the same in all; the text between it is translated by the catalogue, a paragraph at a
time (``src/dogs_vs_cats/language``).

With the address of a public clone, on GitHub, each gets a link that opens it on Colab, and the
lecture's clones it there.
"""

import sys
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import jupytext
import nbformat

from dogs_vs_cats.language.catalogue import LANGUAGES, gettext, use
from dogs_vs_cats.language.update import PARAGRAPH

FOLDER = Path(__file__).parent
SCRIPTS = ("explore", "lecture")
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"


def path_of(name: str, language: str = "en") -> Path:
    """Where a script's notebook lies: ``lecture.ipynb``, ``lecture.ko.ipynb``."""
    return FOLDER / (f"{name}.ipynb" if language == "en" else f"{name}.{language}.ipynb")


def notebook(name: str, repository: str = "", language: str = "en") -> str:
    """A script's notebook, without outputs, as JSON; the same each time.

    Args:
        name: of the script, which is in jupytext's percent format, without its suffix.
        repository: ``https://github.com/OWNER/NAME``, or empty.
        language: of the text between the code.
    """
    made = jupytext.read(FOLDER / f"{name}.py")
    with use(language):
        for cell in made.cells:
            if cell.cell_type == "markdown":
                cell.source = PARAGRAPH.join(map(gettext, cell.source.split(PARAGRAPH)))
    if repository:
        place = urlsplit(repository).path.strip("/").removesuffix(".git")
        link = f"https://colab.research.google.com/github/{place}/blob/main/notebooks"
        badge = f"[![Open in Colab]({BADGE})]({link}/{path_of(name, language).name})"
        made.cells.insert(0, nbformat.v4.new_markdown_cell(badge))
        for cell in made.cells:
            cell.source = cell.source.replace('REPOSITORY = ""', f'REPOSITORY = "{repository}"')
    for number, cell in enumerate(made.cells):
        cell.id = f"cell-{number}"
    made.metadata = {"kernelspec": made.metadata["kernelspec"]}
    nbformat.validate(made)
    return nbformat.writes(made) + "\n"


if __name__ == "__main__":
    for name, language in product(SCRIPTS, LANGUAGES):
        text = notebook(name, *sys.argv[1:], language=language)
        path_of(name, language).write_text(text, encoding="utf-8")
