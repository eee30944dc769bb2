"""What AlexNet and GoogLeNet had before batch normalisation."""

from typing import Any

from dogs_vs_cats.compute.backend import keras, tf


class LocalResponseNormalization(keras.layers.Layer):  # type: ignore[misc]
    """Each answer divided by a power of the answers of five neighbouring channels at its place.

    Krizhevsky et al., 2012, section 3.3, with their constants. It has no parameters.
    """

    def call(self, maps: Any) -> Any:
        return tf.nn.local_response_normalization(
            maps, depth_radius=2, bias=2, alpha=1e-4, beta=0.75
        )
