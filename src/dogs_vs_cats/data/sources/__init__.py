"""Where the pictures come from: each source brings one archive, which is checked and described.

The archive is a zip that :func:`dogs_vs_cats.data.splitting.archive.open_archive` understands. It
appears under its final name only after its pictures have been counted.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dogs_vs_cats.data.sources.common import ARCHIVE_VARIABLE, Source, count_pictures
from dogs_vs_cats.data.sources.drawn import Drawn
from dogs_vs_cats.data.sources.folder import Folder
from dogs_vs_cats.data.sources.kaggle import Kaggle
from dogs_vs_cats.data.sources.local import LocalCopy
from dogs_vs_cats.data.sources.microsoft import Microsoft
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import sha256, whole_file
from dogs_vs_cats.settings import DataSettings

__all__ = ["ARCHIVE_VARIABLE", "DataSettings", "Source", "choose", "obtain"]


def choose(
    settings: DataSettings,
    classes: tuple[str, str],
    cache: Path,
    draw: Callable[[Path], None],
    environment: Mapping[str, str] = os.environ,
) -> Source:
    """The source that ``settings`` name.

    Args:
        settings: section ``data`` of ``params.yaml``.
        classes: negative and positive class.
        cache: folder for unfinished downloads, on the file system of the archive.
        draw: writes an archive of drawn pictures; called for source ``sample`` alone.
        environment: where ``DOGS_VS_CATS_ARCHIVE`` may name a copy of Kaggle's archive, which
            stands in for Kaggle's download and for no other source.

    Raises:
        PipelineError: the source does not hold these classes.
    """
    if settings.source != "folder" and set(classes) != {"cat", "dog"}:
        raise PipelineError(
            f"data.source {settings.source} holds the classes cat and dog, params.yaml asks for"
            f" {classes[0]} and {classes[1]}. Other classes need data.source: folder."
        )
    copy = environment.get(ARCHIVE_VARIABLE)
    if copy and settings.source != "kaggle":
        print(f"note: {ARCHIVE_VARIABLE} is ignored, because data.source is {settings.source}.")
    match settings.source:
        case "kaggle":
            return LocalCopy(Path(copy).expanduser()) if copy else Kaggle(cache)
        case "microsoft":
            return Microsoft(cache)
        case "folder":
            return Folder(settings.folder, classes)
        case "sample":
            return Drawn(draw)


def obtain(source: Source, classes: tuple[str, str], archive: Path) -> dict[str, Any]:
    """Bring the source's archive to ``archive`` and describe it.

    Returns:
        What ``source.json`` holds: ``source``, ``file`` (name of the original archive), ``bytes``,
        ``sha256`` (64 hexadecimal digits), ``pictures`` (count of each class, undecodable files
        included) and ``licence``. Equal archives from one source give equal descriptions.

    Raises:
        PipelineError: the source has no usable archive; ``archive`` is then left as it was.
    """
    with whole_file(archive) as temporary:
        file = source.bring(temporary)
        return {
            "source": source.name,
            "file": file,
            "bytes": temporary.stat().st_size,
            "sha256": sha256(temporary),
            "pictures": count_pictures(temporary, classes, source),
            "licence": source.licence,
        }
