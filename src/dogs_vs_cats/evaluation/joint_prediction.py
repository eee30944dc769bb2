"""All methods at once, with what they have in common computed once."""

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from dogs_vs_cats.backbones.networks import base_of, halves
from dogs_vs_cats.compute.backend import keras, recast, tf
from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.data.reading.pictures import list_pictures, picture_batches
from dogs_vs_cats.evaluation.metrics import prediction_table
from dogs_vs_cats.methods import Method
from dogs_vs_cats.models import outputs
from dogs_vs_cats.models.saved import side_of

BATCH_SIZE = 32

Predict = Callable[[npt.NDArray[np.uint8]], dict[Method, npt.NDArray[np.float32]]]
"""Pictures (batch, side, side, 3), 0 to 255, to each method's probabilities (batch, classes)."""


@dataclass(frozen=True)
class Step:
    """A part of a model."""

    key: str
    """Equal where this part and all before it, back to the picture, compute the same."""
    part: Callable[[Any], Any]
    """From the result of the step before, or the pictures, to its own."""


def steps_of(models: Mapping[Method, Any]) -> dict[Method, tuple[Step, ...]]:
    """Cut each method's model where another may have the same beginning.

    Methods on one base share preprocessing and its lower half, and those that did not train the
    upper one share it too. That is seen from the weights and not assumed: only parts of equal
    weights and settings have equal keys.

    Args:
        models: method to whole model (see :func:`dogs_vs_cats.models.saved.whole_model`).

    Returns:
        The steps from uint8 pictures to float32 logits, which compute under Keras' present dtype
        policy from the saved float32 weights.
    """
    steps = {}
    for method, model in models.items():
        classifier = recast(model.get_layer("classifier"), _present_policy)
        conv_base = base_of(classifier)
        steps[method] = (
            (Step(method, classifier),)
            if conv_base is None
            else _transfer_steps(method, classifier, conv_base)
        )
    return steps


def predict_jointly(models: Mapping[Method, Any]) -> Predict:
    """One function for all methods that computes each shared step once.

    Models on different bases give right answers too, at their full cost.

    Args:
        models: see :func:`steps_of`; all of one picture size.

    Returns:
        Function of pictures of the models' size.
    """
    steps = steps_of(models)
    side = side_of(next(iter(models.values())))

    @tf.function(input_signature=[tf.TensorSpec((None, side, side, 3), tf.uint8)])  # type: ignore[untyped-decorator]
    def run(pictures: Any) -> dict[Method, Any]:
        results: dict[str, Any] = {}
        probabilities: dict[Method, Any] = {}
        for method, of_method in steps.items():
            x = pictures
            for step in of_method:
                if step.key not in results:
                    results[step.key] = step.part(x)
                x = results[step.key]
            probabilities[method] = outputs.probabilities(x)
        return probabilities

    def predict(pictures: npt.NDArray[np.uint8]) -> dict[Method, npt.NDArray[np.float32]]:
        return {method: of_method.numpy() for method, of_method in run(pictures).items()}

    return predict


def predict_split(
    predict: Predict, splits: Path, split: str, classes: Classes, size: int
) -> dict[Method, pd.DataFrame]:
    """What all methods say of a split's pictures, each decoded once.

    Args:
        predict: of :func:`predict_jointly`.
        splits: the folder of the splits.
        split: the name of one.
        classes: names; the index is the label.
        size: side in pixels that the models take.

    Returns:
        Method to its :func:`~dogs_vs_cats.evaluation.metrics.prediction_table`.

    Raises:
        PipelineError: a class has no picture.
    """
    pictures = list_pictures(splits / split, classes)
    batches = picture_batches(pictures.paths, size, BATCH_SIZE)
    steps = -(-len(pictures.paths) // BATCH_SIZE)
    said = [predict(batch) for batch in tqdm(batches, split, steps, unit="batch")]
    return {
        method: prediction_table(
            pictures, np.concatenate([each[method] for each in said]), classes, splits
        )
        for method in said[0]
    }


def _transfer_steps(method: Method, classifier: Any, conv_base: Any) -> tuple[Step, ...]:
    lower, upper = halves(conv_base)
    # What stands between the picture and the base, in order, and the base's lower half.
    before = itertools.takewhile(
        lambda operation: operation is not conv_base, classifier.operations
    )
    first = [*(each for each in before if not isinstance(each, keras.layers.InputLayer)), lower]
    first_key = _digest(*first)
    return (
        Step(first_key, lambda pictures: reduce(lambda x, part: part(x), first, pictures)),
        Step(first_key + _digest(upper), partial(upper, training=False)),
        Step(method, classifier.get_layer("head")),
    )


def _present_policy(layer: Any) -> str | None:
    """Rescaling of pixels and logits stay as saved, in float32, as in training."""
    kept = isinstance(layer, keras.layers.InputLayer | keras.layers.Rescaling)
    return None if kept or layer.name == "logits" else keras.config.dtype_policy().name


def _digest(*operations: Any) -> str:
    """SHA-256 of what operations compute: their kinds, settings (less their names) and weights."""
    state = hashlib.sha256()
    for operation in operations:
        for layer in getattr(operation, "layers", [operation]):
            # Neither its name nor whether it is trainable changes what a layer computes.
            config = {**layer.get_config(), "name": None, "trainable": None}
            described = json.dumps(config, sort_keys=True, default=str)
            state.update(f"{type(layer).__name__}{described}".encode())
            for weight in getattr(layer, "weights", ()):
                state.update(np.ascontiguousarray(weight).tobytes())
    return state.hexdigest()
