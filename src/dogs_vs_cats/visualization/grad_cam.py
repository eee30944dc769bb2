"""Grad-CAM: which places of a picture spoke for a class.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization", 2016 (arXiv:1610.02391), section 3, at a network's last maps: those of the last
convolution, with what normalisation, activation and joined branches make of them, before the
network pools them or a head reads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.models.outputs import class_scores, probabilities
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.visualization.receptive_field import ReceptiveField, receptive_fields
from dogs_vs_cats.visualization.unfolding import Call, unfold

POOLING = (
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.GlobalMaxPooling2D,
    keras.layers.GlobalAveragePooling2D,
)


@dataclass(frozen=True)
class SplitNetwork:
    """A network cut behind its last maps; both parts share its layers."""

    lower: Any
    """Keras model: float32 pictures (batch, size, size, 3) to the last maps (batch, height, width,
    channels), after their activation."""
    upper: Any
    """Keras model: those maps to logits, before any sigmoid or softmax."""
    layer: str
    """Name of the layer that the maps come from."""
    centres: npt.NDArray[np.float64]
    """Shape (height,): the place that each unit looks at along a side, in pixels of the network's
    input, where pixel i has its middle at i."""

    @property
    def size(self) -> int:
        """Side of the input in pixels."""
        return int(self.lower.input.shape[1])


@dataclass(frozen=True)
class Explanation:
    """What a method says of some pictures, and where it saw it."""

    probabilities: npt.NDArray[np.float32]
    """Shape (pictures, classes), 0 to 1."""
    maps: npt.NDArray[np.float32]
    """Shape (pictures, shown, height, width): evidence for each class that was asked for, 0 to 1;
    1 is the strongest for any of them in this picture."""
    network: SplitNetwork


def split(logits_model: Any) -> SplitNetwork:
    """Cut a network behind its last maps, however deep in nested models that is.

    Args:
        logits_model: functional Keras model, square float32 pictures to logits; what stands in it
            may itself be such a model. From its last maps on it is a chain of layers.

    Raises:
        PipelineError: the network has no convolution.
    """
    inputs = keras.Input(logits_model.input.shape[1:])
    calls = unfold(logits_model, inputs)
    fields = receptive_fields(calls)
    windows = [place for place, call in enumerate(calls) if hasattr(call.layer, "kernel_size")]
    places = range(windows[0], len(calls)) if windows else ()
    last = max((place for place in places if _gives_maps(calls[place])), default=None)
    field = None if last is None else fields[last]
    if last is None or field is None:
        raise PipelineError(f"Model '{logits_model.name}' has no convolution to look into.")
    maps = calls[last].output
    return SplitNetwork(
        lower=keras.Model(inputs, maps),
        upper=keras.Model(maps, calls[-1].output),
        layer=calls[last].layer.name,
        centres=_centres(calls, field, maps.shape[1], inputs.shape[1]),
    )


def _centres(
    calls: Sequence[Call], field: ReceptiveField, units: int, size: int
) -> npt.NDArray[np.float64]:
    """The middles of the units' receptive fields; spread evenly if the network pads its strides.

    Padding moves all fields to one side, by up to half a step, and training on mirrored pictures
    makes the windows lean against it. Measured by what mirroring 30 photos does to the maps of
    EfficientNet-Lite 0 to 2 at their own sizes, and of 0 at 150 pixels: units look 10 to 15 pixels
    beside the middles of their fields, and 2 to 8 beside the even places. VGG16's look at the
    middles.
    """
    centres = field.first + field.step * np.arange(units, dtype=float)
    return centres + (size - 1) / 2 - centres.mean() if any(map(_pads, calls)) else centres


def _pads(call: Call) -> bool:
    """Whether padding decides where strides begin."""
    layer = call.layer
    strided = max(getattr(layer, "strides", (1,))) > 1 and layer.padding == "same"
    return strided or isinstance(layer, keras.layers.ZeroPadding2D)


def _gives_maps(call: Call) -> bool:
    return len(call.output.shape) == 4 and not isinstance(call.layer, POOLING)


def class_evidence(
    network: SplitNetwork, activations: Any, classes: npt.NDArray[np.integer]
) -> npt.NDArray[np.float32]:
    """Grad-CAM before its last ReLU: what speaks for a class is positive, what against it negative.

    The activations, weighted by the mean gradient of the class's score (equations 1 and 2 of the
    paper). Of two classes the evidence for one is the evidence against the other (the paper's
    "counterfactual explanations").

    Args:
        network: the network that the activations come from.
        activations: the maps that ``network.lower`` gives for a batch of pictures.
        classes: shape (batch,): index of the class to explain in each picture.

    Returns:
        float32 array (batch, height, width), in units of the score.
    """
    with tf.GradientTape() as tape:
        tape.watch(activations)
        scores = class_scores(network.upper(activations, training=False))
        score = tf.gather(scores, classes, batch_dims=1)
    weights = tf.reduce_mean(tape.gradient(score, activations), axis=(1, 2), keepdims=True)
    evidence: npt.NDArray[np.float32] = tf.reduce_sum(weights * activations, axis=-1).numpy()
    return evidence


def explain(
    model: Any, pictures: npt.NDArray[np.uint8], classes: npt.NDArray[np.integer]
) -> Explanation:
    """What a model says of pictures, and heatmaps of the classes asked for.

    Args:
        model: see :func:`dogs_vs_cats.models.saved.whole_model`.
        pictures: shape (pictures, size, size, 3), RGB, 0 to 255; run as one batch.
        classes: shape (pictures, shown): indices of the classes to explain in each picture.

    Raises:
        PipelineError: this is no such model.
    """
    if "classifier" not in [layer.name for layer in model.layers]:
        raise PipelineError(f"Model '{model.name}' is none of this project's five methods.")
    network = split(model.get_layer("classifier"))
    activations = network.lower(tf.cast(pictures, tf.float32), training=False)
    evidence = [class_evidence(network, activations, shown) for shown in classes.T]
    return Explanation(
        probabilities=probabilities(network.upper(activations, training=False)).numpy(),
        maps=normalise(np.maximum(np.stack(evidence, axis=1), 0), axis=(1, 2, 3)),
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
