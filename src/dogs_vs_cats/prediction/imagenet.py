"""Networks with their ImageNet top: the thousand classes that they were trained to tell apart.

EfficientNet-Lite's top travels with its weights. The pipeline needs VGG16's convolutions alone
(:mod:`dogs_vs_cats.backbones.vgg16`); its dense layers come with Keras' own weights file, 553 MB,
the Visual Geometry Group's, CC BY 4.0.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any

from dogs_vs_cats.backbones.efficientnet_lite import build_imagenet_efficientnet_lite
from dogs_vs_cats.backbones.networks import preprocess
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import base_settings

WEIGHTS_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"


def build_imagenet(name: str, weights: Path | None = None) -> Any:
    """A network as it was trained on ImageNet, preprocessing inside.

    Args:
        name: ``vgg16`` or an EfficientNet-Lite, of ``BACKBONES``.
        weights: for VGG16, Keras' file ``WEIGHTS_FILE``; ``None`` takes it from Keras' cache
            folder, or lets Keras download it to there. The others' are carried.

    Returns:
        Keras model ``imagenet``: RGB pictures of 0 to 255, (batch, side, side, 3), to the logits of
        the classes (batch, 1000). The side is that of the network's own training.

    Raises:
        PipelineError: the weights are missing or do not fit, or their download fails.
    """
    network = _vgg16(weights) if name == "vgg16" else build_imagenet_efficientnet_lite(name)
    side = network.input.shape[1]
    pictures = keras.Input((side, side, 3))
    prepared = preprocess(pictures, base_settings(f"{name}-{side}"))
    return keras.Model(pictures, network(prepared), name="imagenet")


def _vgg16(weights: Path | None) -> Any:
    try:
        return keras.applications.VGG16(
            weights="imagenet" if weights is None else str(weights), classifier_activation=None
        )
    except Exception as error:  # Keras raises a bare Exception for a failed download
        if weights is None:
            raise PipelineError(
                f"VGG16's ImageNet weights could not be fetched from Keras' storage: {error}."
                f" Connect to the network, or get {WEIGHTS_FILE} elsewhere and name it:"
                " --weights PATH."
            ) from None
        raise PipelineError(
            f"{weights} cannot be loaded as VGG16's weights with the ImageNet top: {error}."
            f" Give Keras' file {WEIGHTS_FILE}."
        ) from None


def class_names() -> tuple[str, ...]:
    """Names of ImageNet's classes as Keras has them, such as ``African_elephant``; the index is the
    label."""
    text = (files(__package__) / "imagenet_classes.txt").read_text(encoding="ascii")
    return tuple(line.split()[1] for line in text.splitlines() if not line.startswith("#"))
