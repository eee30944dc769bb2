"""A network as one flat list of calls, with the models in it unfolded: what can be looked into.

Inside a nested model, tensors belong to that model's graph alone: a gradient from outside cannot
name them, and a path through the whole network cannot be followed.
"""

import inspect
from typing import Any, NamedTuple

from dogs_vs_cats.compute.backend import keras


class Call(NamedTuple):
    """A layer, or an operation of ``keras.ops``, at one of its places in a network."""

    layer: Any
    inputs: list[Any]
    """Keras tensors, several where branches meet."""
    output: Any
    """Keras tensor; a list of them where an operation gives several."""


def unfold(model: Any, inputs: Any, training: bool | None = None) -> list[Call]:
    """Run ``inputs`` through every layer of a model and of the models in it, as one flat graph.

    Args:
        model: functional or sequential Keras model with one output; its layers are shared.
        inputs: Keras tensors in the structure of the model's own, whose height and width may be
            others.
        training: what the layers are told; ``None``: what their own models tell them. A model that
            was called with ``training`` keeps it.

    Returns:
        The calls, each behind those whose outputs it takes; the model's output is the last one's.
    """
    calls: list[Call] = []

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(layer, keras.Model):
            calls.extend(unfold(layer, args[0], kwargs.get("training", training)))
            return calls[-1].output
        if training is not None and "training" in inspect.signature(layer.call).parameters:
            kwargs["training"] = training
        output = layer(*args, **kwargs)
        tensors = filter(keras.utils.is_keras_tensor, keras.tree.flatten((args, kwargs)))
        calls.append(Call(layer, list(tensors), output))
        return output

    if isinstance(model, keras.Sequential):
        x = inputs
        for layer in model.layers:
            x = call(layer, x)
        return calls
    # The copy itself will not do: a model that begins at a tensor of another graph gets a graph of
    # its own.
    keras.models.clone_model(
        model, input_tensors=inputs, clone_function=lambda layer: layer, call_function=call
    )
    return calls
