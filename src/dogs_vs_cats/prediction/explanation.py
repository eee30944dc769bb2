"""What a model says of one picture, and which places made it say so (Grad-CAM)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.data.reading.pictures import decode
from dogs_vs_cats.prediction.files import unreadable
from dogs_vs_cats.prediction.imagenet import IMAGE_SIZE, build_imagenet_vgg16, class_names
from dogs_vs_cats.prediction.predict import input_size
from dogs_vs_cats.visualization import grad_cam, heatmaps
from dogs_vs_cats.visualization.drawing import styled

SHOWN_SIZE = 400
"""Side in pixels at which the picture is drawn; a model's input would look coarse."""
TOP = 5


@dataclass(frozen=True)
class Explained:
    """A class, and what in a picture spoke for it."""

    name: str
    probability: float
    heatmap: npt.NDArray[np.float64]
    """Shape (``SHOWN_SIZE``, ``SHOWN_SIZE``), 0 to 1."""

    def __str__(self) -> str:
        return f"{self.name}: {heatmaps.percent(self.probability)}"


def explain_classes(content: bytes, model: Any, classes: tuple[str, str]) -> list[Explained]:
    """Both classes, in the order of the labels, by a model of one of the five methods.

    Args:
        content: of a picture file.
        model: see :func:`dogs_vs_cats.models.saved.whole_model`.
        classes: names of label 0 and label 1.

    Raises:
        PipelineError: the model is of none of the five methods.
    """
    pictures = decode(content, input_size(model)).numpy()[np.newaxis]
    explanation = grad_cam.explain(model, pictures)
    positive = float(explanation.probabilities[0])
    return _explained(classes, (1 - positive, positive), explanation.maps[0], explanation.network)


def explain_imagenet(content: bytes, weights: Path | None) -> list[Explained]:
    """The likeliest of ImageNet's classes, by VGG16; each heatmap has a scale of its own.

    Args:
        content: of a picture file.
        weights: see :func:`dogs_vs_cats.prediction.imagenet.build_imagenet_vgg16`.

    Raises:
        PipelineError: weights or class names cannot be had.
    """
    names = class_names()
    network = grad_cam.split(build_imagenet_vgg16(weights))
    activations = network.lower(
        tf.cast(decode(content, IMAGE_SIZE), tf.float32)[tf.newaxis], training=False
    )
    logits = network.upper(activations, training=False)[0]
    top = tf.math.top_k(logits, TOP).indices.numpy()
    evidence = np.concatenate(
        [grad_cam.class_evidence(network, activations, np.array([index])) for index in top]
    )
    return _explained(
        [names[index].replace("_", " ") for index in top],
        tf.nn.softmax(logits).numpy()[top].tolist(),
        grad_cam.normalise(np.maximum(evidence, 0), axis=(1, 2)),
        network,
    )


def _explained(
    names: Sequence[str],
    probabilities: Sequence[float],
    maps: npt.NDArray[np.float32],
    network: grad_cam.SplitNetwork,
) -> list[Explained]:
    return [
        Explained(name, probability, grad_cam.resize(heatmap, network, SHOWN_SIZE))
        for name, probability, heatmap in zip(names, probabilities, maps, strict=True)
    ]


def draw(content: bytes, explained: Sequence[Explained]) -> Figure:
    """The picture of a file with this content, then it under each heatmap, in rows of three."""
    height, width, _ = _original(content).shape
    aspect = height / width
    picture = decode(content, SHOWN_SIZE).numpy()
    rows = -(-(1 + len(explained)) // 3)
    with styled():
        # A panorama or a strip would leave no room for its own title.
        figure = Figure(figsize=(7.3, 0.5 + rows * (0.3 + 2.3 * min(max(aspect, 0.4), 2))))
        grid = figure.add_gridspec(rows + 1, 3, height_ratios=[1] * rows + [0.03])
        panels = [("picture", picture / 255)] + [
            (str(each), heatmaps.overlay(picture, each.heatmap)) for each in explained
        ]
        for place, (title, shown) in enumerate(panels):
            axes = figure.add_subplot(grid[divmod(place, 3)])
            heatmaps.show(axes, shown, aspect=aspect)
            axes.set_title(title, fontsize=8, fontweight="normal", parse_math=False)
        heatmaps.add_scale(figure, figure.add_subplot(grid[rows, 1]))
    return figure


def read_picture(picture: Path) -> bytes:
    """The content of a file that is surely a picture.

    Raises:
        PipelineError: it is none.
    """
    content = picture.read_bytes()
    try:
        _original(content)
    except tf.errors.InvalidArgumentError:
        raise unreadable(picture) from None
    return content


def _original(content: bytes) -> Any:
    """The picture at its own size, decoded as ``data.reading.pictures.decode`` does."""
    return tf.io.decode_image(content, channels=3, expand_animations=False)
