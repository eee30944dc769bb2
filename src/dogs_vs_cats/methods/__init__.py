"""The methods, a module each, and their names.

A method's module has one function ``learn(layout, params, on_epoch)``, which reads from data to
trained model: it takes what it learns from out of ``layout``, its settings out of ``params``, tells
``on_epoch`` of each epoch, and returns a :class:`dogs_vs_cats.training.result.Trained`.
"""

import pkgutil

Method = str
"""The name of a module of this package, of its section in ``params.yaml`` and of its model."""

_LECTURE = (
    "small_convnet",
    "augmented_convnet",
    "feature_extraction",
    "frozen_base",
    "fine_tuning",
)

METHODS: tuple[Method, ...] = (
    *_LECTURE,
    *sorted({module.name for module in pkgutil.iter_modules(__path__)} - {*_LECTURE}),
)
"""The lecture's five in its order, then any others."""
