from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import cbook

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.visualization import projection
from dogs_vs_cats.visualization.drawing import Drawing, save_figure

LABELS = np.arange(60) % 2
FEATURES = (
    np.random.default_rng(0).normal(size=(60, 2, 2, 8)) + 4 * LABELS[:, None, None, None]
).astype(np.float16)


def test_what_is_near_in_feature_space_is_near_on_the_plane() -> None:
    plane = projection.project(FEATURES, seed=0)
    assert plane.shape == (60, 2)
    distances = np.linalg.norm(plane[:, None] - plane[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_array_equal(LABELS[distances.argmin(axis=1)], LABELS)


def test_the_same_features_are_the_same_bytes(tmp_path: Path) -> None:
    wrong = dict.fromkeys(METHODS, LABELS == 0)
    for name in ("a.svg", "b.svg"):
        drawing = projection.draw(FEATURES, LABELS, wrong, ("cat", "dog"), "VGG16")
        save_figure(drawing.figure, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_each_method_has_a_panel_with_its_number_of_errors() -> None:
    wrong = {method: np.arange(60) < 3 * place for place, method in enumerate(METHODS)}
    drawing = projection.draw(FEATURES, LABELS, wrong, ("cat", "dog"), "VGG16")
    titles = [axes.get_title("left") + axes.get_title() for axes in drawing.figure.axes]
    assert "feature extraction: 6 wrong" in titles
    assert "fine_tuning 12" in drawing.alt
    panel = drawing.figure.axes[titles.index("feature extraction: 6 wrong")]
    sizes = [len(points.get_offsets()) for points in panel.collections]
    assert sizes == [27, 27, 3, 3]  # right cats, right dogs, wrong cats, wrong dogs


def test_a_large_figure_stays_small(tmp_path: Path) -> None:
    features = np.random.default_rng(1).normal(size=(600, 4)).astype(np.float32)
    labels = np.arange(600) % 2
    wrong = dict.fromkeys(METHODS, labels == 1)
    drawing = projection.draw(features, labels, wrong, ("cat", "dog"), "ResNet50V2")
    assert drawing.title == "Test pictures in ResNet50V2's feature space"
    save_figure(drawing.figure, tmp_path / "f.svg")
    assert (tmp_path / "f.svg").stat().st_size < 500_000


def scattered(count: int, classes: int) -> tuple[Any, Any]:
    """Features of noise, and labels in order; the last class has the most pictures."""
    labels = np.sort(np.arange(count) % classes)
    labels[-classes:] = classes - 1
    return np.random.default_rng(2).normal(size=(count, 4)).astype(np.float32), labels


def drawn(count: int, classes: tuple[str, ...]) -> Drawing:
    features, labels = scattered(count, len(classes))
    return projection.draw(features, labels, dict.fromkeys(METHODS, labels == 0), classes, "VGG16")


def legend(drawing: Drawing) -> list[str]:
    return [text.get_text() for text in drawing.figure.legends[0].get_texts()]


def test_few_classes_have_a_colour_and_a_marker_each() -> None:
    drawing = drawn(60, ("$x$", "Möwe", "lawn", "n" * 200))
    assert drawing.figure.axes[0].get_title("left") == "the four classes"
    names = legend(drawing)
    assert names[1:3] == ["Möwe", "lawn"]
    assert not cbook.is_math_text(names[0])
    assert len(names[3]) < 40
    points = drawing.figure.axes[0].collections
    assert len({tuple(each.get_facecolor()[0]) for each in points}) == 4
    assert "Möwe" in drawing.alt


def test_of_a_thousand_classes_the_largest_have_colours_and_the_rest_are_grey(
    tmp_path: Path,
) -> None:
    drawing = drawn(2000, tuple(f"class {number}" for number in range(1000)))
    names = legend(drawing)
    assert "class 999" in names
    assert names[-2:] == ["990 other classes", "right (panels 2-6)"]
    assert len(names) == 12
    assert all(len(axes.collections) <= 22 for axes in drawing.figure.axes)
    assert "ten of the 1,000 classes" in drawing.alt
    save_figure(drawing.figure, tmp_path / "f.svg")
    assert (tmp_path / "f.svg").stat().st_size < 500_000


def test_of_very_many_pictures_some_of_each_class_are_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "Drawn are" not in drawn(60, ("ant", "bee", "cow")).caption
    monkeypatch.setattr(projection, "MOST_PICTURES", 20)
    drawing = drawn(400, ("ant", "bee", "cow"))
    assert all(len(points.get_offsets()) > 4 for points in drawing.figure.axes[0].collections)
    assert "20 of the 400 test pictures" in drawing.caption


@pytest.mark.parametrize("count", [2, 3, 5])
def test_very_few_pictures_can_be_laid_out(count: int) -> None:
    features = np.random.default_rng(3).normal(size=(count, 2, 2, 8)).astype(np.float16)
    plane = projection.project(features, seed=0)
    assert plane.shape == (count, 2)
    assert np.isfinite(plane).all()
