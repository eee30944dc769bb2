from itertools import pairwise
from math import prod

import numpy as np
import pytest

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.lesson.architectures.alexnet import build_alexnet
from dogs_vs_cats.lesson.architectures.chapter import draw
from dogs_vs_cats.lesson.architectures.lenet import C3_SEES, build_lenet5
from dogs_vs_cats.lesson.architectures.normalization import LocalResponseNormalization
from dogs_vs_cats.lesson.architectures.stack import draw_stack
from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.layers.count import count
from dogs_vs_cats.visualization.drawing import Drawing


@pytest.fixture(scope="module")
def shown() -> dict[str, Drawing | Table]:
    return {each.name: each for each in draw()}


@pytest.fixture(scope="module")
def tables(shown: dict[str, Drawing | Table]) -> dict[str, Table]:
    return {name: each for name, each in shown.items() if isinstance(each, Table)}


def test_the_chapter_shows_each_network_its_sizes_and_what_it_brought(
    shown: dict[str, Drawing | Table],
) -> None:
    networks = ("lenet", "alexnet", "vgg", "googlenet", "resnet")
    brought = ("relu", "dropout", "small_filters", "inception", "skip")
    assert [name.removeprefix("architectures_") for name in shown] == [
        *(name for network in networks for name in (network, f"{network}_layers")),
        "sizes",
        *brought,
    ]
    for each in shown.values():
        assert each.title
        assert each.caption
        if isinstance(each, Table):
            assert all(len(row) == len(each.columns) for row in each.rows)
        else:
            assert each.section == "architectures"
            assert each.alt


def test_sizes_are_the_known_ones(tables: dict[str, Table]) -> None:
    sizes = {row[0]: (*row[1:3], row[5]) for row in tables["architectures_sizes"].rows}
    assert sizes == {
        # LeCun et al., section II-B: 60,000
        "LeNet-5": ("60,000", "60,000", "325,680"),
        "LeNet-5 as mostly built today": ("61,706", "61,706", "416,520"),
        # Krizhevsky's network as Caffe's bvlc_alexnet has it; PyTorch's is another, of 2014
        "AlexNet": ("60,965,224", "60,965,224", "724,406,816"),
        "AlexNet in one piece": ("62,378,344", "62,378,344", "1,135,256,096"),
        # keras.applications
        "VGG16": ("138,357,544", "138,357,544", "15,470,264,320"),
        "GoogLeNet": ("6,998,552", "6,998,552", "1,582,671,872"),
        "GoogLeNet with auxiliary classifiers": ("13,378,280", "13,378,280", "1,591,044,096"),
        # torchvision says 60,192,808, which are the learned ones; He et al. 11.3 billion
        "ResNet-152": ("60,344,232", "60,192,808", "11,282,415,616"),
    }


def test_lenet_has_the_papers_connections() -> None:
    """Section II-B counts 340,908: each weight and bias at each of its places, and the codes."""
    of_layers = {
        "Conv2D": lambda row: row.parameters * prod(row.shape[:2]),
        "Subsampling": lambda row: 5 * prod(row.shape),  # four answers and a bias
        "Dense": lambda row: row.parameters,
        "DistanceFromCodes": lambda row: 84 * prod(row.shape),
    }
    rows = [row for row in count(build_lenet5()) if row.kind in of_layers]
    assert sum(of_layers[row.kind](row) for row in rows) == 340_908


def test_lenets_third_layer_sees_what_table_1_says() -> None:
    assert [len(seen) for seen in C3_SEES] == [3] * 6 + [4] * 9 + [6]
    assert len({frozenset(seen) for seen in C3_SEES}) == 16
    seen_by = [sum(place in seen for seen in C3_SEES) for place in range(6)]
    assert seen_by == [10] * 6  # as the table's rows


def test_lenet_answers_with_distances() -> None:
    answer = np.asarray(build_lenet5()(np.zeros((2, 32, 32, 1), np.float32)))
    assert answer.shape == (2, 10)
    assert (answer > 0).all()


def test_a_tower_of_alexnet_is_blind_to_the_other() -> None:
    conv2 = build_alexnet().get_layer("conv2")
    maps = np.zeros((1, 27, 27, 96), np.float32)
    maps[..., 48:] = 1.0
    answer = np.asarray(conv2(maps))[0]
    assert (answer[..., :128] == 0).all()
    assert answer[..., 128:].any()


def test_local_response_normalisation_is_the_papers_formula() -> None:
    maps = np.random.default_rng(0).normal(size=(1, 1, 1, 8)).astype(np.float32) * 100
    answers = np.asarray(LocalResponseNormalization()(maps)).ravel()
    values = maps.ravel()
    for place, value in enumerate(values):
        near = values[max(0, place - 2) : place + 3]
        assert answers[place] == pytest.approx(value / (2 + 1e-4 * (near**2).sum()) ** 0.75, 1e-5)


