from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import cbook
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from small_models import PICTURES, SIZE, convnet, with_conv_base

from dogs_vs_cats.methods import Method
from dogs_vs_cats.visualization import heatmaps
from dogs_vs_cats.visualization.drawing import Drawing, save_drawings


def test_without_evidence_the_picture_shows_in_grey() -> None:
    shown = heatmaps.overlay(PICTURES[0], np.zeros((SIZE, SIZE)))
    np.testing.assert_allclose(shown[..., 0], shown[..., 2])
    hot = heatmaps.overlay(PICTURES[0], np.ones((SIZE, SIZE)))
    assert np.abs(hot[..., 0] - hot[..., 2]).min() > 0.1


def named(model: Any, picture: int) -> int:
    return int(model.predict(PICTURES, verbose=0)[picture].argmax())


def test_a_picture_becomes_a_drawing_with_every_method_and_both_classes(tmp_path: Path) -> None:
    models: dict[Method, Any] = {"small_convnet": convnet(), "frozen_base": with_conv_base()}
    says = ("cat", "dog")[named(models["small_convnet"], 1)]
    drawings = list(
        heatmaps.draw(
            models,
            PICTURES[:2],
            ["cat", says],
            ["cat/$x$.jpg", "b.jpg"],  # would be a formula
            ("cat", "dog"),
        )
    )
    assert [drawing.name for drawing in drawings] == ["heatmaps_1", "heatmaps_2"]
    assert "b.jpg" in drawings[1].alt
    assert f"small_convnet {says}" in drawings[1].alt
    titles = [axes.get_title("left") + axes.get_title() for axes in drawings[1].figure.axes]
    [title] = [title for title in titles if title.startswith("small convnet")]
    assert title.endswith("✓ right")
    labels = [axes.get_ylabel() for axes in drawings[1].figure.axes]
    assert {"for cat", "for dog"} <= set(labels)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    save_drawings(drawings, tmp_path / "a")
    again = heatmaps.draw(
        models, PICTURES[:2], ["cat", says], ["cat/$x$.jpg", "b.jpg"], ("cat", "dog")
    )
    save_drawings(again, tmp_path / "b")
    for name in ("heatmaps_1.jpg", "heatmaps_2.jpg", "drawings.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def panels(drawing: Drawing) -> list[Axes]:
    """Those of the methods, method by method."""
    return [axes for axes in drawing.figure.axes if axes.get_subplotspec() is not None][2:]


def test_of_many_classes_the_named_one_and_where_it_is_wrong_the_own_one_have_a_heatmap() -> None:
    classes = ("ant", "a $class$ with a name that is far too long to stand anywhere", "cow", "dog")
    models: dict[Method, Any] = {"small_convnet": convnet(4), "frozen_base": with_conv_base(4)}
    says = {method: named(model, 0) for method, model in models.items()}
    own = says["small_convnet"]
    other = next(label for label in range(4) if label not in says.values())
    right, wrong = heatmaps.draw(
        models, PICTURES[[0, 0]], [classes[own], classes[other]], ["a.jpg", "b.jpg"], classes
    )
    assert len(right.figure.axes) == len(wrong.figure.axes)
    shown = [bool(axes.images) for axes in panels(right)]
    assert shown[:2] == [True, False]
    assert all(axes.images for axes in panels(wrong))
    labels = [axes.get_ylabel() for axes in wrong.figure.axes]
    assert {"for its answer", "for the label"} <= set(labels)
    for method, label in says.items():
        assert f"{method} {classes[label]}" in wrong.alt
    assert wrong.title == f"Labelled {classes[other]}: no method right"


def test_long_names_stay_within_the_figure_and_are_no_formula() -> None:
    classes = tuple(f"$x_{number}$ " + "W" * 60 for number in range(3))
    models: dict[Method, Any] = {"small_convnet": convnet(3)}
    (drawing,) = heatmaps.draw(models, PICTURES[:1], classes[:1], ["a"], classes)
    figure = drawing.figure
    FigureCanvasAgg(figure).draw()
    texts = [text for text in figure.findobj(Text) if text.get_text()]
    assert [text.get_text() for text in texts if len(text.get_text()) > 60] == []
    assert any("x_" in text.get_text() for text in texts)
    assert all(cbook.is_math_text(text.get_text()) is False for text in texts)


@pytest.mark.parametrize(
    ("probability", "said"), [(0.99996, "> 99.9 %"), (0.5, "50.0 %"), (0.00001, "< 0.1 %")]
)
def test_a_probability_never_reads_as_certainty(probability: float, said: str) -> None:
    assert heatmaps.percent(probability) == said
