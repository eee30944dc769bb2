"""From a source to an archive that is checked and described."""

from collections import Counter
from pathlib import Path
from typing import Any

from dogs_vs_cats.data.sources.allowed import other_sources
from dogs_vs_cats.data.sources.source import Source, UnavailableError
from dogs_vs_cats.data.splitting.archive import open_archive
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import sha256, whole_file
from dogs_vs_cats.project.text import first_of

_TOLD = 5


def obtain(source: Source, classes: tuple[str, ...], archive: Path) -> dict[str, Any]:
    """Bring the source's archive to ``archive`` and describe it.

    Returns:
        What ``source.json`` holds: ``source``, ``file`` (name of the original archive), ``bytes``,
        ``sha256`` (64 hexadecimal digits), ``classes`` (names in the order of their labels),
        ``pictures`` (count of each class, undecodable files included) and ``licence``. Equal
        archives from one source give equal descriptions.

    Raises:
        PipelineError: the source has no usable archive; ``archive`` is then left as it was.
    """
    try:
        with whole_file(archive) as temporary:
            file = source.bring(temporary)
            return {
                "source": source.name,
                "file": file,
                "bytes": temporary.stat().st_size,
                "sha256": sha256(temporary),
                "classes": list(classes),
                "pictures": _count_pictures(temporary, classes, source),
                "licence": source.licence,
            }
    except UnavailableError as error:
        raise PipelineError(f"{error} {other_sources(source.name)}") from None


def _count_pictures(archive: Path, classes: tuple[str, ...], source: Source) -> dict[str, int]:
    """Reads the zip directory, and that of a ``train.zip`` inside after unpacking and so checking
    it."""
    try:
        with open_archive(archive, classes) as opened:
            counts = Counter(picture.label for picture in opened.pictures)
    except PipelineError as error:
        raise UnavailableError(
            f"The archive from source {source.name} is not a whole zip archive"
            f" ({error.__cause__}). {source.mend}"
        ) from None
    missing = [label for label in classes if not counts[label]]
    if missing:
        raise UnavailableError(
            f"The archive from source {source.name} holds no pictures of"
            f" {first_of(missing, _TOLD)}: neither files named like {missing[0]}.1.jpg nor"
            f" a folder named {missing[0]}. {source.mend}"
        )
    return {label: counts[label] for label in classes}
