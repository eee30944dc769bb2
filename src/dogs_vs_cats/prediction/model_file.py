"""Which model answers: one that is named, or the registry's champion."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import temporary_directory
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.text import printable
from dogs_vs_cats.settings import PARAMS, read_params
from dogs_vs_cats.tracking.lineage import read_lock

Classes = tuple[str, str]
"""Names of label 0 and label 1."""


@dataclass(frozen=True)
class Advice:
    """How one does, where the model is asked for, what an error advises."""

    project: str
    """Go to a project."""
    model: str
    """Name another model."""
    classes: str
    """Name a model's classes."""


@contextmanager
def model_file(
    named: Path | None, root: Path, advice: Advice, classes: Classes | None = None
) -> Iterator[tuple[Path, str, Classes]]:
    """A model's file, which may be gone after the block, what to call it, and its classes.

    Args:
        named: a ``.keras`` file; None is the champion.
        root: the folder of the project whose store has the champion.
        advice: for errors.
        classes: of the model. None are those that came with the champion, or of the project that a
            named file lies in, else of the project ``root``.

    Raises:
        PipelineError: there is no such file, or no champion, or its classes are not known.
    """
    if named is not None:
        if not named.is_file():
            raise PipelineError(_missing(named, root, advice))
        projects = (*Path(os.path.abspath(named)).parents, root)  # noqa: PTH100 (links stay)
        yield named, str(named), classes or _classes(projects, advice)
        return
    if not (root / PARAMS).is_file() and not os.environ.get("MLFLOW_TRACKING_URI"):
        raise PipelineError(f"{_no_project(root, advice)} Or {advice.model}.")
    from dogs_vs_cats.tracking.champion import NoChampionError, fetch_champion

    with temporary_directory() as folder:
        try:
            champion = fetch_champion(root, folder)
        except NoChampionError as error:
            raise PipelineError(f"{error}\nOr {advice.model}.") from None
        classes = classes or champion.classes or _classes((root,), advice)
        yield champion.file, f"{champion.name} ({champion.method})", classes


def _classes(projects: tuple[Path, ...], advice: Advice) -> Classes:
    for params in (project / PARAMS for project in projects):
        if params.is_file():
            return read_params(params).classes.names
    raise PipelineError(
        "What the model's classes are called is not known: it lies in no project, and"
        f" {printable(str(projects[-1]))} is none either (no {PARAMS}). {advice.classes}."
    )


def _missing(named: Path, root: Path, advice: Advice) -> str:
    """What to do where a named file is not. DVC deletes a model before it is trained again."""
    problem = f"{printable(str(named))} not found, or not a file."
    place = Path(os.path.relpath(named, root))
    try:
        maker = read_lock(Layout(root).lock).maker(place.as_posix())
    except PipelineError:
        maker = None
    if maker:
        here = "" if root == Path.cwd() else f" in {printable(str(root))}"
        return (
            f"{problem} It was trained: `dvc checkout {place}`{here} brings it back, or `dvc pull"
            f" {place}` if it was trained elsewhere; `dvc repro {maker.name}` trains it again."
            f" Or {advice.model}."
        )
    if place.parent != Layout().models:
        return f"{problem} Correct the path, or {advice.model}."
    if not (root / PARAMS).is_file():
        return f"{problem} {_no_project(root, advice)} Or {advice.model}."
    return f"{problem} Train it with `dvc repro`, or {advice.model}."


def _no_project(root: Path, advice: Advice) -> str:
    return f"{printable(str(root))} is no project: there is no {PARAMS} in it. {advice.project}."