def test_keras_resnet_has_biases_before_batch_normalisation_besides() -> None:
    """As the caption says; all else is equal."""
    theirs = count(keras.applications.ResNet152(weights=None))
    biases = sum(row.shape[-1] for row in theirs if row.kind == "Conv2D")
    assert sum(row.parameters for row in theirs) - biases == 60_344_232
    assert sum(row.multiply_adds for row in theirs) == 11_282_415_616


def test_sides_and_channels_are_to_scale() -> None:
    pictures = keras.Input((64, 64, 3))
    x = keras.layers.Conv2D(40, 3, strides=2, padding="same")(pictures)
    x = keras.layers.Conv2D(80, 3, strides=2, padding="same")(x)
    figure = draw_stack(count(keras.Model(pictures, x)))
    fronts = [patch.get_xy() for patch in figure.axes[0].patches[::3]]
    widths, heights = ([float(np.ptp(front[:, side])) for front in fronts] for side in (0, 1))
    assert [width / widths[0] for width in widths] == pytest.approx([1, 40 / 3, 80 / 3])
    assert [height / heights[0] for height in heights] == pytest.approx([1, 1 / 2, 1 / 4])


def test_stacks_do_not_overlap_and_stay_inside(shown: dict[str, Drawing | Table]) -> None:
    for each in shown.values():
        if isinstance(each, Drawing) and each.figure.axes[0].patches:
            axes = each.figure.axes[0]
            fronts = [patch.get_xy()[:, 0] for patch in axes.patches[::3]]
            for left, right in pairwise(fronts):
                assert left.max() <= right.min() + 1e-9
            inside = axes.get_xlim()[1]
            assert max(line.get_xdata()[-1] for line in axes.lines) <= inside


def test_small_filters_see_the_same_for_less(tables: dict[str, Table]) -> None:
    five, twice, seven, thrice = (
        (row[1], int(row[2].replace(",", "")), int(row[3].replace(",", "")))
        for row in tables["architectures_small_filters"].rows
    )
    assert (five[0], seven[0]) == (twice[0], thrice[0]) == ("5×5", "7×7")
    for large, small in ((five, twice), (seven, thrice)):
        assert small[1] < large[1]
        assert small[2] < large[2]
    assert twice[1:] == (2 * (9 * 256 * 256 + 256), 2 * 9 * 256 * 256 * 56 * 56)


def test_inception_3a_costs_what_table_1_says(tables: dict[str, Table]) -> None:
    with_reductions, without = tables["architectures_inception"].rows
    assert with_reductions[1:] == ("163,696", "128,049,152", "256")  # 159 K and 128 M
    assert without[1:] == ("387,296", "303,464,448", "416")


def test_googlenets_table_counts_in_units_of_1024(tables: dict[str, Table]) -> None:
    """As the caption says of 3a (159 K) and of the last row (1000 K of weights)."""
    layers = {row[0].split()[0]: row[2] for row in tables["architectures_googlenet_layers"].rows}
    assert int(layers["3a"].replace(",", "")) // 1024 == 159
    assert layers["linear"].startswith("1,024·1,000 +")


def test_dropout_narrows_the_gap(tables: dict[str, Table]) -> None:
    without, with_it = tables["architectures_dropout"].rows
    assert without[1].startswith("100.0")  # as the caption says
    assert with_it[1].startswith("100.0")
    assert float(with_it[4]) < 0.9 * float(without[4])
    assert float(with_it[5]) < 0.9 * float(without[5])


def test_gradients_do_what_the_captions_say(shown: dict[str, Drawing | Table]) -> None:
    relu, skip = shown["architectures_relu"], shown["architectures_skip"]
    assert isinstance(relu, Drawing)
    assert isinstance(skip, Drawing)
    norms, losses = (
        {line.get_label(): np.asarray(line.get_ydata()) for line in axes.lines}
        for axes in relu.figure.axes
    )
    assert norms["sigmoid"][0] < 1e-3 * norms["sigmoid"][-1]
    assert norms["ReLU"][0] > 0.5 * norms["ReLU"][-1]
    assert norms["tanh"][0] > 0.5 * norms["tanh"][-1]
    assert losses["ReLU"][-1] < losses["tanh"][-1] < 0.5 < 2 < losses["sigmoid"][-1]
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in skip.figure.axes[0].lines}
    assert all(len(line) == 56 for line in lines.values())
    assert lines["plain without normalisation"].max() < 1e-6
    assert lines["ResNet without normalisation"].min() > 1e-1
    growth = {name: line[0] / line[-2] for name, line in lines.items()}
    assert growth["plain with normalisation"] > 20 * growth["ResNet with normalisation"] > 1
