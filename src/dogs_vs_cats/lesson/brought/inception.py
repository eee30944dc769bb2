"""What GoogLeNet brought: 1×1 convolutions that thin channels out before the wide filters.

Szegedy et al., 2014 (arXiv:1409.4842), figure 2.
"""

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.evaluation.words import count as number
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.architectures.googlenet import INCEPTIONS, inception, naive_inception
from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.layers.count import count

SHAPE = (28, 28, 192)
"""Of what inception 3a is given."""


def show() -> Table:
    """Inception 3a with and without its 1×1 reductions."""
    rows = []
    for words, block in ((_("with 1×1"), inception), (_("without"), naive_inception)):
        maps = keras.Input(SHAPE)
        model = keras.Model(maps, block(maps, INCEPTIONS["3a"], "3a"))
        work = sum(row.multiply_adds for row in count(model))
        channels = model.output.shape[-1]
        rows.append((words, number(model.count_params()), number(work), number(channels)))
    return Table(
        name="architectures_inception",
        title=_("1×1 and inception: many filters for the price of few"),
        caption=_("""GoogLeNet's inception 3a. It looks with 1×1, 3×3 and 5×5 and pools, side by
            side. The 1×1 convolutions in front of the wide filters make few channels of many; the
            one behind the pooling keeps it from handing all channels on, which would add up from
            block to block."""),
        columns=(
            "inception 3a",
            _("parameters"),
            _("multiply-adds"),
            _("channels handed on"),
        ),
        rows=tuple(rows),
    )
