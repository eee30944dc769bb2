from typing import Any

import numpy as np
import pytest
from small_models import backbone

from dogs_vs_cats.backbones.networks import build
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.settings import VisualizeSettings
from dogs_vs_cats.visualization.filter_patterns import VGG16, draw, find_patterns, layers


@pytest.fixture(scope="module")
def conv_base() -> Any:
    keras.utils.set_random_seed(0)
    return build("vgg16", 32)


def colour_base(*colours: tuple[float, float, float]) -> Any:
    """A base of one convolution whose filters each measure one colour (B, G, R)."""
    pictures = keras.Input((16, 16, 3))
    layer = keras.layers.Conv2D(len(colours), 1, activation="relu", name="colours")
    base = keras.Model(pictures, layer(pictures))
    layer.set_weights([np.array(colours, np.float32).T[None, None], np.zeros(len(colours))])
    return base


def test_a_filter_for_a_colour_gets_that_colour() -> None:
    """Blue, then red: found in RGB though the network is given BGR."""
    base = colour_base((1, -1, -1), (-1, -1, 1))
    patterns = find_patterns(base, "colours", [0, 1], 16, backbone(), steps=40, seed=0)
    blue, red = patterns.pictures.mean(axis=(1, 2))
    assert blue[2] > blue[:2].max() + 20
    assert red[0] > red[1:].max() + 20


def test_ascent_raises_every_filter(conv_base: Any) -> None:
    patterns = find_patterns(conv_base, "block2_conv1", range(4), 32, backbone(), 15, seed=0)
    assert patterns.pictures.shape == (4, 32, 32, 3)
    assert patterns.pictures.dtype == np.uint8
    assert np.all(patterns.after > patterns.before)


def test_patterns_belong_to_the_filters_asked_for(conv_base: Any) -> None:
    """A filter's pattern does not depend on its place in the batch."""
    arguments = {"side": 16, "backbone": backbone(), "steps": 5, "seed": 0}
    one = find_patterns(conv_base, "block1_conv1", filters=[3, 7], **arguments)
    two = find_patterns(conv_base, "block1_conv1", filters=[7, 3], **arguments)
    difference = one.pictures.astype(int) - two.pictures[::-1]
    assert np.abs(difference).max() <= 1
    assert not np.array_equal(one.pictures[0], one.pictures[1])


def test_the_seed_decides(conv_base: Any) -> None:
    def pictures(seed: int) -> Any:
        return find_patterns(
            conv_base, "block1_conv1", [0], 16, backbone(), steps=3, seed=seed
        ).pictures

    assert np.array_equal(pictures(0), pictures(0))
    assert not np.array_equal(pictures(0), pictures(1))


def test_all_patterns_have_one_contrast(conv_base: Any) -> None:
    patterns = find_patterns(
        conv_base, "block1_conv1", range(3), 16, backbone(preprocessing="rescale"), 10, seed=0
    )
    light = np.clip(patterns.pictures / 255, 0.001, 0.999)
    strength = np.sqrt((np.log(light / (1 - light)) ** 2).mean(axis=(1, 2, 3)))
    assert strength == pytest.approx(np.ones(3), abs=0.05)


def test_the_base_is_left_as_it_was(conv_base: Any) -> None:
    before = [weights.copy() for weights in conv_base.get_weights()]
    find_patterns(conv_base, "block2_conv1", [0], 16, backbone(), steps=2, seed=0)
    assert all(map(np.array_equal, before, conv_base.get_weights()))


def test_an_odd_side_will_do(conv_base: Any) -> None:
    patterns = find_patterns(conv_base, "block1_conv1", [0], 15, backbone(), steps=1, seed=0)
    assert patterns.pictures.shape == (1, 15, 15, 3)


def test_batch_normalisation_says_which_way_a_filter_answers() -> None:
    """With a factor below 0, what the network goes on with is the opposite of the kernel's."""
    pictures = keras.Input((16, 16, 3))
    layer = keras.layers.Conv2D(1, 1, use_bias=False, name="colour")
    normalization = keras.layers.BatchNormalization()
    x = keras.layers.ReLU()(normalization(layer(pictures)))
    base = keras.Model(pictures, x)
    layer.set_weights([np.array([1, -1, -1], np.float32).reshape(1, 1, 3, 1)])  # blue
    normalization.set_weights([np.array([each], np.float32) for each in (-2, 40, 100, 900)])
    patterns = find_patterns(base, "colour", [0], 16, backbone(), steps=40, seed=0)
    red, green, blue = patterns.pictures.mean(axis=(0, 1, 2))
    assert blue < min(red, green) - 20
    assert normalization.get_weights()[2] == 100


def test_vgg16_is_drawn_by_the_first_convolution_of_every_block() -> None:
    found = layers(build("vgg16", 150))
    assert {layer.name: (layer.side, layer.shows) for layer in found} == VGG16
    assert [layer.channels for layer in found] == [64, 128, 256, 512, 512]


@pytest.mark.parametrize(
    ("name", "side", "count"),
    [("efficientnet_lite0", 150, 5), ("convnext_tiny", 64, 4), ("mobilenet", 97, 5)],
)
def test_another_base_is_drawn_by_a_convolution_of_every_scale(
    name: str, side: int, count: int
) -> None:
    found = layers(build(name, side))
    assert len(found) == count
    fields = [layer.field for layer in found]
    assert fields == sorted(fields)
    assert all((side - layer.side) % 32 == 0 and layer.side <= side for layer in found)


def test_a_layer_of_few_filters_is_drawn_whole_under_the_networks_name() -> None:
    settings = VisualizeSettings(heatmaps=1, filters=40, filter_steps=1, seed=0)
    name = "efficientnet_lite0"
    first = next(draw(build(name, 46), backbone(46, name=name), settings))
    assert first.title == "What the filters of EfficientNet-Lite0's stem_conv look for"
    assert len(first.figure.axes) == 32
    assert "all 32 filters" in " ".join(first.alt.split())
    assert "VGG16" not in first.alt + first.caption


def test_networks_whose_branches_fit_one_size_are_drawn_too() -> None:
    base = build("nasnet_mobile", 150)
    layer = layers(base)[2]
    assert layer.side == 118
    arguments = {"side": 118, "backbone": backbone(150, name="nasnet_mobile"), "steps": 1}
    patterns = find_patterns(base, layer.name, [0, 1], **arguments, seed=0)
    assert patterns.pictures.shape == (2, 118, 118, 3)


def test_a_grid_is_drawn_for_every_layer(conv_base: Any) -> None:
    settings = VisualizeSettings(heatmaps=1, filters=3, filter_steps=1, seed=0)
    drawings = list(draw(conv_base, backbone(), settings))
    assert [drawing.name for drawing in drawings] == [f"filter_patterns_{name}" for name in VGG16]
    for drawing in drawings:
        assert len(drawing.figure.axes) == 3
        assert drawing.section == "filter_patterns"
        assert drawing.suffix == "jpg"
        assert "first 3 of" in drawing.alt
        assert "VGG16's block" in drawing.title
