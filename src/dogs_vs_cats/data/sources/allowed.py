"""The sources that are allowed.

To add one, write its class, as the modules beside this one do, and enter it here and in
``SourceName`` in :mod:`dogs_vs_cats.settings.sections`. To forbid one, take it out of both:
``params.yaml`` is checked against ``SourceName`` before any stage starts.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from dogs_vs_cats.data.sources.folder import Folder, class_names
from dogs_vs_cats.data.sources.kaggle import ARCHIVE_VARIABLE, Kaggle, LocalCopy
from dogs_vs_cats.data.sources.microsoft import Microsoft
from dogs_vs_cats.data.sources.sample import Sample
from dogs_vs_cats.data.sources.source import Source
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.places import of_user
from dogs_vs_cats.settings import DataSettings, SourceName
from dogs_vs_cats.settings.sections import Auto

CATS_AND_DOGS = ("cat", "dog")

WORDS: dict[SourceName, str] = {
    "kaggle": "kaggle (needs an account)",
    "microsoft": "microsoft (needs no account)",
    "folder": "folder (your own pictures)",
    "sample": "sample (drawn pictures)",
}


def resolve_classes(settings: DataSettings, asked: tuple[str, ...] | Auto) -> tuple[str, ...]:
    """The names of the classes, in the order of their labels.

    Args:
        settings: section ``data`` of ``params.yaml``.
        asked: section ``classes``. ``auto`` stands for the folders in ``data.folder``, sorted, or
            for cat and dog from any other source.

    Raises:
        PipelineError: the source does not hold these classes.
    """
    if settings.source == "folder":
        return class_names(settings.folder) if asked == "auto" else asked
    if asked == "auto":
        return CATS_AND_DOGS
    held: tuple[str, ...] = CATS_AND_DOGS
    if settings.source == "sample":
        from dogs_vs_cats.data.sample import SPECIES

        held = SPECIES
    if not {*asked} <= {*held}:
        raise PipelineError(
            f"data.source {settings.source} holds the classes {', '.join(held)}; params.yaml asks"
            f" for {', '.join(asked)}. Other classes need data.source: folder."
        )
    return asked


def choose(
    settings: DataSettings,
    classes: tuple[str, ...],
    cache: Path,
    draw: Callable[[Path], None],
    environment: Mapping[str, str] = os.environ,
) -> Source:
    """The source that ``settings`` name.

    Args:
        settings: section ``data`` of ``params.yaml``.
        classes: their names.
        cache: folder for unfinished downloads, on the file system of the archive.
        draw: writes an archive of drawn pictures; called for source ``sample`` alone.
        environment: where ``DOGS_VS_CATS_ARCHIVE`` may name a copy of Kaggle's archive, which
            stands in for Kaggle's download and for no other source.
    """
    copy = environment.get(ARCHIVE_VARIABLE)
    if copy and settings.source != "kaggle":
        print(f"note: {ARCHIVE_VARIABLE} is ignored, because data.source is {settings.source}.")
    match settings.source:
        case "kaggle":
            return LocalCopy(of_user(copy)) if copy else Kaggle(cache)
        case "microsoft":
            return Microsoft(cache)
        case "folder":
            return Folder(settings.folder, classes)
        case "sample":
            return Sample(draw)


def other_sources(but: SourceName) -> str:
    """A sentence that names the ways to pictures other than ``but``."""
    *most, last = (words for name, words in WORDS.items() if name != but)
    copy = f"set {ARCHIVE_VARIABLE} to a copy of Kaggle's archive, or " if but == "kaggle" else ""
    return f"Or use another source: {copy}set data.source to {', '.join(most)} or {last}."
