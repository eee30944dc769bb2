from typing import Any

import numpy as np
import pytest

from dogs_vs_cats.backbones.vgg16 import build_conv_base
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.settings import VisualizeSettings
from dogs_vs_cats.visualization.filter_patterns import (
    LAYERS,
    draw,
    find_patterns,
    layers_up_to,
)
from dogs_vs_cats.visualization.receptive_field import receptive_field


@pytest.fixture(scope="module")
def conv_base() -> Any:
    keras.utils.set_random_seed(0)
    return build_conv_base(32)


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
    patterns = find_patterns(base, "colours", [0, 1], 16, "imagenet", steps=40, seed=0)
    blue, red = patterns.pictures.mean(axis=(1, 2))
    assert blue[2] > blue[:2].max() + 20
    assert red[0] > red[1:].max() + 20


def test_ascent_raises_every_filter(conv_base: Any) -> None:
    patterns = find_patterns(conv_base, "block2_conv1", range(4), 32, "imagenet", 15, seed=0)
    assert patterns.pictures.shape == (4, 32, 32, 3)
    assert patterns.pictures.dtype == np.uint8
    assert np.all(patterns.after > patterns.before)


def test_patterns_belong_to_the_filters_asked_for(conv_base: Any) -> None:
    """A filter's pattern does not depend on its place in the batch."""
    arguments = {"side": 16, "preprocessing": "imagenet", "steps": 5, "seed": 0}
    one = find_patterns(conv_base, "block1_conv1", filters=[3, 7], **arguments)
    two = find_patterns(conv_base, "block1_conv1", filters=[7, 3], **arguments)
    difference = one.pictures.astype(int) - two.pictures[::-1]
    assert np.abs(difference).max() <= 1
    assert not np.array_equal(one.pictures[0], one.pictures[1])


def test_the_seed_decides(conv_base: Any) -> None:
    def pictures(seed: int) -> Any:
        return find_patterns(
            conv_base, "block1_conv1", [0], 16, "imagenet", steps=3, seed=seed
        ).pictures

    assert np.array_equal(pictures(0), pictures(0))
    assert not np.array_equal(pictures(0), pictures(1))


def test_all_patterns_have_one_contrast(conv_base: Any) -> None:
    patterns = find_patterns(conv_base, "block1_conv1", range(3), 16, "rescale", 10, seed=0)
    light = np.clip(patterns.pictures / 255, 0.001, 0.999)
    strength = np.sqrt((np.log(light / (1 - light)) ** 2).mean(axis=(1, 2, 3)))
    assert strength == pytest.approx(np.ones(3), abs=0.05)


def test_the_base_is_left_as_it_was(conv_base: Any) -> None:
    before = [weights.copy() for weights in conv_base.get_weights()]
    find_patterns(conv_base, "block2_conv1", [0], 16, "imagenet", steps=2, seed=0)
    assert all(map(np.array_equal, before, conv_base.get_weights()))


@pytest.mark.parametrize(
    ("layer", "side"),
    # Simonyan & Zisserman, section 2.3: two 3×3 convolutions see 5×5. Others by counting back
    # from one unit: n pixels need (n - 1) · stride + kernel.
    [("block1_conv1", 3), ("block1_conv2", 5), ("block2_conv1", 10), ("block5_conv1", 132)],
)
def test_receptive_fields(conv_base: Any, layer: str, side: int) -> None:
    assert receptive_field(layers_up_to(conv_base, layer)).size == side


def test_an_odd_side_is_refused(conv_base: Any) -> None:
    with pytest.raises(ValueError, match="side is 15"):
        find_patterns(conv_base, "block1_conv1", [0], 15, "imagenet", steps=1, seed=0)


def test_a_grid_is_drawn_for_the_first_convolution_of_every_block(conv_base: Any) -> None:
    settings = VisualizeSettings(heatmaps=1, filters=3, filter_steps=1, seed=0)
    drawings = list(draw(conv_base, "imagenet", settings))
    assert [drawing.name for drawing in drawings] == [f"filter_patterns_{name}" for name in LAYERS]
    for drawing in drawings:
        assert len(drawing.figure.axes) == 3
        assert drawing.section == "filter_patterns"
        assert drawing.suffix == "jpg"
        assert "first 3 of" in drawing.alt
