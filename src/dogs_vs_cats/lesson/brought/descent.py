"""How a small network learns, step by step: what the measurements share."""

from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import keras, tf

Losses = npt.NDArray[np.float64]
"""Cross-entropy before each step, in nats."""

cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def digits() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """scikit-learn's handwritten digits in a fixed random order: (1797, 8, 8, 1) of 0 to 1, and
    their labels 0 to 9."""
    from sklearn.datasets import load_digits

    known = load_digits()
    order = np.random.default_rng(0).permutation(len(known.target))
    pictures = (known.images[order, ..., None] / 16).astype(np.float32)
    return pictures, known.target[order]


def descend(network: Any, pictures: Any, labels: Any, steps: int, optimizer: Any) -> Losses:
    """Train a network on all pictures at once.

    Args:
        network: Keras model, pictures to logits.
        pictures: (batch, height, width, channels).
        labels: (batch,), class indices.
        steps: of the optimizer.
        optimizer: a Keras optimizer, new.
    """
    weights = network.trainable_weights
    optimizer.build(weights)

    @tf.function  # type: ignore[untyped-decorator]
    def step() -> Any:
        with tf.GradientTape() as tape:
            loss = cross_entropy(labels, network(pictures, training=True))
        optimizer.apply(tape.gradient(loss, weights))
        return loss

    return np.array([float(step()) for _ in range(steps)])


def kernel_gradients(network: Any, pictures: Any, labels: Any) -> Losses:
    """The norm of the loss' gradient for each layer's kernel, from the first layer to the last."""
    kernels = [weight for weight in network.trainable_weights if len(weight.shape) > 1]
    with tf.GradientTape() as tape:
        loss = cross_entropy(labels, network(pictures, training=True))
    gradients = tape.gradient(loss, [kernel.value for kernel in kernels])
    return np.array([float(tf.norm(gradient)) for gradient in gradients])
