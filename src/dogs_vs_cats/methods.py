"""The five methods by name, in the order in which the lecture introduces them."""

from typing import Literal, get_args

Method = Literal[
    "small_convnet", "augmented_convnet", "feature_extraction", "frozen_base", "fine_tuning"
]

METHODS: tuple[Method, ...] = get_args(Method)
