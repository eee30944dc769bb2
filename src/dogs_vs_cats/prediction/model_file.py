"""Which model answers: a named one, or the registry's champion; and what it says of itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import temporary_directory
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.text import printable
from dogs_vs_cats.settings import PARAMS
from dogs_vs_cats.tracking.lineage import read_lock

if TYPE_CHECKING:
    from dogs_vs_cats.models.saved import Description


@dataclass(frozen=True)
class Model:
    """A saved model of this project, loaded."""

    name: str
    """Its file, or the champion's version."""
    classes: Classes
    """Names of its classes, from its file."""
    network: Any
    """The Keras model: uint8 RGB pictures of any size (batch, height, width, 3) to float32
    probabilities (batch, classes)."""
    about: "Description"
    """All that stands in its file."""


@dataclass(frozen=True)
class Advice:
    """How one does, where the model is asked for, what an error advises."""

    project: str
    """Go to a project."""
    model: str
    """Name another model."""


@contextmanager
def model_file(named: Path | None, root: Path, advice: Advice) -> Iterator[tuple[Path, str]]:
    """A model's file, which may be gone after the block, and what to call it.

    Args:
        named: a ``.keras`` file; None is the champion.
        root: the folder of the project whose store has the champion.
        advice: for errors.

    Raises:
        PipelineError: there is no such file, or no champion.
    """
    if named is not None:
        if not named.is_file():
            raise PipelineError(_missing(named, root, advice))
        yield named, str(named)
        return
    if not (root / PARAMS).is_file() and not os.environ.get("MLFLOW_TRACKING_URI"):
        raise PipelineError(f"{_no_project(root, advice)} Or {advice.model}.")
    from dogs_vs_cats.tracking.champion import NoChampionError, fetch_champion

    with temporary_directory() as folder:
        try:
            champion = fetch_champion(root, folder)
        except NoChampionError as error:
            raise PipelineError(f"{error}\nOr {advice.model}.") from None
        yield champion.file, f"{champion.name} ({champion.method})"


def load(file: Path, name: str) -> Model:
    """Load a model with the names of its classes that stand in its file. Imports TensorFlow.

    Args:
        file: a ``.keras`` file.
        name: what to call it.

    Raises:
        PipelineError: it cannot be loaded, or does not tell what its classes are called.
    """
    from dogs_vs_cats.models.saved import describe, load_whole_model, side_of

    network = load_whole_model(file)
    description = describe(file)
    if description is None:
        raise PipelineError(
            f"{printable(name)} does not tell what its classes are called, as every model does that"
            " this project trains now. Train it again with `dvc repro`."
        )
    if network.output_shape != (None, len(description.classes)):
        raise PipelineError(
            f"{printable(name)} names {len(description.classes)} classes and gives probabilities of"
            f" shape {network.output_shape}; expected one a class."
        )
    try:
        side_of(network)
    except PipelineError as error:
        raise PipelineError(
            f"{error} If it is the registry's champion, `dogs-vs-cats champion set VERSION` names"
            " another."
        ) from None
    return Model(name, description.classes, network, description)


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
