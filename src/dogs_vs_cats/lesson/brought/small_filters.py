"""What VGG brought: two 3×3 convolutions see as much as one 5×5, for less.

Simonyan & Zisserman, 2014 (arXiv:1409.1556), section 2.3.
"""

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.evaluation.words import count as number
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.layers.count import count
from dogs_vs_cats.visualization.receptive_field import receptive_fields
from dogs_vs_cats.visualization.unfolding import unfold

SIDE, CHANNELS = 56, 256
"""Of VGG16's third block."""
FILTERS = ((5,), (3, 3), (7,), (3, 3, 3))
"""Sides of the filters in a row."""


def show() -> Table:
    """A row for each way to see 5×5 or 7×7."""
    return Table(
        name="architectures_small_filters",
        title=_("Small filters: the same sight for fewer parameters"),
        caption=_("""Maps of {side}×{side} with {channels} channels in and out, as in VGG16's third
            block. Two 3×3 see what one 5×5 sees, three what one 7×7 sees. They cost less, and bend
            the answer with a ReLU in between (VGG16, section 2.3).""").format(
            side=SIDE, channels=CHANNELS
        ),
        columns=(_("filters"), _("sees"), _("parameters"), _("multiply-adds")),
        rows=tuple(map(_row, FILTERS)),
    )


def _row(filters: tuple[int, ...]) -> tuple[str, ...]:
    x = maps = keras.Input((SIDE, SIDE, CHANNELS))
    for side in filters:
        x = keras.layers.Conv2D(CHANNELS, side, padding="same", activation="relu")(x)
    model = keras.Model(maps, x)
    field = receptive_fields(unfold(model, keras.Input((SIDE, SIDE, CHANNELS))))[-1]
    assert field
    return (
        " + ".join(f"{side}×{side}" for side in filters),
        f"{field.size}×{field.size}",
        number(model.count_params()),
        number(sum(row.multiply_adds for row in count(model))),
    )
