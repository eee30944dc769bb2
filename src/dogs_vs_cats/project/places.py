"""Against which folder a path in ``params.yaml``, or in a variable, counts."""

import os
from pathlib import Path

ORIGIN = "DOGS_VS_CATS_ORIGIN"
"""Variable that names the project to a stage which runs in a clone of it."""


def of_user(name: str) -> Path:
    """The file or folder that a setting names.

    A relative path counts from the project's folder. An experiment beside the workspace and
    ``verify`` run in a copy with what git has; what is not there, is looked up in the project that
    the copy was made of.

    Args:
        name: as the user wrote it, maybe with ``~``.
    """
    path = Path(name).expanduser()
    origin = os.environ.get(ORIGIN) or os.environ.get("DVC_ROOT")
    return path if path.exists() or not origin else Path(origin, path)
