"""A saved model as one function of pixels that other runtimes can read, its resizing included."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.data.reading.decoding import Pixels
from dogs_vs_cats.models.saved import side_of
from dogs_vs_cats.prediction.predict import resizing_of

Run = Callable[[Pixels], npt.NDArray[np.float32]]
"""The pixels of a picture to the probability of each class, (classes,)."""
INPUT = "pictures"
OUTPUTS = ("scores", "probabilities")
"""Before and after the last sigmoid or softmax, one a class each: a runtime's own sigmoid may be 0
where the score still tells how far."""


class Program(tf.Module):  # type: ignore[misc]
    """uint8 RGB pictures (batch, height, width, 3), of any size, to float32 :data:`OUTPUTS`.

    Args:
        model: a whole model (:func:`dogs_vs_cats.models.saved.whole_model`).
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self._side = side_of(model)
        last = model.layers[-1]  # the sigmoid or softmax
        self._network = keras.Model(resizing_of(model).output, [last.input, last.output])

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8, name=INPUT)]
    )
    def __call__(self, pictures: Any) -> dict[str, Any]:
        squares = resized(pictures, self._side)
        squares.set_shape((None, self._side, self._side, 3))
        return dict(zip(OUTPUTS, self._network(squares, training=False), strict=True))


def resized(pictures: Any, side: int) -> Any:
    """Pictures as squares, by the arithmetic of ``tf.image.resize(antialias=True)``, rounded.

    Two matrix products: TensorFlow's own operation for it (ScaleAndTranslate) has no counterpart
    elsewhere. In float32 the sums round otherwise: one value in some thousands is another by 1.

    Args:
        pictures: uint8 (batch, height, width, channels).
        side: in pixels.

    Returns:
        float32 (batch, side, side, channels), whole numbers of 0 to 255.
    """
    shape = tf.shape(pictures)
    rows, columns = _weights(shape[1], side), _weights(shape[2], side)
    x = tf.transpose(tf.cast(pictures, tf.float32), (0, 3, 1, 2))
    x = tf.matmul(tf.matmul(rows, x), columns, transpose_b=True)
    return tf.round(tf.transpose(x, (0, 2, 3, 1)))


def _weights(size: Any, side: int) -> Any:
    """What each of ``size`` pixels gives to each of ``side``: (side, size), rows add up to 1.

    A triangle around each new pixel's middle, as wide as the step between them where pictures
    shrink: TensorFlow's kernel "triangle" (image/scale_and_translate_op.cc).
    """
    step = tf.cast(size, tf.float32) / side
    middles = (tf.range(side, dtype=tf.float32) + 0.5) * step - 0.5
    away = tf.abs(tf.cast(tf.range(size), tf.float32)[tf.newaxis] - middles[:, tf.newaxis])
    weights = tf.maximum(0.0, 1.0 - away / tf.maximum(step, 1.0))
    return weights / tf.reduce_sum(weights, axis=1, keepdims=True)
