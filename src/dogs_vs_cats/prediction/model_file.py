"""Which model answers: a named one, or the registry's champion; and what it says of itself."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.deciding import Decision
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import temporary_directory
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.text import printable
from dogs_vs_cats.settings import PARAMS
from dogs_vs_cats.tracking.lineage import file_md5, read_lock

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
    decision: Decision | None = None
    """What `evaluate` chose for it; None where that is not known."""


@dataclass(frozen=True)
class Advice:
    """How one does, where the model is asked for, what an error advises."""

    project: str
    """Go to a project."""
    model: str
    """Name another model."""


@dataclass(frozen=True)
class ModelFile:
    """A model that can be loaded."""

    path: Path
    name: str
    """What to call it."""
    decision: Decision | None = None
    """See :attr:`Model.decision`."""


@contextmanager
def model_file(named: Path | None, root: Path, advice: Advice) -> Iterator[ModelFile]:
    """A model's file, which may be gone after the block.

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
        yield ModelFile(named, str(named), _decision(named, root))
        return
    if not (root / PARAMS).is_file() and not os.environ.get("MLFLOW_TRACKING_URI"):
        raise PipelineError(f"{_no_project(root, advice)} Or {advice.model}.")
    from dogs_vs_cats.tracking.champion import NoChampionError, fetch_champion

    with temporary_directory() as folder:
        try:
            champion = fetch_champion(root, folder)
        except NoChampionError as error:
            raise PipelineError(f"{error}\nOr {advice.model}.") from None
        yield ModelFile(
            champion.file,
            f"{champion.name} ({champion.method})",
            _decision(champion.file, root) or champion.decision,
        )


def _decision(file: Path, root: Path) -> Decision | None:
    """What the project's evaluation chose for this very file."""
    try:
        told = json.loads((Layout(root).reports / "evaluation.json").read_text(encoding="utf-8"))
        decisions = [scores["decision"] for scores in told.values()]
        md5 = file_md5(file)
        return next((Decision.of(each) for each in decisions if each["model_md5"] == md5), None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # not evaluated, or by an earlier revision


def load(found: ModelFile) -> Model:
    """Load a model with the names of its classes that stand in its file. Imports TensorFlow.

    Raises:
        PipelineError: it cannot be loaded, or does not tell what its classes are called.
    """
    from dogs_vs_cats.models.saved import describe, load_whole_model, side_of

    name = found.name
    network = load_whole_model(found.path)
    description = describe(found.path)
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
    return Model(name, description.classes, network, description, found.decision)


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
