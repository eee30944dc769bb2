"""How a network tells classes apart: two by one logit and a sigmoid, as in the lecture, more by a
logit each and softmax. No other module knows of the difference."""

from typing import Any

from dogs_vs_cats.compute.backend import keras, tf


def logits_layer(classes: int) -> Any:
    """The layer that ends a network for so many classes (2 or more), in float32.

    With two its one logit is the log odds of the second.
    """
    return keras.layers.Dense(1 if classes == 2 else classes, dtype="float32", name="logits")


def probabilities(logits: Any) -> Any:
    """The probability of each class: a Keras tensor (batch, classes) of one of the logits.

    The layer that gives it is called ``probability``. Of two classes both are computed from the
    logit: one minus the other would lose all digits of a small one.
    """
    if logits.shape[-1] > 1:
        return keras.layers.Activation("softmax", dtype="float32", name="probability")(logits)
    of_both = keras.layers.Concatenate(dtype="float32")(
        [keras.layers.Rescaling(-1.0, dtype="float32")(logits), logits]
    )
    return keras.layers.Activation("sigmoid", dtype="float32", name="probability")(of_both)


def class_scores(logits: Any) -> Any:
    """Logits as one score a class, before any sigmoid or softmax, (batch, classes).

    Of two classes the logit is the second one's score, and minus the logit that of the first.
    """
    return logits if logits.shape[-1] > 1 else tf.concat([-logits, logits], axis=-1)


def loss(outputs: int, label_smoothing: float) -> Any:
    """The cross-entropy of labels (batch, 1), class indices, and logits (batch, outputs), in nats.

    Args:
        outputs: of the logits layer.
        label_smoothing: see :class:`dogs_vs_cats.settings.TrainingSettings`.
    """
    if outputs == 1:
        return keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=label_smoothing)

    def cross_entropy(labels: Any, logits: Any) -> Any:
        targets = keras.ops.one_hot(keras.ops.squeeze(labels, axis=-1), outputs)
        return keras.losses.categorical_crossentropy(
            targets, logits, from_logits=True, label_smoothing=label_smoothing
        )

    return cross_entropy


def accuracy(outputs: int) -> Any:
    """The Keras metric ``accuracy`` of labels (batch, 1) and logits (batch, outputs)."""
    if outputs == 1:
        # A logit above 0 is a probability above one half.
        return keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")
    return keras.metrics.SparseCategoricalAccuracy(name="accuracy")
