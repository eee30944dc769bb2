"""Small copies of pictures, for pages that show many."""

import json
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from dogs_vs_cats.data.reading.decoding import UnreadableError, upright
from dogs_vs_cats.project.errors import PipelineError

SIDE = 180


def write_errors(errors: Path, splits: Path, folder: Path) -> None:
    """:func:`write` each picture that ``errors.json`` names, in whichever of its groups."""
    told = json.loads(errors.read_text(encoding="utf-8"))
    groups = (group for group in told.values() if isinstance(group, list))
    write(sorted({error["file"] for group in groups for error in group}), splits, folder)


def write(files: Iterable[str], splits: Path, folder: Path, side: int = SIDE) -> None:
    """Write a JPEG of each picture, whole, upright and in its own proportions.

    Args:
        files: pictures, relative to ``splits``; a copy has the same name under ``folder``, whatever
            format that is of.
        splits: the folder of all splits.
        folder: where the copies go.
        side: the longer side of a copy in pixels, at most; a smaller picture stays as it is.

    Raises:
        PipelineError: a file is missing or is no picture; its name and the reason are given.
    """
    for file in files:
        copy = folder / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            small = Image.fromarray(upright((splits / file).read_bytes()))
        except (OSError, UnreadableError) as error:
            raise PipelineError(
                f"{splits / file} cannot be read as a picture: {error}. Run `dvc repro split`."
            ) from None
        small.thumbnail((side, side))
        small.save(copy, "JPEG", quality=80, optimize=True)
