"""The chapter on five architectures: how large they are, and what each of them brought."""

import math
from collections.abc import Iterator
from typing import Any

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.evaluation.words import count as number
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.architectures.known import ARCHITECTURES, Architecture
from dogs_vs_cats.lesson.architectures.stack import described, draw_stack
from dogs_vs_cats.lesson.brought import dropout, inception, relu, skip, small_filters
from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.layers.count import Row, count, table, together
from dogs_vs_cats.visualization.drawing import Drawing

_BROUGHT = (relu, dropout, small_filters, inception, skip)


def draw() -> Iterator[Drawing | Table]:
    """The chapter's tables and figures. Needs no data, and about 25 seconds of a processor."""
    sizes = []
    for architecture in ARCHITECTURES:
        # One at a time: VGG16 alone takes half a gigabyte, and Keras keeps what it has built.
        model = architecture.build()
        rows = count(model)
        sizes.append(
            _sizes(model, rows, architecture.name, _(architecture.lecture), _(architecture.paper))
        )
        del model
        keras.utils.clear_session()
        for way, build in architecture.variants:
            model = build()
            sizes.append(_sizes(model, count(model), f"{architecture.name} {_(way)}"))
            del model
            keras.utils.clear_session()
        yield _picture(architecture, rows)
        yield table(
            f"architectures_{architecture.key}_layers",
            _("{name}, counted").format(name=architecture.name),
            _("Layers of one block, inception or stage are added up."),
            together(rows),
        )
    yield Table(
        name="architectures_sizes",
        title=_("Their sizes, beside the lecture's and the papers'"),
        caption=_("""Computed from the Keras models: all parameters; those that training changes;
            multiplications with a weight, each with its addition, for one picture. The lecture is
            the Korean one on convnets (7.1, dogs and cats; notebook gbmax/open). The papers:
            {papers}.""").format(
            papers="; ".join(f"{each.name}: {_(each.source)}" for each in ARCHITECTURES)
        ),
        columns=(
            _("network"),
            _("parameters"),
            _("learned"),
            _("the lecture says"),
            _("the paper says"),
            _("multiply-adds"),
        ),
        rows=tuple(sizes),
    )
    for module in _BROUGHT:
        yield module.show()


def _sizes(
    model: Any, rows: list[Row], name: str, lecture: str = "", paper: str = ""
) -> tuple[str, ...]:
    learned = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    work = sum(row.multiply_adds for row in rows)
    return name, number(model.count_params()), number(learned), lecture, paper, number(work)


def _picture(architecture: Architecture, rows: list[Row]) -> Drawing:
    drawn = architecture.drawn(rows)
    return Drawing(
        name=f"architectures_{architecture.key}",
        figure=draw_stack(drawn, architecture.towers),
        title=f"{architecture.name} ({architecture.year})",
        alt=_("""The feature maps of {name} as boxes from left to right: {stacks}.""").format(
            name=architecture.name, stacks=described(drawn)
        ),
        caption=_("""Sides and channels are to scale, each to its own, which the bars tell; dense
            layers are lines. The lecture: {lecture}. The paper ({source}): {paper}.
            {differences}""").format(
            lecture=_(architecture.lecture),
            source=_(architecture.source),
            paper=_(architecture.paper),
            differences=_(architecture.differences),
        ),
        section="architectures",
    )
