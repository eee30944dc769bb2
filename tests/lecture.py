"""The lecture's augmentation, for tests to copy with views and a seed of their own."""

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
