"""The chapter on how seeing works: what makes it hard, cells of the visual cortex, augmentation."""

from collections.abc import Iterator

from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.seeing import cells, plates
from dogs_vs_cats.settings import AugmentationSettings
from dogs_vs_cats.visualization.drawing import Drawing


def draw(augmentation: AugmentationSettings) -> Iterator[Drawing | Table]:
    """The chapter's figures and tables. Needs no data.

    Args:
        augmentation: of the views that are shown.
    """
    yield plates.difficulties()
    yield plates.breeds()
    yield from cells.draw()
    yield plates.views(augmentation)
