"""Make the notebooks of the scripts beside this: ``make notebooks``.

With the address of a public clone, on GitHub, each gets a link that opens it on Colab, and the
lecture's clones it there.
"""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import jupytext
import nbformat

FOLDER = Path(__file__).parent
SCRIPTS = ("explore", "lecture")
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"


def notebook(script: Path, repository: str = "") -> str:
    """A script's notebook, without outputs, as JSON; the same each time.

    Args:
        script: in jupytext's percent format.
        repository: ``https://github.com/OWNER/NAME``, or empty.
    """
    made = jupytext.read(script)
    if repository:
        place = urlsplit(repository).path.strip("/").removesuffix(".git")
        link = f"https://colab.research.google.com/github/{place}/blob/main/notebooks"
        badge = f"[![Open in Colab]({BADGE})]({link}/{script.stem}.ipynb)"
        made.cells.insert(0, nbformat.v4.new_markdown_cell(badge))
        for cell in made.cells:
            cell.source = cell.source.replace('REPOSITORY = ""', f'REPOSITORY = "{repository}"')
    for number, cell in enumerate(made.cells):
        cell.id = f"cell-{number}"
    made.metadata = {"kernelspec": made.metadata["kernelspec"]}
    nbformat.validate(made)
    return nbformat.writes(made) + "\n"


if __name__ == "__main__":
    for name in SCRIPTS:
        text = notebook(FOLDER / f"{name}.py", *sys.argv[1:])
        (FOLDER / f"{name}.ipynb").write_text(text, encoding="utf-8")
