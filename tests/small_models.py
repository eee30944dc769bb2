"""Whole models of 64 pixels with random weights, one of each kind, and pictures for them."""

from typing import Any

import numpy as np

from dogs_vs_cats.backbones.networks import build, preprocess
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.models.head import build_head, join
from dogs_vs_cats.models.saved import whole_model
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.settings import BackboneSettings, HeadSettings, Preprocessing

SIZE = 64
PICTURES = np.random.default_rng(0).integers(0, 256, size=(3, SIZE, SIZE, 3), dtype=np.uint8)


HEAD = HeadSettings(pooling="auto")


def backbone(
    image_size: int = SIZE, preprocessing: Preprocessing = "imagenet", name: str = "vgg16"
) -> BackboneSettings:
    return BackboneSettings(
        name=name, weights="", preprocessing=preprocessing, image_size=image_size
    )


def convnet(classes: int = 2) -> Any:
    keras.utils.set_random_seed(0)
    return whole_model("augmented_convnet", build_small_convnet(SIZE, classes, dropout=0.5))


def with_conv_base(classes: int = 2, name: str = "vgg16") -> Any:
    keras.utils.set_random_seed(0)
    conv_base, settings = build(name, SIZE), backbone(name=name)
    conv_base.trainable = False
    head = build_head(conv_base, classes, 0.5, settings, HEAD)
    return whole_model("frozen_base", join(conv_base, head, settings))


def random_base(name: str, image_size: int = SIZE) -> Any:
    """A base with random filters, whose maps neither vanish nor explode.

    Batch normalisation, if there is any, has the statistics of these filters.
    """
    keras.utils.set_random_seed(0)
    base = build(name, image_size)
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    shape = (4, image_size, image_size, 3)
    pictures = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    inputs = keras.Input(shape[1:])
    prepared = keras.Model(inputs, preprocess(inputs, backbone(max(46, image_size), name=name)))
    base(prepared(pictures), training=True)
    return base
