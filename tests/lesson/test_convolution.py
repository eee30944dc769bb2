import numpy as np
import pytest
from scipy.signal import correlate2d

from dogs_vs_cats.lesson.convolution import channels, decision, sizes, translation
from dogs_vs_cats.lesson.convolution.chapter import draw
from dogs_vs_cats.lesson.convolution.example import (
    FILTERS,
    PICTURES,
    convolve,
    convolve_maps,
    pool,
    rectify,
)
from dogs_vs_cats.visualization.drawing import Drawing


@pytest.fixture(scope="module")
def drawings() -> dict[str, Drawing]:
    return {each.name: each for each in draw() if isinstance(each, Drawing)}


def test_a_feature_map_holds_the_mean_product_at_every_place() -> None:
    """The arithmetic written out, against what the layer answers."""
    picture = np.random.default_rng(0).choice([-1.0, 1.0], (9, 9)).astype(np.float32)
    answers = convolve(picture)
    for index, each in enumerate(FILTERS.values()):
        for row in range(7):
            for column in range(7):
                mean = (picture[row : row + 3, column : column + 3] * each).mean()
                assert answers[row, column, index] == pytest.approx(mean, abs=1e-6)


def test_each_piece_is_found_where_the_x_has_it() -> None:
    falling, cross, rising = np.moveaxis(convolve(PICTURES["X"]), -1, 0)
    assert np.argwhere(cross > 0.99).tolist() == [[3, 3]]
    assert all(row == column for row, column in np.argwhere(falling > 0.99))
    np.testing.assert_allclose(rising, falling[:, ::-1], atol=1e-6)


def test_only_the_x_has_a_centre_cross() -> None:
    cross = list(FILTERS).index("centre cross")
    assert convolve(PICTURES["X"])[..., cross].max() == pytest.approx(1)
    assert convolve(PICTURES["O"])[..., cross].max() < 0.6


@pytest.mark.parametrize(
    ("strides", "padding", "side"), [(1, "valid", 7), (2, "valid", 4), (1, "same", 9)]
)
def test_stride_and_padding_decide_the_size(strides: int, padding: str, side: int) -> None:
    assert convolve(PICTURES["X"], strides, padding).shape == (side, side, 3)


def test_stride_2_skips_answers_and_padding_adds_some_around() -> None:
    """As the captions say."""
    answers = convolve(PICTURES["X"])
    np.testing.assert_allclose(convolve(PICTURES["X"], 2), answers[::2, ::2], atol=1e-6)
    padded = convolve(PICTURES["X"], padding="same")
    np.testing.assert_allclose(padded[1:-1, 1:-1], answers, atol=1e-6)


def test_relu_keeps_what_is_positive_and_pooling_the_largest_of_four() -> None:
    maps = np.array([[-1, 2, 0], [1, -3, 5], [4, -1, -2]], np.float32)[..., None]
    assert rectify(maps)[..., 0].tolist() == [[0, 2, 0], [1, 0, 5], [4, 0, 0]]
    assert pool(maps)[..., 0].tolist() == [[2]]
    assert pool(maps, "same")[..., 0].tolist() == [[2, 5], [4, -2]]


def test_the_page_goes_from_the_pictures_to_the_convnet(drawings: dict[str, Drawing]) -> None:
    assert [name.removeprefix("convolution_") for name in drawings] == [
        "1_pictures",
        "2_filters",
        "3_match",
        "3_inverse",
        "4_maps_x",
        "4_maps_o",
        "5_stride",
        "6_padding",
        "6_padding_stride",
        "6_channels",
        "6_filters",
        "7_relu",
        "8_pooling",
        "9_stack",
        "9_twice",
        "9_moved",
        "10_convnet",
    ]
    for drawing in drawings.values():
        assert drawing.section == "convolution"
        assert drawing.suffix == "svg"
        assert drawing.title
        assert drawing.alt
        assert drawing.caption


def test_cells_show_the_numbers_of_the_map(drawings: dict[str, Drawing]) -> None:
    axes = drawings["convolution_4_maps_x"].figure.axes[0]
    shown = [text.get_text().replace("\N{MINUS SIGN}", "-") for text in axes.texts]
    assert shown == [f"{value:z.2f}" for value in convolve(PICTURES["X"])[..., 0].ravel()]


def test_captions_tell_the_sizes_that_the_layers_give(drawings: dict[str, Drawing]) -> None:
    assert "here 7 with stride 1 and 4 with stride 2" in drawings["convolution_5_stride"].caption
    convnet = drawings["convolution_10_convnet"].caption
    assert "150, 148, 74, 72, 36, 34, 17, 15, 7:" in convnet
    assert "6,272 numbers" in convnet


def test_one_answer_over_three_channels_and_all_of_them_by_scipy() -> None:
    picture, kernels, biases = channels.example()
    answers = channels.answers()
    assert answers.shape == (3, 3, 2)
    # The middle place of a picture padded by 1 at stride 2 is its own rows and columns 2 to 4.
    by_hand = sum(
        picture[1 + row, 1 + column, channel] * kernels[row, column, channel, 0]
        for row in range(3)
        for column in range(3)
        for channel in range(3)
    )
    assert answers[1, 1, 0] == by_hand + 1
    for index in range(2):
        full = sum(
            correlate2d(channels.padded(picture)[..., c], kernels[..., c, index], mode="valid")
            for c in range(3)
        )
        np.testing.assert_allclose(answers[..., index], full[::2, ::2] + biases[index], atol=1e-5)


@pytest.mark.parametrize("case", [(9, 3, 0, 1), (9, 3, 1, 2), (10, 3, 0, 2), (10, 5, 2, 3)])
def test_the_formula_gives_as_many_places_as_a_layer(case: tuple[int, int, int, int]) -> None:
    side, filter_side, padding, stride = case
    maps = np.zeros((side + 2 * padding, side + 2 * padding, 1), np.float32)
    kernels = np.zeros((filter_side, filter_side, 1, 1), np.float32)
    assert len(convolve_maps(maps, kernels, strides=stride)) == sizes.places(*case)


def test_the_dense_layer_votes_for_each_letter_moved_or_not() -> None:
    for index, picture in enumerate(PICTURES.values()):
        assert decision.first(picture).shape == (4, 4, 3)
        assert decision.second(decision.first(picture)).shape == (2, 2, 2)
        for each in (picture, translation.moved(picture)):
            assert decision.votes(each).argmax() == index
        assert decision.softmax(decision.votes(picture)).sum() == pytest.approx(1)


def test_a_dense_layer_on_pixels_hardly_knows_the_moved_x_and_pooling_brings_it_back() -> None:
    x, o = PICTURES["X"], PICTURES["O"]
    for way in (lambda picture: picture, decision.first, decision.found):
        assert translation.vote(way, x) == pytest.approx(1, abs=1e-5)
        assert translation.vote(way, o) == pytest.approx(-1, abs=1e-5)
    moved = translation.moved(x)
    on_pixels, once, twice = (
        translation.vote(way, moved) for way in (np.asarray, decision.first, decision.found)
    )
    assert on_pixels < 0.2
    assert on_pixels < once < twice
