"""Gradients of a convolution's filters as matrix products, faster in bfloat16 on CPUs."""

from typing import Any

from dogs_vs_cats.compute.backend import keras, tf


def with_product_gradients(model: Any) -> Any:
    """A copy whose convolutions learn by matrix products, where that is faster; else the model.

    The gradient of the filters at one of their places is the product of what stood there with the
    gradient of the output: nine products for 3×3, equal but for rounding. Over the small maps of
    a base's top they are faster than oneDNN's own gradient in bfloat16, not in float32 nor over
    large maps (`make bench ARGS="--only steps"`).

    Args:
        model: functional Keras model under Keras' present dtype policy.

    Returns:
        Keras model with the same weights in the same order, or ``model`` itself.
    """
    in_bfloat16 = keras.config.dtype_policy().compute_dtype == "bfloat16"
    if not in_bfloat16 or tf.config.list_physical_devices("GPU"):
        return model
    copy = keras.models.clone_model(model, clone_function=_copy_of)
    copy.set_weights(model.get_weights())
    return copy


def _copy_of(layer: Any) -> Any:
    if not isinstance(layer, keras.Layer):
        return layer  # a plain operation, such as a split
    made_like = type(layer)
    if made_like is keras.layers.Conv2D and _keeps_the_size(layer):
        made_like = _Conv2D
    return made_like.from_config(layer.get_config())


def _keeps_the_size(layer: Any) -> bool:
    return (
        layer.padding == "same"
        and layer.strides == layer.dilation_rate == (1, 1)
        and layer.groups == 1
        and all(side % 2 for side in layer.kernel_size)
    )


class _Conv2D(keras.layers.Conv2D):  # type: ignore[misc]
    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        return _convolve(inputs, tf.convert_to_tensor(kernel))


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _convolve(inputs: Any, filters: Any) -> Any:
    rows, columns, channels, _ = filters.shape
    height, width = inputs.shape[1:3]

    def gradients(of_output: Any) -> tuple[Any, Any]:
        of_inputs = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.shape(inputs),
            filter=filters,
            out_backprop=of_output,
            strides=[1, 1, 1, 1],
            padding="SAME",
        )
        margins = [[0, 0], [rows // 2] * 2, [columns // 2] * 2, [0, 0]]
        padded = tf.pad(inputs, margins)
        flat = tf.reshape(of_output, (-1, of_output.shape[-1]))
        at_places = [
            tf.matmul(
                tf.reshape(padded[:, y : y + height, x : x + width], (-1, channels)),
                flat,
                transpose_a=True,
            )
            for y in range(rows)
            for x in range(columns)
        ]
        return of_inputs, tf.reshape(tf.stack(at_places), filters.shape)

    return tf.nn.conv2d(inputs, filters, 1, "SAME"), gradients
