"""What a model says of one picture, and which places made it say so (Grad-CAM)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.data.reading.decoding import UnreadableError, upright
from dogs_vs_cats.data.reading.pictures import decode
from dogs_vs_cats.models.saved import side_of
from dogs_vs_cats.prediction.files import unreadable
from dogs_vs_cats.prediction.imagenet import build_imagenet, class_names
from dogs_vs_cats.prediction.model_file import Model
from dogs_vs_cats.prediction.predict import likeliest
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.text import first_of, printable
from dogs_vs_cats.settings.sections import folded
from dogs_vs_cats.visualization import drawing, grad_cam, heatmaps

SHOWN_SIZE = 400
"""Side in pixels at which the picture is drawn; a model's input would look coarse."""
TOP = 5
SHOWN_CLASSES = 3
"""Heatmaps that are drawn unasked, where there are more than two classes."""
TOLD = 20
"""Classes that an error names."""


@dataclass(frozen=True)
class Answer:
    """A class, and how probable it is."""

    name: str
    probability: float

    def __str__(self) -> str:
        return f"{self.name}: {heatmaps.percent(self.probability)}"


@dataclass(frozen=True)
class Explained(Answer):
    """A class, and what in a picture spoke for it."""

    heatmap: npt.NDArray[np.float64]
    """Shape (``SHOWN_SIZE``, ``SHOWN_SIZE``), 0 to 1."""


def explain_classes(
    content: bytes, model: Model, labels: Sequence[int]
) -> tuple[Answer, list[Explained]]:
    """What a model of one of the five methods says of a picture, and what spoke for some classes.

    Args:
        content: of a picture file.
        model: which.
        labels: of the classes to explain, see :func:`labels_of`; none are both of two classes, else
            the ``SHOWN_CLASSES`` likeliest.

    Returns:
        The likeliest class, and the explained ones in the order of ``labels``.

    Raises:
        PipelineError: the model is of none of the five methods.
    """
    pictures = decode(content, side_of(model.network)).numpy()[np.newaxis]
    (probabilities,) = model.network.predict_on_batch(pictures)
    if not labels:
        of_two = len(model.classes) == 2
        labels = (0, 1) if of_two else likeliest(probabilities, SHOWN_CLASSES)
    explanation = grad_cam.explain(model.network, pictures, np.array([labels]))
    explained = _explained(
        [model.classes[label] for label in labels],
        [float(probabilities[label]) for label in labels],
        explanation.maps[0],
        explanation.network,
    )
    (best,) = likeliest(probabilities, 1)
    return Answer(model.classes[best], float(probabilities[best])), explained


def labels_of(names: Sequence[str], classes: Classes) -> list[int]:
    """The labels of classes by their names, each once; capitals do not count.

    Raises:
        PipelineError: there is no class of a name.
    """
    known = {folded(name): label for label, name in enumerate(classes)}
    for name in names:
        if folded(name) not in known:
            raise PipelineError(
                f"The model knows no class {printable(name)}, but"
                f" {printable(first_of(classes, TOLD))}."
            )
    return list(dict.fromkeys(known[folded(name)] for name in names))


def explain_imagenet(content: bytes, backbone: str, weights: Path | None) -> list[Explained]:
    """The likeliest of ImageNet's classes; each heatmap has a scale of its own.

    Args:
        content: of a picture file.
        backbone: which network, see :func:`dogs_vs_cats.prediction.imagenet.build_imagenet`.
        weights: see there.

    Raises:
        PipelineError: weights cannot be had.
    """
    names = class_names()
    network = grad_cam.split(build_imagenet(backbone, weights))
    activations = network.lower(
        tf.cast(decode(content, network.size), tf.float32)[tf.newaxis], training=False
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
    height, width, _ = upright(content).shape
    aspect = height / width
    picture = decode(content, SHOWN_SIZE).numpy()
    rows = -(-(1 + len(explained)) // 3)
    with drawing.styled():
        # A panorama or a strip would leave no room for its own title.
        figure = Figure(figsize=(7.3, 0.5 + rows * (0.3 + 2.3 * min(max(aspect, 0.4), 2))))
        grid = figure.add_gridspec(rows + 1, 3, height_ratios=[1] * rows + [0.03])
        panels = [("picture", picture / 255)] + [
            (
                f"{drawing.label(each.name)}: {heatmaps.percent(each.probability)}",
                heatmaps.overlay(picture, each.heatmap),
            )
            for each in explained
        ]
        for place, (title, shown) in enumerate(panels):
            axes = figure.add_subplot(grid[divmod(place, 3)])
            heatmaps.show(axes, shown, aspect=aspect)
            axes.set_title(title, fontsize=8, fontweight="normal")
        heatmaps.add_scale(figure, figure.add_subplot(grid[rows, 1]))
    return figure


def read_picture(picture: Path) -> bytes:
    """The content of a file that is surely a picture.

    Raises:
        PipelineError: it is none.
    """
    content = picture.read_bytes()
    try:
        upright(content)
    except UnreadableError:
        raise unreadable(picture) from None
    return content
