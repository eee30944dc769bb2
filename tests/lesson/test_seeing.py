import numpy as np
import pytest

from dogs_vs_cats.lesson.seeing.cells import CELLS, OFFSETS, bar, complex_cell, simple_cell
from dogs_vs_cats.lesson.seeing.plates import SIDE, breeds, difficulties, drawn


def test_a_simple_cell_answers_at_its_place_and_a_complex_cell_wherever_the_bar_is() -> None:
    upright = CELLS["upright"]
    simple = [simple_cell(bar(offset), upright) for offset in OFFSETS]
    assert simple == pytest.approx([0, 0, 1, 0, 0], abs=1e-6)
    assert [complex_cell(bar(offset), upright) for offset in OFFSETS] == pytest.approx([1] * 5)
    assert complex_cell(bar(0, lying=True), upright) < 0.1


def test_the_plates_show_six_difficulties_at_three_strengths_and_eight_breeds() -> None:
    assert len(difficulties().figure.axes) == 6 * 4
    assert len(breeds().figure.axes) == 8


def test_drawn_pictures_are_the_same_each_time() -> None:
    pictures = drawn([0, 1], intraclass_variation=1.0)
    assert pictures.shape == (2, SIDE, SIDE, 3)
    np.testing.assert_array_equal(pictures, drawn([0, 1], intraclass_variation=1.0))
