"""VGG16 with its ImageNet top: the thousand classes that it was trained to tell apart.

The pipeline needs the convolutions alone (:mod:`dogs_vs_cats.backbones.vgg16`). The dense layers
come with Keras' own weights file, 553 MB, the Visual Geometry Group's, CC BY 4.0.
"""

from pathlib import Path
from typing import Any

import numpy as np

from dogs_vs_cats.backbones.networks import preprocess
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import BackboneSettings

IMAGE_SIZE = 224
"""Side of the pictures in pixels; the dense layers take no other."""
CLASSES = 1000
_AS_TRAINED = BackboneSettings(
    name="vgg16", weights="", preprocessing="imagenet", image_size=IMAGE_SIZE
)
WEIGHTS_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
CLASS_INDEX_FILE = "imagenet_class_index.json"


def build_imagenet_vgg16(weights: Path | None = None) -> Any:
    """VGG16 as it was trained on ImageNet, preprocessing inside.

    Args:
        weights: Keras' file ``WEIGHTS_FILE``; ``None`` takes it from Keras' cache folder, or lets
            Keras download it to there.

    Returns:
        Keras model ``imagenet``: RGB pictures of 0 to 255, (batch, 224, 224, 3), to the logits of
        the classes (batch, 1000).

    Raises:
        PipelineError: the file is missing or does not fit, or the download fails.
    """
    try:
        vgg16 = keras.applications.VGG16(
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
    pictures = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3))
    return keras.Model(pictures, vgg16(preprocess(pictures, _AS_TRAINED)), name="imagenet")


def class_names() -> tuple[str, ...]:
    """Names of ImageNet's classes, such as ``African_elephant``; the index is the label.

    Raises:
        PipelineError: Keras' class index is not in its cache folder and the download fails.
    """
    ascending = np.arange(CLASSES, dtype=np.float32)[np.newaxis]
    try:
        [descending] = keras.applications.vgg16.decode_predictions(ascending, top=CLASSES)
    except Exception as error:  # as above
        raise PipelineError(
            f"The names of ImageNet's classes could not be fetched from Keras' storage: {error}."
            f" Connect to the network, or get {CLASS_INDEX_FILE} elsewhere and put it into Keras'"
            " cache: ~/.keras/models, or models where KERAS_HOME points."
        ) from None
    return tuple(name for _, name, _ in reversed(descending))
