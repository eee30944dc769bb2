"""What a method costs to keep and to use."""

import json
import math
from pathlib import Path
from typing import Any

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.project.errors import PipelineError

COUNTED = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.Dense,
)


def cost(model: Any, saved: Path, training: Path) -> dict[str, int]:
    """Size and work of a saved model.

    Args:
        model: as loaded from ``saved``.
        saved: its ``.keras`` file.
        training: what its training stage wrote. A loaded model does not say what was trained.

    Returns:
        ``parameters``, ``trainable_parameters``, ``multiply_adds`` (:func:`multiply_adds`) and
        ``model_bytes``, the size of the file.

    Raises:
        PipelineError: ``training`` is missing or does not name the trained parameters.
    """
    try:
        trained = int(json.loads(training.read_text(encoding="utf-8"))["trainable_parameters"])
    except (OSError, ValueError, KeyError, TypeError):
        raise PipelineError(
            f"{training} does not say how many parameters were trained."
            f" Run `dvc repro train_{training.stem}`."
        ) from None
    return {
        "parameters": model.count_params(),
        "trainable_parameters": trained,
        "multiply_adds": multiply_adds(model),
        "model_bytes": saved.stat().st_size,
    }


def multiply_adds(model: Any) -> int:
    """Multiplications with a weight, each with its addition, for one picture at inference.

    Counted from the shapes: convolutions and dense layers use their whole kernel at each of their
    output's places, also those of groups or single channels, whose kernels are so much smaller. As
    usual, biases, normalisation, other factors of single channels, activations, pooling and
    preprocessing are not counted; they are less than 1 % of VGG16's work.

    Args:
        model: a Keras model, models nested in it included. Its pictures have a fixed size.

    Raises:
        TypeError: a layer with weights is of a kind that this does not count.
    """
    return sum(map(_of_layer, model.layers))


def _of_layer(layer: Any) -> int:
    if isinstance(layer, keras.Model):
        return multiply_adds(layer)
    kernels = [weight.shape for weight in layer.weights if len(weight.shape) > 1]
    if not kernels:
        return 0
    if not isinstance(layer, COUNTED):
        raise TypeError(f"layer {layer.name}: {type(layer).__name__} is not counted")
    _batch, *places, _channels = layer.output.shape
    work: int = sum(map(math.prod, kernels)) * math.prod(places)
    return work
