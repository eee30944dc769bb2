"""The lesson's chapters, in the order in which they are to be read.

A new chapter is a function that yields drawings and tables, and an entry here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.architectures import chapter as architectures
from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.convolution import chapter as convolution
from dogs_vs_cats.lesson.layers import chapter as layers
from dogs_vs_cats.lesson.seeing import chapter as seeing
from dogs_vs_cats.settings import AugmentationSettings
from dogs_vs_cats.visualization.drawing import Drawing


@dataclass(frozen=True)
class Chapter:
    """A page of the lesson."""

    key: str
    """Name of its file, without suffix; unique."""
    title: str
    introduction: str
    """A sentence or two."""
    draw: Callable[[], Iterable[Drawing | Table]]
    """What the page shows, in its order. Needs no picture of the user's and no model."""


def chapters(augmentation: AugmentationSettings) -> tuple[Chapter, ...]:
    """All chapters.

    Args:
        augmentation: of the views that the chapter on seeing shows.
    """
    return (
        Chapter(
            "convolution",
            _("Convolution, step by step"),
            _(
                "Each number here is computed by the layers that the networks of the report are"
                " built from."
            ),
            convolution.draw,
        ),
        Chapter(
            "seeing",
            _("How seeing works"),
            _(
                "What makes an animal hard to recognise, what the visual cortex does about it,"
                " and how training on altered pictures helps. All pictures are drawn by the"
                " project."
            ),
            partial(seeing.draw, augmentation),
        ),
        Chapter(
            "layers",
            _("Layers, counted"),
            _(
                "Where the parameters and the work of a network are: of the lecture's net for"
                " digits and of the five methods, counted from the very models that are trained."
            ),
            layers.draw,
        ),
        Chapter(
            "architectures",
            _("Five architectures, from LeNet to ResNet"),
            _(
                "Each is built from its paper and counted; what the lecture and the paper say of"
                " it stands beside. What each brought is shown by one small measurement."
            ),
            architectures.draw,
        ),
    )
