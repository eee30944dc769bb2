"""The names of the classes of a project, which are known once its pictures are split."""

import json
from collections.abc import Sequence
from pathlib import Path

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import write_json

Classes = tuple[str, ...]
"""Names of the classes; a class's index is its label. 2 to 1,000, all different."""


def write_classes(path: Path, classes: Sequence[str]) -> None:
    """Keep the names, in the order of their labels, as a JSON list."""
    write_json(path, list(classes))


def read_classes(path: Path) -> Classes:
    """The names that :func:`write_classes` kept.

    Raises:
        PipelineError: the file is missing or holds no list of names.
    """
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path} not found. Run `dvc repro split`.") from None
    except (OSError, ValueError) as error:
        raise PipelineError(f"{path} cannot be read: {error}. Run `dvc repro split`.") from None
    if not isinstance(names, list) or len(names) < 2 or not all(isinstance(n, str) for n in names):
        raise PipelineError(f"{path} is no list of class names. Run `dvc repro --force split`.")
    return tuple(names)
