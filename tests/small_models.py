"""Whole models of 64 pixels with random weights, one of each kind, and pictures for them."""

from typing import Any

import numpy as np

from dogs_vs_cats.backbones.vgg16 import build_conv_base
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.models.head import build_head, join
from dogs_vs_cats.models.saved import whole_model
from dogs_vs_cats.models.small_convnet import build_small_convnet

SIZE = 64
PICTURES = np.random.default_rng(0).integers(0, 256, size=(3, SIZE, SIZE, 3), dtype=np.uint8)


def convnet(classes: int = 2) -> Any:
    keras.utils.set_random_seed(0)
    return whole_model("augmented_convnet", build_small_convnet(SIZE, classes, dropout=0.5))


def with_conv_base(classes: int = 2) -> Any:
    keras.utils.set_random_seed(0)
    conv_base = build_conv_base(SIZE)
    conv_base.trainable = False
    head = build_head(conv_base.output.shape[1:], classes, 0.5, "imagenet")
    return whole_model("frozen_base", join(conv_base, head, "imagenet"))
