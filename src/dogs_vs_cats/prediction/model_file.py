"""Which model answers: one that is named, or the registry's champion."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import temporary_directory
from dogs_vs_cats.settings import read_params


@contextmanager
def model_file(
    named: Path | None, root: Path, params: Path
) -> Iterator[tuple[Path, str, tuple[str, str]]]:
    """A model's file, which may be gone after the block, what to call it, and its classes.

    Args:
        named: a ``.keras`` file; None is the champion.
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
        yield named, str(named), read_params(params).classes.names
        return
    from dogs_vs_cats.tracking.champion import fetch_champion

    with temporary_directory() as folder:
        champion = fetch_champion(root, folder)
        classes = champion.classes or read_params(params).classes.names
        yield champion.file, f"{champion.name} ({champion.method})", classes
