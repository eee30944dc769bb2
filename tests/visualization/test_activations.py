from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.models.saved import whole_model
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.visualization.activations import activations, draw, sparsity
from dogs_vs_cats.visualization.drawing import save_drawings

LAYERS = ["conv1", "pool1", "conv2", "pool2", "conv3", "pool3", "conv4", "pool4"]
DEAD = 5
"""Channels of conv4 that the model under test cannot wake."""


@pytest.fixture(scope="module")
def model() -> Any:
    keras.utils.set_random_seed(0)
    classifier = build_small_convnet(64, classes=2, dropout=0.0)
    kernel, bias = classifier.get_layer("conv4").get_weights()
    bias[:DEAD] = -1000
    classifier.get_layer("conv4").set_weights([kernel, bias])
    return whole_model("small_convnet", classifier)


@pytest.fixture(scope="module")
def pictures() -> npt.NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)


def test_activations_are_those_of_every_convolution_and_pooling_layer(
    model: Any, pictures: npt.NDArray[np.uint8]
) -> None:
    layers = activations(model, pictures)
    assert list(layers) == LAYERS
    assert layers["conv1"].shape == (3, 62, 62, 32)
    assert layers["pool4"].shape == (3, 2, 2, 128)
    kernel, bias = model.get_layer("classifier").get_layer("conv1").get_weights()
    corner = np.einsum("hwc,hwcf->f", pictures[1, :3, :3] / 255, kernel) + bias
    np.testing.assert_allclose(layers["conv1"][1, 0, 0], np.maximum(corner, 0), atol=1e-5)


def test_sparsity_counts_zeros_and_dead_channels() -> None:
    channels = np.zeros((2, 2, 2, 4), np.float32)
    channels[0, 0, 0, 0] = 1  # channel 0 lives in the first picture alone
    channels[:, :, :, 1] = 1  # channel 1 everywhere
    found = sparsity(channels)
    assert found.zeros.tolist() == [11 / 16, 12 / 16]
    assert found.dead.tolist() == [2 / 4, 3 / 4]
    assert found.always_dead == 2 / 4


def test_a_grid_for_each_layer_stands_between_the_picture_and_the_chart(
    model: Any, pictures: npt.NDArray[np.uint8]
) -> None:
    drawings = list(draw(model, pictures, "test/cat/cat.7.jpg"))
    assert [drawing.name for drawing in drawings] == [
        "activations_picture",
        *[f"activations_{depth}_{layer}" for depth, layer in enumerate(LAYERS, start=1)],
        "activations_sparsity",
    ]
    assert "cat.7.jpg" in drawings[0].alt
    for drawing in drawings:
        assert drawing.section == "activations"
        assert drawing.method == "small_convnet"


def test_words_tell_the_dead_channels(model: Any, pictures: npt.NDArray[np.uint8]) -> None:
    drawings = {drawing.name: drawing for drawing in draw(model, pictures, "cat.7.jpg")}
    dead = int(sparsity(activations(model, pictures)["conv4"]).dead[0] * 128)
    assert dead >= DEAD
    assert f"{dead} of them are dead" in drawings["activations_7_conv4"].alt
    assert "dead in all 3 pictures" in drawings["activations_sparsity"].caption


def test_a_single_picture_is_charted_alone(model: Any, pictures: npt.NDArray[np.uint8]) -> None:
    *_, chart = draw(model, pictures[:1], "cat.7.jpg")
    assert [len(axes.get_lines()) for axes in chart.figure.axes] == [1, 1]
    assert "in all" not in chart.caption


def test_the_caption_says_what_was_seen_not_what_was_expected(
    model: Any, pictures: npt.NDArray[np.uint8]
) -> None:
    """A convnet whose last convolution is always awake is not sparser with depth."""
    classifier = model.get_layer("classifier")
    kernel, bias = classifier.get_layer("conv4").get_weights()
    try:
        classifier.get_layer("conv4").set_weights([kernel, bias + 2000])
        *_, chart = draw(model, pictures, "cat.7.jpg")
    finally:
        classifier.get_layer("conv4").set_weights([kernel, bias])
    assert "against the lecture" in chart.caption


def test_the_same_pictures_give_the_same_bytes(
    model: Any, pictures: npt.NDArray[np.uint8], tmp_path: Path
) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        save_drawings(draw(model, pictures, "cat.7.jpg"), folder)
    one, two = ({path.name: path.read_bytes() for path in each.iterdir()} for each in folders)
    assert one == two
