"""The chapter that counts layers: the lecture's example and the five methods' models."""

import math
from collections.abc import Iterator
from typing import Any

from dogs_vs_cats.backbones.networks import build, release
from dogs_vs_cats.evaluation.words import count as number
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.layers.count import count, table
from dogs_vs_cats.lesson.layers.lecture import build_digits_convnet
from dogs_vs_cats.models.head import build_head, join
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.settings import BackboneSettings, HeadSettings

SIDE, CLASSES = 150, 2
DROPOUT = 0.5
"""The lecture's, of the methods that have it."""


def draw() -> Iterator[Table]:
    """The chapter's tables. Needs no data."""
    yield table(
        "layers_digits",
        _("The lecture's example for digits"),
        _("""Parameters are the numbers that a network learns. A convolution has a filter of height
        · width · channels in for each of its channels out, and a bias each, whatever the size of
        the picture; a dense layer has a weight for each pair of a number in and a number out. A
        multiply-add is a weight used at one place. The lecture has the same numbers: 320, 18,496
        and 36,928."""),
        count(build_digits_convnet()),
    )
    yield table(
        "layers_small_convnet",
        "small_convnet",
        _("""The lecture's convnet for cats and dogs at {side}×{side}. Most of its parameters are
        in the first dense layer, most of its work in the second convolution. Two classes are one
        number: the log odds of the second.""").format(side=SIDE),
        count(build_small_convnet(SIDE, CLASSES, dropout=0.0)),
    )
    yield table(
        "layers_augmented_convnet",
        "augmented_convnet",
        _("The same with dropout, which has no parameters and does nothing in use."),
        count(build_small_convnet(SIDE, CLASSES, DROPOUT)),
    )
    yield _on_vgg16()


def _on_vgg16() -> Table:
    backbone = BackboneSettings(name="vgg16", weights="", preprocessing="imagenet", image_size=SIDE)
    base = build(backbone.name, SIDE)
    head = build_head(base, CLASSES, DROPOUT, backbone, HeadSettings(pooling="auto"))
    of_head = _learned(head)
    release(base)
    return table(
        "layers_vgg16",
        _("feature_extraction, frozen_base and fine_tuning"),
        _("""All three are VGG16's thirteen convolutions with one head. They differ in what is
        trained: the head's {head} parameters in the first two, {released} more in fine_tuning
        (block 5). What is in front of block 5 is computed once for each picture or
        view.""").format(head=number(of_head), released=number(_learned(base))),
        count(join(base, head, backbone)),
    )


def _learned(model: Any) -> int:
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)
