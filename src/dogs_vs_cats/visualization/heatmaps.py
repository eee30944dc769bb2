"""Class-activation heatmaps: which places of a picture spoke for a class.

Grad-CAM: Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization", 2016 (arXiv:1610.02391), section 3, at a network's last convolution.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.evaluation.metrics import DECISION_THRESHOLD
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.visualization.drawing import Drawing, styled

COLOUR_MAP = "inferno"
"""Perceptually uniform, and lighter means more, so that it survives greyscale."""
OPACITY = 0.75
"""Of the hottest place; the picture shows through there too."""

CAPTION = (
    "Grad-CAM at the last convolution: lighter places speak for the class of the row. The two maps"
    " of one method share a scale, from nothing to the method's strongest evidence in this picture;"
    " the scale says nothing about other methods or pictures. A percentage is the probability that"
    " the method gives the class it names."
)


@dataclass(frozen=True)
class SplitNetwork:
    """A network cut behind its last convolution; both parts share its layers."""

    lower: Any
    """Keras model: float32 pictures (batch, size, size, 3) to the convolution's activations
    (batch, height, width, channels), after its ReLU."""
    upper: Any
    """Keras model: those activations to scores (batch, classes), before any sigmoid or softmax."""
    layer: str
    """Name of the convolution."""
    centres: npt.NDArray[np.float64]
    """Shape (height,): the middle of each unit's receptive field along a side, in pixels of the
    network's input, where pixel i has its middle at i."""

    @property
    def size(self) -> int:
        """Side of the input in pixels."""
        return int(self.lower.input.shape[1])


@dataclass(frozen=True)
class Explanation:
    """What a method says of some pictures, and where it saw it."""

    probabilities: npt.NDArray[np.float32]
    """Shape (pictures,): of the second class, 0 to 1."""
    maps: npt.NDArray[np.float32]
    """Shape (pictures, 2, height, width): evidence for the first and for the second class, 0 to 1;
    1 is the strongest for either class in this picture."""
    network: SplitNetwork


def split(scores_model: Any) -> SplitNetwork:
    """Cut a network behind its last convolution, however deep in nested models that is.

    Args:
        scores_model: functional Keras model, square float32 pictures to scores (batch, classes),
            a chain of layers; what stands in it may itself be such a model.

    Raises:
        PipelineError: the network has no convolution.
    """
    inputs = keras.Input(scores_model.input.shape[1:])
    calls: list[tuple[Any, Any]] = []
    scores = _unfold(scores_model, inputs, calls)
    last = max(
        (place for place, (layer, _) in enumerate(calls) if isinstance(layer, keras.layers.Conv2D)),
        default=None,
    )
    if last is None:
        raise PipelineError(f"Model '{scores_model.name}' has no convolution to look into.")
    layer, activations = calls[last]
    first, step = _receptive_fields([layer for layer, _ in calls[: last + 1]])
    return SplitNetwork(
        lower=keras.Model(inputs, activations),
        upper=keras.Model(activations, scores),
        layer=layer.name,
        centres=first + step * np.arange(activations.shape[1], dtype=float),
    )


def _unfold(model: Any, inputs: Any, calls: list[tuple[Any, Any]]) -> Any:
    """Run ``inputs`` through every layer of ``model`` and of the models in it, as one flat graph.

    Inside a nested model, tensors belong to that model's graph alone: a gradient from outside
    cannot name them. Each layer and its output is appended to ``calls``.
    """

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(layer, keras.Model):
            return _unfold(layer, args[0], calls)
        output = layer(*args, **kwargs)
        calls.append((layer, output))
        return output

    # The copy's own output will not do: a model that begins at a tensor of another graph gets a
    # graph of its own.
    keras.models.clone_model(
        model, input_tensors=inputs, clone_function=lambda layer: layer, call_function=call
    )
    return calls[-1][1]


def _receptive_fields(layers: Sequence[Any]) -> tuple[float, float]:
    """Where, in input pixels, the first unit of the last layer looks, and how far the next one is.

    The arithmetic is that of Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional
    Neural Networks", Distill, 2019, section "Computing receptive field region".
    """
    first, step = 0.0, 1.0
    for layer in layers:
        window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
        if window is None:
            continue
        if layer.padding == "valid":
            first += step * (window[0] - 1) / 2
        # "same" with an odd window and stride 1, as in VGG16, is centred on its own place.
        step *= layer.strides[0]
    return first, step


