from typing import Any

import numpy as np
import pytest

from dogs_vs_cats.backbones.networks import build, halves
from dogs_vs_cats.compute.backend import dtype_policy, keras, tf
from dogs_vs_cats.training.filter_gradients import with_product_gradients

GPU = bool(tf.config.list_physical_devices("GPU"))


def some_network(side: int = 7) -> Any:
    """Convolutions of several kinds, one after the other, that leave something at the end."""
    layers = keras.layers
    x = inputs = keras.Input((side, side + 2, 8))
    for filters, kernel, more in (
        (12, 3, {"activation": "relu"}),
        (8, (1, 5), {"use_bias": False}),
        (6, 2, {}),
        (6, 3, {"groups": 2}),
        (6, 3, {"dilation_rate": 2}),
        (5, 3, {"strides": 2}),
        (4, 3, {"padding": "valid"}),
    ):
        x = layers.Conv2D(filters, kernel, **{"padding": "same", **more})(x)
    return keras.Model(inputs, x)


def gradients(model: Any, inputs: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Of a sum with weights of its own for each output; the inputs' and those of all weights."""
    inputs = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = tf.cast(model(inputs, training=True), tf.float32)
        weights = tf.random.stateless_normal(outputs.shape, [1, 2])
        total = tf.reduce_sum(outputs * weights)
    of_inputs, of_weights = tape.gradient(
        total, [inputs, [each.value for each in model.trainable_weights]]
    )
    return of_inputs.numpy(), [each.numpy() for each in of_weights]


@pytest.mark.skipif(GPU, reason="a GPU's own gradients are kept")
@pytest.mark.parametrize("network", [some_network, lambda: halves(build("vgg16", 48))[1]])
def test_products_give_the_gradients_of_the_convolutions(network: Any) -> None:
    keras.utils.set_random_seed(0)
    with dtype_policy("mixed_bfloat16"):
        model = network()
        learner = with_product_gradients(model)
    inputs = np.random.default_rng(0).standard_normal((4, *model.input.shape[1:]), np.float32)
    np.testing.assert_array_equal(learner(inputs), model(inputs))
    expected, found = gradients(model, inputs), gradients(learner, inputs)
    assert len(expected[1]) == len(found[1]) == len(model.trainable_weights)
    for right, made in zip([expected[0], *expected[1]], [found[0], *found[1]], strict=True):
        assert np.abs(right).max() > 0
        np.testing.assert_allclose(made, right, atol=0.02 * np.abs(right).max())


def test_float32_keeps_the_convolutions_own() -> None:
    model = some_network()
    assert with_product_gradients(model) is model
