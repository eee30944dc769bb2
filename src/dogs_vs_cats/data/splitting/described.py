"""What stage ``download`` says of the archive."""

import json
from pathlib import Path

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SourceName


def read_source(path: Path) -> tuple[SourceName, Classes]:
    """The archive's source, and the names of its classes in the order of their labels.

    Raises:
        PipelineError: the file is missing, or is not what ``download`` writes.
    """
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        return description["source"], tuple(description["classes"])
    except FileNotFoundError:
        raise PipelineError(f"{path} not found. Run `dvc repro download`.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PipelineError(
            f"{path} is not what stage download writes ({type(error).__name__}: {error})."
            " Run `dvc repro --force download`."
        ) from None
