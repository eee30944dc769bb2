"""What AlexNet brought, first: rectified units, through which gradients pass undiminished.

Krizhevsky et al., 2012, section 3.1. Of the gradients: Glorot & Bengio, "Understanding the
Difficulty of Training Deep Feedforward Neural Networks", 2010.
"""

from typing import Any

from dogs_vs_cats.compute.backend import dtype_policy, keras
from dogs_vs_cats.evaluation.words import listed
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.brought.descent import descend, digits, kernel_gradients
from dogs_vs_cats.lesson.brought.lines import draw_lines
from dogs_vs_cats.visualization.drawing import Drawing

PICTURES, DEPTH, UNITS, STEPS = 500, 8, 64, 100
INITIALIZERS = {"sigmoid": "glorot_uniform", "tanh": "glorot_uniform", "ReLU": "he_uniform"}
"""Each activation with the initial weights that were made for it."""


def show() -> Drawing:
    """Gradients and losses of the same net with each activation."""
    pictures, labels = (each[:PICTURES] for each in digits())
    gradients, losses = {}, {}
    with dtype_policy("float32"):
        for activation in INITIALIZERS:
            network = _network(activation)
            gradients[activation] = kernel_gradients(network, pictures, labels)
            optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
            losses[activation] = descend(network, pictures, labels, STEPS, optimizer)
    first = listed(f"{name} {norms[0]:.2g}" for name, norms in gradients.items())
    shares = listed(
        _("{value:.2g} with {name}").format(value=norms[0] / norms[-1], name=name)
        for name, norms in gradients.items()
    )
    last = listed(
        _("{value:.2f} with {name}").format(value=values[-1], name=name)
        for name, values in losses.items()
    )
    return Drawing(
        name="architectures_relu",
        figure=draw_lines(gradients, losses),
        title=_("ReLU: gradients that arrive"),
        alt=_("""Lines for sigmoid, tanh and ReLU. Left: the gradient's norm by layer; at the first
            it is {first}. Right: the training loss by step; at the last it is {last}.""").format(
            first=first, last=last
        ),
        caption=_("""{depth} dense layers of {units} and an output, on {pictures} of scikit-learn's
            handwritten digits, {steps} steps of gradient descent. A sigmoid's slope is a quarter
            at most, so each layer takes more off the gradient on its way back: the first layer
            gets this share of what the last one gets: {shares}. The loss at the end is {last}.
            Tanh keeps up where weights and pictures are scaled well, as here, for its slope at 0
            is 1. ReLU has slope 1 for whatever is above 0, and never saturates; AlexNet's paper
            reports that a convnet with it learns six times as fast as with tanh (section 3.1,
            figure 1).""").format(
            depth=DEPTH, units=UNITS, pictures=PICTURES, steps=STEPS, shares=shares, last=last
        ),
        section="architectures",
    )


def _network(activation: str) -> Any:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    hidden = [
        layers.Dense(
            UNITS, activation=activation.lower(), kernel_initializer=INITIALIZERS[activation]
        )
        for _ in range(DEPTH)
    ]
    return keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), *hidden, layers.Dense(10)])
