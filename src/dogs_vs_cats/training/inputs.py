"""A split's pictures as what a method learns from, as they are or augmented."""

from collections.abc import Sequence
from pathlib import Path

from dogs_vs_cats.data.reading.pictures import list_pictures, load_pictures
from dogs_vs_cats.settings import AugmentationSettings
from dogs_vs_cats.training.epochs import Source, augmented, plain


def plain_pictures(split: Path, classes: Sequence[str], size: int) -> Source:
    """The pictures of a split as they are, decoded into memory.

    Args:
        split: folder that holds a folder a class.
        classes: their names; the index is the label.
        size: side in pixels.

    Raises:
        PipelineError: a class has no picture, or one cannot be read.
    """
    pictures = list_pictures(split, classes)
    return plain(load_pictures(pictures.paths, size), pictures.labels)


def augmented_pictures(
    split: Path, classes: Sequence[str], size: int, augmentation: AugmentationSettings
) -> Source:
    """As :func:`plain_pictures`, augmented anew in every epoch."""
    pictures = list_pictures(split, classes)
    return augmented(load_pictures(pictures.paths, size), pictures.labels, augmentation)
