"""Korean figures have their letters."""

import warnings
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.font_manager import FontProperties

from dogs_vs_cats.language import update
from dogs_vs_cats.language.catalogue import use
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.visualization import fonts
from dogs_vs_cats.visualization.drawing import styled, styled_figure


@pytest.fixture
def korean() -> None:
    """Korean with its font, which cannot be had everywhere."""
    try:
        with use("ko"):
            fonts.families()
    except PipelineError as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("korean")
@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_every_letter_of_the_translations_can_be_drawn(weight: str) -> None:
    with use("ko"):
        looks = [FontProperties(family=[name], weight=weight) for name in fonts.families()]
    paths = [font_manager.findfont(look) for look in looks]
    known = set().union(*(font_manager.get_font(path).get_charmap() for path in paths))
    texts = "".join(str(each.string) for each in update.read("ko") if each.id)
    # The minus sign is what Matplotlib writes on axes.
    assert {letter for letter in {*texts, "\N{MINUS SIGN}"} if ord(letter) not in known} == set()


@pytest.mark.usefixtures("korean")
@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_korean_is_drawn_without_boxes(weight: str) -> None:
    def drawn(text: str) -> np.ndarray:  # type: ignore[type-arg]
        with use("ko"), styled_figure(2, 1) as figure, warnings.catch_warnings():
            warnings.simplefilter("error")
            figure.text(0.1, 0.4, text, weight=weight)
            canvas = FigureCanvasAgg(figure)
            canvas.draw()
            return np.asarray(canvas.buffer_rgba())

    assert not np.array_equal(drawn("합성곱 −1"), drawn("미세조 −1"))  # noqa: RUF001


def test_english_figures_begin_with_matplotlibs_own_font() -> None:
    assert fonts.families()[0] == "DejaVu Sans"


def test_korean_without_a_font_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(fonts, "distribution", absent)
    monkeypatch.setattr(fonts, "_OTHERS", ())
    fonts._installed.cache_clear()
    try:
        with use("ko"), pytest.raises(PipelineError, match="make setup"), styled():
            pass
    finally:
        fonts._installed.cache_clear()
