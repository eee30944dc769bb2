from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_models import PICTURES, SIZE, convnet, with_conv_base

from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.models.saved import load_whole_model, predict, save_model, whole_model
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.visualization import grad_cam

HEAD = np.random.default_rng(3).normal(size=(4, 4, 2)).astype(np.float32)


def two_filter_model() -> Any:
    """A 1×1 convolution whose filters are red and green; the logit weights each place by HEAD."""
    inputs = keras.Input((4, 4, 3))
    convolution = keras.layers.Conv2D(2, 1, use_bias=False)
    logits = keras.layers.Dense(1, use_bias=False)
    outputs = logits(keras.layers.Flatten()(convolution(inputs)))
    model = keras.Model(inputs, outputs, name="classifier")
    convolution.set_weights([np.array([[[[1, 0], [0, 1], [0, 0]]]], np.float32)])
    logits.set_weights([HEAD.reshape(-1, 1)])
    return model


@pytest.mark.parametrize(("build", "layer"), [(convnet, "conv4"), (with_conv_base, "block5_conv3")])
def test_the_path_of_the_gradient_is_the_saved_models_own(
    tmp_path: Path, build: Any, layer: str
) -> None:
    save_model(build(), tmp_path / "method.keras")
    model = load_whole_model(tmp_path / "method.keras")
    explanation = grad_cam.explain(model, PICTURES)
    assert explanation.network.layer == layer
    np.testing.assert_allclose(explanation.probabilities, predict(model, PICTURES), atol=1e-6)
    # Such as 2×2 for 64 pixels after four poolings of 3×3 convolutions without padding.
    assert explanation.maps.shape == (3, 2, *explanation.network.lower.output.shape[1:3])
    assert explanation.maps.dtype == np.float32
    assert explanation.maps.min() == 0
    np.testing.assert_allclose(explanation.maps.max(axis=(1, 2, 3)), 1)


def test_explaining_leaves_the_model_as_it_was() -> None:
    model = with_conv_base()
    before, config = predict(model, PICTURES), model.to_json()
    grad_cam.explain(model, PICTURES)
    np.testing.assert_array_equal(predict(model, PICTURES), before)
    assert model.to_json() == config


def test_heatmaps_are_those_of_the_papers_equations() -> None:
    pictures = np.random.default_rng(1).integers(0, 256, size=(2, 4, 4, 3), dtype=np.uint8)
    weights = HEAD.mean(axis=(0, 1))  # the logit is linear: HEAD is its gradient
    evidence = (weights * pictures[..., :2]).sum(axis=-1)
    scale = np.abs(evidence).max(axis=(1, 2), keepdims=True)
    assert evidence.min() < 0 < evidence.max()
    explanation = grad_cam.explain(whole_model("small_convnet", two_filter_model()), pictures)
    negative, positive = explanation.maps[:, 0], explanation.maps[:, 1]
    np.testing.assert_allclose(positive, np.maximum(evidence, 0) / scale, atol=1e-6)
    np.testing.assert_allclose(negative, np.maximum(-evidence, 0) / scale, atol=1e-6)


def test_the_pictures_of_a_batch_do_not_mix() -> None:
    network = grad_cam.split(two_filter_model())
    activations = tf.constant(np.random.default_rng(2).random((2, 4, 4, 2)), tf.float32)
    together = grad_cam.class_evidence(network, activations, np.array([0, 0]))
    alone = [
        grad_cam.class_evidence(network, activations[place : place + 1], np.array([0]))[0]
        for place in range(2)
    ]
    np.testing.assert_allclose(together, alone, rtol=1e-6)


@pytest.mark.parametrize("build", [convnet, with_conv_base])
def test_each_unit_stands_where_it_looks(build: Any) -> None:
    """The pixels that change a unit, found by gradient, are centred on its place."""
    network = grad_cam.split(build().get_layer("classifier"))
    for unit, centre in enumerate(network.centres):
        pictures = tf.Variable(tf.random.stateless_uniform((1, SIZE, SIZE, 3), (0, 1)) * 255)
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(network.lower(pictures)[0, unit])
        rows = np.abs(tape.gradient(value, pictures).numpy()).sum(axis=(0, 2, 3))
        seen = np.flatnonzero(rows)
        if seen[0] > 0 and seen[-1] < SIZE - 1:  # the picture's edge cuts nothing off
            assert (seen[0] + seen[-1]) / 2 == pytest.approx(centre, abs=2)
        else:
            assert seen[0] <= centre <= seen[-1]


def test_a_resized_heatmap_has_each_value_at_its_units_centre() -> None:
    network = grad_cam.split(build_small_convnet(SIZE, dropout=0.0))
    side = len(network.centres)
    rows = np.repeat(np.arange(side, dtype=np.float32)[:, None], side, axis=1)
    # Straight between the first and the last centre, level beyond them.
    pixels = np.interp(np.arange(SIZE), network.centres[[0, -1]], [0, side - 1])
    resized = grad_cam.resize(rows, network, SIZE)
    np.testing.assert_allclose(resized, np.repeat(pixels[:, None], SIZE, axis=1), atol=1e-6)
    np.testing.assert_allclose(grad_cam.resize(rows.T, network, SIZE), resized.T)
    twice = grad_cam.resize(rows, network, 2 * SIZE).reshape(SIZE, 2, SIZE, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(twice[24:40], resized[24:40], atol=1e-6)


def test_maps_without_evidence_stay_empty() -> None:
    np.testing.assert_array_equal(
        grad_cam.normalise(np.zeros((1, 2, 3, 3), np.float32), axis=(1, 2, 3)), 0
    )


def test_a_model_of_another_kind_is_refused() -> None:
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)], name="other")
    with pytest.raises(PipelineError, match="'other' is none of this project's"):
        grad_cam.explain(other, PICTURES)
    inputs = keras.Input((4,))
    dense = keras.Model(inputs, keras.layers.Dense(1)(inputs), name="dense")
    with pytest.raises(PipelineError, match="'dense' has no convolution"):
        grad_cam.split(dense)
