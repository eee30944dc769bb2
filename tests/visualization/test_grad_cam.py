from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from small_models import PICTURES, SIZE, convnet, with_conv_base

from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.data.sample.picture import draw_picture
from dogs_vs_cats.models.saved import Description, load_whole_model, save_model, whole_model
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.prediction.imagenet import build_imagenet
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SampleSettings
from dogs_vs_cats.visualization import grad_cam

HEADS = np.random.default_rng(129).normal(size=(4, 4, 2, 3)).astype(np.float32)
"""Of each place and filter, for up to three logits."""


def two_filter_model(outputs: int) -> Any:
    """A 1×1 convolution whose filters are red and green; logits weight each place by HEADS."""
    inputs = keras.Input((4, 4, 3))
    convolution = keras.layers.Conv2D(2, 1, use_bias=False)
    logits = keras.layers.Dense(outputs, use_bias=False)
    answers = logits(keras.layers.Flatten()(convolution(inputs)))
    model = keras.Model(inputs, answers, name="classifier")
    convolution.set_weights([np.array([[[[1, 0], [0, 1], [0, 0]]]], np.float32)])
    logits.set_weights([HEADS[..., :outputs].reshape(-1, outputs)])
    return model


SAMPLE = SampleSettings(
    pictures_per_class=8,
    seed=0,
    viewpoint=0.5,
    scale=0.5,
    deformation=0.5,
    occlusion=0.0,
    illumination=0.5,
    background_clutter=0.5,
    intraclass_variation=0.5,
)


def resized(picture: Image.Image, size: int) -> Any:
    return np.asarray(picture.resize((size, size)), np.float32)


def says(model: Any) -> Any:
    return model.predict(PICTURES, verbose=0)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(("build", "layer"), [(convnet, "conv4"), (with_conv_base, "block5_conv3")])
def test_the_path_of_the_gradient_is_the_saved_models_own(
    tmp_path: Path, build: Any, layer: str, classes: int
) -> None:
    names = ("ant", "bee", "cow")[:classes]
    description = Description("small_convnet", names, SIZE, "imagenet")
    save_model(build(classes), tmp_path / "method.keras", description)
    model = load_whole_model(tmp_path / "method.keras")
    explanation = grad_cam.explain(model, PICTURES, np.array([range(classes)] * 3))
    assert explanation.network.layer == layer
    np.testing.assert_allclose(explanation.probabilities, says(model), atol=1e-6)
    # Such as 2×2 for 64 pixels after four poolings of 3×3 convolutions without padding.
    assert explanation.maps.shape == (3, classes, *explanation.network.lower.output.shape[1:3])
    assert explanation.maps.dtype == np.float32
    assert explanation.maps.min() == 0
    np.testing.assert_allclose(explanation.maps.max(axis=(1, 2, 3)), 1)


def test_explaining_leaves_the_model_as_it_was() -> None:
    model = with_conv_base()
    before, config = says(model), model.to_json()
    grad_cam.explain(model, PICTURES, np.zeros((3, 1), int))
    np.testing.assert_array_equal(says(model), before)
    assert model.to_json() == config


def colours() -> npt.NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, size=(2, 4, 4, 3), dtype=np.uint8)


def test_heatmaps_are_those_of_the_papers_equations() -> None:
    pictures = colours()
    weights = HEADS[..., 0].mean(axis=(0, 1))  # the logit is linear: HEADS is its gradient
    evidence = (weights * pictures[..., :2]).sum(axis=-1)
    scale = np.abs(evidence).max(axis=(1, 2), keepdims=True)
    assert evidence.min() < 0 < evidence.max()
    model = whole_model("small_convnet", two_filter_model(outputs=1))
    explanation = grad_cam.explain(model, pictures, np.array([[0, 1]] * 2))
    first, second = explanation.maps[:, 0], explanation.maps[:, 1]
    np.testing.assert_allclose(second, np.maximum(evidence, 0) / scale, atol=1e-6)
    np.testing.assert_allclose(first, np.maximum(-evidence, 0) / scale, atol=1e-6)


def test_of_more_classes_each_picture_has_heatmaps_of_those_asked_for() -> None:
    pictures, asked = colours(), np.array([[2, 0], [1, 1]])
    weights = HEADS.mean(axis=(0, 1))  # (filters, classes)
    evidence = np.maximum(pictures[..., :2] @ weights, 0)  # of every class, in the last axis
    wanted = np.stack([np.moveaxis(evidence[p][..., asked[p]], -1, 0) for p in range(2)])
    model = whole_model("small_convnet", two_filter_model(outputs=3))
    explanation = grad_cam.explain(model, pictures, asked)
    scale = wanted.max(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(explanation.maps, wanted / scale, atol=1e-6)
    np.testing.assert_allclose(explanation.probabilities.sum(axis=1), 1, atol=1e-6)


def test_the_pictures_of_a_batch_do_not_mix() -> None:
    network = grad_cam.split(two_filter_model(outputs=1))
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


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("efficientnet_lite0", "top_activation"),
        ("resnet50_v2", "post_relu"),
        ("mobilenet_v2", "out_relu"),
        ("densenet121", "relu"),
        ("convnext_tiny", "layer_normalization"),
    ],
)
def test_networks_of_branches_are_looked_into_at_their_last_maps(name: str, layer: str) -> None:
    model = with_conv_base(3, name)
    explanation = grad_cam.explain(model, PICTURES, np.array([[0, 2]] * 3))
    assert explanation.network.layer == layer
    np.testing.assert_allclose(explanation.probabilities, says(model), atol=1e-5)
    assert explanation.maps.shape == (3, 2, 2, 2)


def test_maps_that_strides_with_padding_made_are_spread_evenly() -> None:
    network = grad_cam.split(with_conv_base(2, "efficientnet_lite0").get_layer("classifier"))
    np.testing.assert_allclose(network.centres, [15.5, 47.5])


def test_the_heat_of_a_mirrored_picture_is_the_mirrored_heat() -> None:
    """Of a trained network, whose windows lean against the padding."""
    model = build_imagenet("efficientnet_lite0")
    network = grad_cam.split(model)
    pictures = np.stack(
        [resized(draw_picture("dog", number, SAMPLE), network.size) for number in range(8)]
    )
    maps = network.lower(np.concatenate([pictures, pictures[:, :, ::-1]]), training=False).numpy()
    straight, mirrored = maps[:8], maps[8:, :, ::-1]

    def alike(a: Any, b: Any) -> float:
        centred = [(each - each.mean((0, 1, 2))).ravel() for each in (a, b)]
        return float(np.corrcoef(*centred)[0, 1])

    # The middles of the receptive fields would have them one unit apart.
    assert alike(straight, mirrored) > alike(straight[:, :, :-1], mirrored[:, :, 1:])
    assert alike(straight, mirrored) > alike(straight[:, :, 1:], mirrored[:, :, :-1])


def test_a_resized_heatmap_has_each_value_at_its_units_centre() -> None:
    network = grad_cam.split(build_small_convnet(SIZE, classes=2, dropout=0.0))
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
        grad_cam.explain(other, PICTURES, np.zeros((3, 1), int))
    inputs = keras.Input((4,))
    dense = keras.Model(inputs, keras.layers.Dense(1)(inputs), name="dense")
    with pytest.raises(PipelineError, match="'dense' has no convolution"):
        grad_cam.split(dense)
