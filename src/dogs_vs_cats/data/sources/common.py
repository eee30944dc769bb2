"""What every source shares: settings, the check of what it brought, and words for failures."""

from collections import Counter
from pathlib import Path
from typing import Literal, Protocol

from dogs_vs_cats.data.splitting.archive import open_archive
from dogs_vs_cats.project.errors import PipelineError

ARCHIVE_VARIABLE = "DOGS_VS_CATS_ARCHIVE"

SourceName = Literal["kaggle", "microsoft", "folder", "sample"]


class Source(Protocol):
    """One way to an archive."""

    @property
    def name(self) -> SourceName: ...

    @property
    def licence(self) -> str:
        """A note on what the pictures may be used for."""

    @property
    def mend(self) -> str:
        """What to do when the archive that it brought is no good: whole sentences."""

    def bring(self, target: Path) -> str:
        """Write the archive to ``target`` and give the name of the original file.

        Raises:
            PipelineError: the archive cannot be had. ``target`` may then hold anything.
        """


def other_sources(but: SourceName) -> str:
    """A sentence that names the ways to pictures other than ``but``."""
    others = {
        "kaggle": "kaggle (needs an account)",
        "microsoft": "microsoft (needs no account)",
        "folder": "folder (your own pictures)",
        "sample": "sample (drawn pictures)",
    }
    del others[but]
    *most, last = others.values()
    copy = f"set {ARCHIVE_VARIABLE} to a copy of Kaggle's archive, or " if but == "kaggle" else ""
    return f"Or use another source: {copy}set data.source to {', '.join(most)} or {last}."


def count_pictures(archive: Path, classes: tuple[str, str], source: Source) -> dict[str, int]:
    """Count the files of each class in an archive that ``source`` has brought.

    Reads the zip directory, and that of a ``train.zip`` inside after unpacking and so checking it.

    Raises:
        PipelineError: the archive is damaged, or a class has no picture.
    """
    try:
        with open_archive(archive, classes) as opened:
            counts = Counter(picture.label for picture in opened.pictures)
    # Python raises the last two for encryption and for compression that it does not know.
    except (PipelineError, RuntimeError, NotImplementedError):
        raise PipelineError(
            f"The archive from source {source.name} is not a whole zip archive. {source.mend}"
        ) from None
    missing = [label for label in classes if not counts[label]]
    if missing:
        raise PipelineError(
            f"The archive from source {source.name} holds no pictures of"
            f" {' and '.join(missing)}: neither files named like {missing[0]}.1.jpg nor a folder"
            f" named {missing[0]}. {source.mend}"
        )
    return {label: counts[label] for label in classes}
