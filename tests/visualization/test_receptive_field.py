from typing import Any

import numpy as np
import pytest

from dogs_vs_cats.backbones.networks import build
from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.visualization.receptive_field import receptive_fields
from dogs_vs_cats.visualization.unfolding import unfold


def fields(model: Any) -> dict[str, Any]:
    calls = unfold(model, keras.Input(model.input.shape[1:]))
    found = receptive_fields(calls)
    return {call.layer.name: field for call, field in zip(calls, found, strict=True)}


@pytest.mark.parametrize(
    ("layer", "side"),
    # Simonyan & Zisserman, section 2.3: two 3×3 convolutions see 5×5. Others by counting back
    # from one unit: n pixels need (n - 1) · stride + kernel.
    [("block1_conv1", 3), ("block1_conv2", 5), ("block2_conv1", 10), ("block5_conv1", 132)],
)
def test_units_of_a_chain(layer: str, side: int) -> None:
    assert fields(build("vgg16", 64))[layer].size == side


def test_sizes_are_those_of_the_literature() -> None:
    # Araujo et al., table 1.
    assert fields(build("resnet50_v2", 64))["post_relu"].size == 483
    assert fields(build("mobilenet", 64))["conv_pw_13_relu"].size == 315


def averaging(model: Any) -> Any:
    """Give every convolution equal weights of sum 1, so that no unit is silent and none leans."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            kernel = layer.kernel.shape
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            inputs = np.prod(kernel[:2] if depthwise else kernel[:3])
            layer.kernel.assign(np.full(kernel, 1 / inputs))
    return model


@pytest.mark.parametrize("side", [160, 161, 174])
@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("efficientnet_lite0", "block5a_project_bn"),
        ("mobilenet_v2", "block_9_add"),
        ("mobilenet", "conv_pw_6_relu"),
        ("resnet50", "conv3_block2_out"),
    ],
)
def test_a_unit_sees_what_moves_it(name: str, layer: str, side: int) -> None:
    base = averaging(build(name, side))
    field = fields(base)[layer]
    network = keras.Model(base.input, base.get_layer(layer).output)
    unit = network.output.shape[1] // 2
    pictures = tf.Variable(0.01 + 0.001 * tf.random.stateless_uniform((1, side, side, 3), (0, 1)))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(network(pictures, training=False)[0, unit])
    rows = np.abs(tape.gradient(value, pictures).numpy()).sum(axis=(0, 2, 3))
    seen = np.flatnonzero(rows)
    centre = field.first + field.step * unit
    low, high = centre - (field.size - 1) / 2, centre + (field.size - 1) / 2
    assert seen[0] >= max(low, 0) - 1e-6
    assert seen[-1] <= min(high, side - 1) + 1e-6
    assert (rows * np.arange(side)).sum() / rows.sum() == pytest.approx(centre, abs=1)


def test_padding_cropping_and_dilation() -> None:
    inputs = keras.Input((20, 20, 1))
    x = keras.layers.ZeroPadding2D(((0, 3), (0, 3)), name="zeros")(inputs)
    x = keras.layers.Conv2D(1, 3, strides=2, name="strided")(x)  # 0..2, 2..4
    x = keras.layers.Cropping2D(((1, 0), (1, 0)), name="cropped")(x)  # 2..4, 4..6
    x = keras.layers.Conv2D(1, 3, dilation_rate=2, padding="same", name="dilated")(x)
    found = fields(keras.Model(inputs, x))
    assert found["zeros"] == (1, 1, 0)
    assert found["strided"] == (3, 2, 1)
    assert found["cropped"] == (3, 2, 3)
    assert found["dilated"] == (11, 2, 3)


def test_where_branches_meet_a_unit_sees_through_all() -> None:
    inputs = keras.Input((20, 20, 1))
    wide = keras.layers.Conv2D(1, 5, strides=2, padding="same")(inputs)  # -1..3
    narrow = keras.layers.MaxPooling2D(1, strides=2)(inputs)  # 0..0
    x = keras.layers.Add()([narrow, wide])
    gate = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = keras.layers.Conv2D(1, 1, name="gate")(gate)
    x = keras.layers.Multiply(name="gated")([gate, x])
    found = fields(keras.Model(inputs, x))
    assert found["gated"] == (5, 2, 1)
    assert found["gate"] is None
