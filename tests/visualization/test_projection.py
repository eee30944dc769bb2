from pathlib import Path

import numpy as np

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.visualization import projection
from dogs_vs_cats.visualization.drawing import save_figure

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
        drawing = projection.draw(FEATURES, LABELS, wrong, ("cat", "dog"))
        save_figure(drawing.figure, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_each_method_has_a_panel_with_its_number_of_errors() -> None:
    wrong = {method: np.arange(60) < 3 * place for place, method in enumerate(METHODS)}
    drawing = projection.draw(FEATURES, LABELS, wrong, ("cat", "dog"))
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
    save_figure(projection.draw(features, labels, wrong, ("cat", "dog")).figure, tmp_path / "f.svg")
    assert (tmp_path / "f.svg").stat().st_size < 500_000
