"""TensorFlow and Keras, imported without their start-up banner.

Every module that needs them says ``from dogs_vs_cats.compute.backend import keras, tf``.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

from dogs_vs_cats.project.quiet import silent_stderr, uncollected, without

# TensorFlow chooses oneDNN itself only on processors with VNNI, bfloat16 or AMX instructions. It
# is faster without them too (`make bench ARGS="--only onednn"`), and its convolutions give the same
# bytes on one core as on several, which a cluster's workers need; TensorFlow's own do not.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# For parts of Keras that are not used here, these two would take 30 % of the start-up.
with silent_stderr(), without("matplotlib", "sklearn"), uncollected():
    import keras
    import tensorflow as tf

# A file in the user's home folder may say otherwise (~/.keras/keras.json): other numbers with
# another floatx, an error in the first layer with another order of a picture's axes.
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")

__all__ = ["dtype_policy", "keras", "prefetched", "recast", "tf"]


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Build the block's Keras layers under another dtype policy, such as ``float32``."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def recast(model: Any, dtype_of: Callable[[Any], str | None]) -> Any:
    """A copy of a model whose layers compute in other dtypes, with the same weights.

    Args:
        model: functional or sequential Keras model; what stands in it may be such models.
        dtype_of: layer to the name of its dtype policy; ``None``: its own.
    """

    def copy_of(layer: Any) -> Any:
        if isinstance(layer, keras.Model):
            return recast(layer, dtype_of)
        if not isinstance(layer, keras.Layer):
            return layer  # a plain operation, such as a flip: it has no dtype of its own
        config, dtype = layer.get_config(), dtype_of(layer)
        return layer.__class__.from_config(config if dtype is None else config | {"dtype": dtype})

    copy = keras.models.clone_model(model, clone_function=copy_of)
    copy.set_weights(model.get_weights())
    return copy


def prefetched(stream: Any) -> Any:
    """A ``tf.data.Dataset`` that makes two elements before they are asked for.

    Its parallelism is what its maps were given, not tuned: with TensorFlow 2.21's autotuning, every
    second stream or so waits at its end until the tuner looks the next time, and it looks ever more
    seldom (after 5 s, 10 s, 20 s, 41 s, …). A training of 29 seconds took 42.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return stream.prefetch(2).with_options(options)
