"""The lecture's two nets, as they are built and saved."""

import numpy as np
import pytest

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.mnist.networks import NETS, of_digits, whole_net
from dogs_vs_cats.mnist.results import layer_rows

DIGITS = np.random.default_rng(0).integers(0, 256, (4, 28, 28), np.uint8)


def test_the_nets_have_the_lectures_layers_and_parameters() -> None:
    counts = {
        net: [(row.shape, row.parameters) for row in layer_rows(build())]
        for net, build in NETS.items()
    }
    assert counts["dense"] == [((784,), 0), ((512,), 401_920), ((10,), 5_130)]
    assert counts["convnet"] == [
        ((26, 26, 32), 320),
        ((13, 13, 32), 0),
        ((11, 11, 64), 18_496),
        ((5, 5, 64), 0),
        ((3, 3, 64), 36_928),
        ((576,), 0),
        ((64,), 36_928),
        ((10,), 650),
    ]


@pytest.mark.parametrize("net", NETS)
def test_a_saved_net_says_of_pictures_what_was_learned_of_digits(net: str) -> None:
    keras.utils.set_random_seed(0)
    learned = NETS[net]()
    saved = whole_net(net, learned)
    expected = keras.ops.softmax(learned(DIGITS[..., None]))
    of_grey = of_digits(saved)(DIGITS[..., None])
    in_colour = saved(np.repeat(DIGITS[..., None], 3, axis=-1))
    np.testing.assert_allclose(of_grey, expected, rtol=1e-4)
    np.testing.assert_allclose(in_colour, expected, rtol=1e-4)
    assert saved(np.zeros((4, 56, 40, 3), np.uint8)).shape == (4, 10)
