"""The lecture's settings, for tests to copy and change."""

from dogs_vs_cats.settings import AugmentationSettings

AUGMENTATION = AugmentationSettings(
    rotation=40.0,
    width_shift=0.2,
    height_shift=0.2,
    shear=0.2,
    zoom=0.2,
    horizontal_flip=True,
    fill="nearest",
    views=0,
    seed=0,
)

TRAINING = {
    "optimizer": "rmsprop",
    "schedule": "constant",
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "ema_momentum": 0.0,
    "seed": 0,
}
"""The lecture's settings that are the same for each method."""
