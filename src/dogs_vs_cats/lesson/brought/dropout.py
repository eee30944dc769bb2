"""What AlexNet brought, second: dropout, against learning by heart.

Krizhevsky et al., 2012, section 4.2; Srivastava et al., "Dropout: A Simple Way to Prevent Neural
Networks from Overfitting", 2014.
"""

from typing import Any

import numpy as np

from dogs_vs_cats.compute.backend import dtype_policy, keras
from dogs_vs_cats.evaluation.words import percent
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.brought.descent import cross_entropy, descend, digits
from dogs_vs_cats.lesson.chapter import Table

PICTURES, DRAWS, UNITS, STEPS = 100, 3, 256, 100
RATES = (0.0, 0.5)


def show() -> Table:
    """A row for the net without dropout, and one with."""
    pictures, labels = digits()
    cut = PICTURES * DRAWS
    with dtype_policy("float32"):
        rows = [_row(rate, pictures, labels, cut) for rate in RATES]
    return Table(
        name="architectures_dropout",
        title=_("Dropout: less learned by heart"),
        caption=_("""Two dense layers of {units} learn from {pictures} of scikit-learn's
            handwritten digits, {steps} steps of Adam; means of {draws} draws of digits, judged on
            {others:,} others. Both nets know their own digits by heart. In the second, half of the
            hidden units are dropped at random in every step, so that none can rely on
            another.""").format(
            units=UNITS, pictures=PICTURES, steps=STEPS, draws=DRAWS, others=len(labels) - cut
        ),
        columns=(
            _("dropout"),
            _("training accuracy"),
            _("validation accuracy"),
            _("training loss"),
            _("validation loss"),
            _("gap of the losses"),
        ),
        rows=tuple(rows),
    )


def _row(rate: float, pictures: Any, labels: Any, cut: int) -> tuple[str, ...]:
    scores = []
    for draw in range(DRAWS):
        keras.utils.set_random_seed(draw)
        network = _network(rate)
        own = slice(draw * PICTURES, (draw + 1) * PICTURES)
        descend(network, pictures[own], labels[own], STEPS, keras.optimizers.Adam(0.003))
        scores.append(
            _judged(network, pictures[own], labels[own])
            + _judged(network, pictures[cut:], labels[cut:])
        )
    loss, accuracy, other_loss, other_accuracy = np.mean(scores, axis=0)
    return (
        f"{rate:g}",
        percent(accuracy),
        percent(other_accuracy),
        f"{loss:.4f}",
        f"{other_loss:.3f}",
        f"{other_loss - loss:.3f}",
    )


def _judged(network: Any, pictures: Any, labels: Any) -> tuple[float, float]:
    """Loss in nats and accuracy."""
    logits = network(pictures, training=False)
    return float(cross_entropy(labels, logits)), float(np.mean(np.argmax(logits, -1) == labels))


def _network(rate: float) -> Any:
    layers = keras.layers
    hidden = [
        layer
        for _ in range(2)
        for layer in (layers.Dense(UNITS, activation="relu"), layers.Dropout(rate))
    ]
    return keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), *hidden, layers.Dense(10)])