def class_evidence(
    network: SplitNetwork, activations: Any, classes: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Grad-CAM before its last ReLU: what speaks for a class is positive, what against it negative.

    The activations, weighted by the mean gradient of the class's score (equations 1 and 2 of the
    paper).

    Args:
        network: the network that the activations come from.
        activations: what ``network.lower`` gives for a batch of pictures.
        classes: shape (batch,): index of the score to explain in each picture.

    Returns:
        float32 array (batch, height, width), in units of the score.
    """
    with tf.GradientTape() as tape:
        tape.watch(activations)
        score = tf.gather(network.upper(activations, training=False), classes, batch_dims=1)
    weights = tf.reduce_mean(tape.gradient(score, activations), axis=(1, 2), keepdims=True)
    evidence: npt.NDArray[np.float32] = tf.reduce_sum(weights * activations, axis=-1).numpy()
    return evidence


def explain(model: Any, pictures: npt.NDArray[np.uint8]) -> Explanation:
    """Heatmaps of both classes, from a model with one output.

    The logit is the score of the second class and minus the logit that of the first, so that the
    evidence for one is the evidence against the other (the paper's "counterfactual explanations").

    Args:
        model: see :func:`dogs_vs_cats.models.saved.whole_model`.
        pictures: shape (pictures, size, size, 3), RGB, 0 to 255; run as one batch.

    Raises:
        PipelineError: this is no such model.
    """
    if "classifier" not in [layer.name for layer in model.layers]:
        raise PipelineError(f"Model '{model.name}' is none of this project's five methods.")
    network = split(model.get_layer("classifier"))
    activations = network.lower(tf.cast(pictures, tf.float32), training=False)
    logits = network.upper(activations, training=False)
    evidence = class_evidence(network, activations, np.zeros(len(pictures), np.int64))
    maps = np.maximum(np.stack([-evidence, evidence], axis=1), 0)
    return Explanation(
        probabilities=tf.sigmoid(logits).numpy()[:, 0],
        maps=normalise(maps, axis=(1, 2, 3)),
        network=network,
    )


def normalise(maps: npt.NDArray[np.float32], axis: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Divide by the maximum over ``axis``; maps without any evidence stay 0."""
    highest = maps.max(axis=axis, keepdims=True)
    highest[highest == 0] = 1
    normalised: npt.NDArray[np.float32] = maps / highest
    return normalised


def resize(
    heatmap: npt.NDArray[np.float32], network: SplitNetwork, size: int
) -> npt.NDArray[np.float64]:
    """Scale a heatmap to the picture, each value on the place that its unit looks at.

    Stretching the map over the whole picture instead would move the small convnet's outer units by
    a tenth of the side: its convolutions have no padding. Beyond the outer units their values hold.

    Args:
        heatmap: shape (height, width), as ``network.lower`` gives.
        network: where the units look.
        size: side of the picture as it will be shown, in pixels.

    Returns:
        float64 array (size, size), interpolated linearly along each side.
    """
    pixels = (np.arange(size) + 0.5) * network.size / size - 0.5
    units = np.eye(len(network.centres))
    along = np.stack([np.interp(pixels, network.centres, unit) for unit in units], axis=1)
    resized: npt.NDArray[np.float64] = along @ heatmap @ along.T
    return resized


def overlay(
    picture: npt.NDArray[np.uint8], heatmap: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """A picture in grey with a heatmap over it, the more opaque the hotter.

    Args:
        picture: shape (size, size, 3), RGB, 0 to 255.
        heatmap: shape (size, size), 0 to 1.

    Returns:
        float64 array (size, size, 3), RGB, 0 to 1.
    """
    # Rec. 601 luma. Grey, because the picture's own colours would read as heat.
    grey = (picture / 255) @ np.array([0.299, 0.587, 0.114])
    opacity = OPACITY * heatmap[..., None]
    blended: npt.NDArray[np.float64] = (1 - opacity) * grey[..., None] + opacity * mpl.colormaps[
        COLOUR_MAP
    ](heatmap)[..., :3]
    return blended


def choose(predictions: Mapping[Method, pd.DataFrame], count: int) -> list[str]:
    """Test pictures worth looking at: right by all methods, wrong by some, wrong by most.

    The three kinds take turns, and so do the classes within a kind. Of the first kind come those
    that the methods are surest of; of the second, those that they disagree on most; of the third,
    those that they are most wrongly sure of.

    Args:
        predictions: method to its
            :func:`dogs_vs_cats.evaluation.metrics.prediction_table`, all of the same pictures.
        count: how many; fewer come if there are no more.

    Returns:
        Values of the column ``file``, kind by kind.
    """
    tables = {method: table.set_index("file") for method, table in predictions.items()}
    actual = next(iter(tables.values()))["actual"]
    certainty = pd.DataFrame(  # the probability that each method gives the class it decides for
        {
            method: np.where(
                table["predicted"] == actual,
                np.maximum(table["probability"], 1 - table["probability"]),
                np.minimum(table["probability"], 1 - table["probability"]),
            )
            for method, table in tables.items()
        },
        index=actual.index,
    )
    is_wrong = {method: table["predicted"] != actual for method, table in tables.items()}
    wrong = pd.DataFrame(is_wrong).sum(axis=1)
    kinds = [
        (wrong == 0, -certainty.mean(axis=1)),
        ((wrong > 0) & (2 * wrong <= len(tables)), certainty.min(axis=1) - certainty.max(axis=1)),
        (2 * wrong > len(tables), certainty.mean(axis=1)),
    ]
    queues = []
    for belongs, rank in kinds:
        ranked = pd.DataFrame({"rank": rank, "actual": actual})
        table = ranked[belongs].sort_index().sort_values("rank", kind="stable")
        table["turn"] = table.groupby("actual").cumcount()
        queues.append(deque(table.sort_values(["turn", "actual"], kind="stable").index))
    chosen: list[list[str]] = [[] for _ in kinds]
    while sum(map(len, chosen)) < count and any(queues):
        for queue, files in zip(queues, chosen, strict=True):
            if queue and sum(map(len, chosen)) < count:
                files.append(queue.popleft())
    return [file for files in chosen for file in files]


def draw(
    models: Mapping[Method, Any],
    pictures: npt.NDArray[np.uint8],
    actual: Sequence[str],
    files: Sequence[str],
    classes: tuple[str, str],
) -> Iterator[Drawing]:
    """A drawing a picture: all methods side by side, a row a class.

    Args:
        models: method to its whole model.
        pictures: shape (pictures, size, size, 3), RGB, 0 to 255.
        actual: class name of each picture.
        files: what to call each picture.
        classes: names of label 0 and label 1.
    """
    explained = {
        method: explain(models[method], pictures) for method in METHODS if method in models
    }
    for number, picture in enumerate(pictures):
        each = {
            method: (float(explanation.probabilities[number]), explanation.maps[number])
            for method, explanation in explained.items()
        }
        right = [
            method
            for method, (probability, _) in each.items()
            if _verdict(probability, classes)[0] == actual[number]
        ]
        with styled():
            figure = _side_by_side(picture, each, explained, actual[number], files[number], classes)
        yield Drawing(
            name=f"heatmaps_{number + 1}",
            figure=figure,
            title=f"A {actual[number]}: {_how_many_right(len(right), len(each))}",
            alt=(
                f"Photo {files[number]}, a {actual[number]}, beside Grad-CAM heatmaps of"
                f" {len(each)} methods for {classes[0]} and for {classes[1]}."
                f" Right: {', '.join(right) or 'none'}."
            ),
            caption=CAPTION,
            section="heatmaps",
            suffix="jpg",
        )


def _side_by_side(
    picture: npt.NDArray[np.uint8],
    each: Mapping[Method, tuple[float, npt.NDArray[np.float32]]],
    explained: Mapping[Method, Explanation],
    actual: str,
    file: str,
    classes: tuple[str, str],
) -> Figure:
    figure = Figure(figsize=(7.3, 2.75))
    grid = figure.add_gridspec(2, 1 + len(each))
    left = figure.add_subplot(grid[0, 0])
    show(left, picture)
    left.set_title(f"actual:\n{actual}", fontsize=7, fontweight="normal")
    below = figure.add_subplot(grid[1, 0])
    below.set_axis_off()
    name = _shortened(PurePosixPath(file).name)
    below.text(0, 1, name, fontsize=6.5, va="top", parse_math=False)
    add_scale(figure, below.inset_axes((0, 0.2, 1, 0.08)))
    for column, (method, (probability, maps)) in enumerate(each.items(), start=1):
        predicted, certainty = _verdict(probability, classes)
        is_right = predicted == actual
        for row, name in enumerate(classes):
            axes = figure.add_subplot(grid[row, column])
            heatmap = resize(maps[row], explained[method].network, len(picture))
            show(axes, overlay(picture, heatmap), framed=not is_right)
            if column == 1:
                axes.set_ylabel(f"for {name}", fontsize=7.5)
            if row == 0:
                axes.set_title(
                    f"{method.replace('_', ' ')}\n{predicted} {percent(certainty)}\n"
                    + ("✓ right" if is_right else "✗ wrong"),
                    fontsize=7,
                    fontweight="normal",
                )
    return figure


def show(axes: Axes, picture: npt.NDArray[Any], framed: bool = False, aspect: float = 1) -> None:
    """Show a picture without ticks, with a dark frame if ``framed``."""
    axes.imshow(picture, aspect=aspect)
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set(visible=framed, linewidth=2, color="black")


def add_scale(figure: Figure, axes: Axes) -> None:
    """Fill ``axes`` with a bar that says which colour means how much."""
    bar = figure.colorbar(ScalarMappable(cmap=COLOUR_MAP), cax=axes, orientation="horizontal")
    bar.set_ticks([0.06, 0.94], labels=["none", "most"], fontsize=6.5)
    bar.ax.tick_params(length=0)
    bar.ax.set_title("evidence", fontsize=6.5, fontweight="normal")
    bar.outline.set_visible(False)


def percent(probability: float) -> str:
    """A probability for people, which never rounds to certainty."""
    if probability > 0.999:
        return "> 99.9 %"
    return "< 0.1 %" if probability < 0.001 else f"{probability:.1%}".replace("%", " %")


def _verdict(probability: float, classes: tuple[str, str]) -> tuple[str, float]:
    """The class decided for, and its probability."""
    if probability > DECISION_THRESHOLD:
        return classes[1], probability
    return classes[0], 1 - probability


def _how_many_right(right: int, methods: int) -> str:
    if right == methods:
        return "all methods right"
    return f"{right} of {methods} methods right" if right else "no method right"


def _shortened(name: str, longest: int = 22) -> str:
    return name if len(name) <= longest else f"{name[: longest - 9]}…{name[-8:]}"
