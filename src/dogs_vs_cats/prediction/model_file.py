"""Which model answers: one that is named, or the registry's champion."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import read_params


@dataclass(frozen=True)
class ModelFile:
    """A saved model, and what is to be known before it is loaded."""

    path: Path
    """The ``.keras`` file."""
    name: str
    """For people."""
    classes: tuple[str, str]
    """Names of label 0 and label 1."""


@contextmanager
def model_file(named: Path | None, root: Path, params: Path) -> Iterator[ModelFile]:
    """The named model or, if none is, the champion, whose file is gone after the block.

    Args:
        named: a ``.keras`` file.
        root: the folder of the project whose store has the champion.
        params: ``params.yaml``, for the classes where the model does not come with them.

    Raises:
        PipelineError: there is no such file, or no champion.
    """
    if named is not None:
        if not named.is_file():
            raise PipelineError(
                f"{named} not found. Train it with `dvc repro`, or name another model."
            )
        yield ModelFile(named, str(named), read_params(params).classes.names)
        return
    from dogs_vs_cats.tracking.champion import fetch_champion

    with tempfile.TemporaryDirectory() as folder:
        champion = fetch_champion(root, Path(folder))
        classes = champion.classes or read_params(params).classes.names
        yield ModelFile(champion.file, f"{champion.name} ({champion.method})", classes)
