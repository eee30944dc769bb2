import numpy as np
import pytest

from dogs_vs_cats.lesson.convolution.example import (
    FILTERS,
    PICTURES,
    convolve,
    pool,
    rectify,
)
from dogs_vs_cats.lesson.convolution.chapter import draw
from dogs_vs_cats.visualization.drawing import Drawing


@pytest.fixture(scope="module")
def drawings() -> dict[str, Drawing]:
    return {drawing.name: drawing for drawing in draw()}


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
        "4_maps_x",
        "4_maps_o",
        "5_stride",
        "6_padding",
        "7_relu",
        "8_pooling",
        "9_stack",
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
