"""The five methods by name, in the order in which the lecture introduces them."""

from typing import Literal, get_args

Method = Literal[
    "small_convnet", "augmented_convnet", "feature_extraction", "frozen_base", "fine_tuning"
]

METHODS: tuple[Method, ...] = get_args(Method)

COLOURS: dict[Method, str] = dict(
    zip(METHODS, ("#d55e00", "#e69f00", "#56b4e9", "#0072b2", "#009e73"), strict=True)
)
"""Okabe & Ito's palette, which readers with any colour vision can tell apart
(https://jfly.uni-koeln.de/color/)."""
