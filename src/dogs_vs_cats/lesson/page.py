"""The lesson as HTML files, one a chapter and one that links to them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.chapters import Chapter
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import temporary_directory, whole_directory
from dogs_vs_cats.reporting.inline import Illustration, illustration
from dogs_vs_cats.reporting.rendering import render
from dogs_vs_cats.visualization.drawing import Drawing, save_figure

INDEX = "index.html"
_NUMBER = re.compile(r"[\d,.\N{MINUS SIGN} %×]+")


def write_lesson(chapters: Sequence[Chapter], folder: Path) -> Path:
    """Write a page for each chapter, and ``index.html``, in place of what the folder held.

    Args:
        chapters: with unique keys.
        folder: is made where it is missing, and replaced when all pages are written.

    Returns:
        Where ``index.html`` lies.

    Raises:
        PipelineError: the folder holds something that no lesson has; it stays as it is.
    """
    _refuse_others_files(folder)
    with whole_directory(folder) as temporary:
        for chapter, following in zip(chapters, [*chapters[1:], None], strict=True):
            text = render(
                "chapter.html",
                chapter=chapter,
                following=following,
                exhibits=list(_exhibits(chapter.draw())),
                numeric=_numeric,
            )
            (temporary / f"{chapter.key}.html").write_text(text, encoding="utf-8")
        index = render("lesson.html", chapters=chapters)
        (temporary / INDEX).write_text(index, encoding="utf-8")
    return folder / INDEX


def _refuse_others_files(folder: Path) -> None:
    """A folder named by mistake, such as a home folder, must not be replaced."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise PipelineError(f"{folder} is not a folder. Name another one for the lesson.")
    held = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if held and (INDEX not in held or any(not name.endswith(".html") for name in held)):
        raise PipelineError(
            f"{folder} holds other files than a lesson's. Name an empty or a new folder."
        )


def _exhibits(shown: Iterable[Drawing | Table]) -> Iterator[Illustration | Table]:
    names: set[str] = set()
    with temporary_directory() as scratch:
        for each in shown:
            if each.name in names:
                raise ValueError(f"two exhibits are called {each.name}")
            names.add(each.name)
            if isinstance(each, Table):
                yield each
            else:
                path = scratch / f"{each.name}.{each.suffix}"
                save_figure(each.figure, path)
                yield illustration(each, path)


def _numeric(table: Table, column: int) -> bool:
    """Whether a column holds numbers alone, which are set flush right."""
    return all(_NUMBER.fullmatch(row[column]) for row in table.rows if row[column])
