from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_models import PICTURES, SIZE, convnet, with_conv_base

from dogs_vs_cats.methods import Method
from dogs_vs_cats.models.saved import predict
from dogs_vs_cats.visualization import heatmaps
from dogs_vs_cats.visualization.drawing import save_drawings


def test_without_evidence_the_picture_shows_in_grey() -> None:
    shown = heatmaps.overlay(PICTURES[0], np.zeros((SIZE, SIZE)))
    np.testing.assert_allclose(shown[..., 0], shown[..., 2])
    hot = heatmaps.overlay(PICTURES[0], np.ones((SIZE, SIZE)))
    assert np.abs(hot[..., 0] - hot[..., 2]).min() > 0.1


def test_a_picture_becomes_a_drawing_with_every_method_and_both_classes(tmp_path: Path) -> None:
    models: dict[Method, Any] = {"small_convnet": convnet(), "frozen_base": with_conv_base()}
    says = "dog" if predict(models["small_convnet"], PICTURES)[1] > 0.5 else "cat"
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
    assert "Right: small_convnet" in drawings[1].alt
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


@pytest.mark.parametrize(
    ("probability", "said"), [(0.99996, "> 99.9 %"), (0.5, "50.0 %"), (0.00001, "< 0.1 %")]
)
def test_a_probability_never_reads_as_certainty(probability: float, said: str) -> None:
    assert heatmaps.percent(probability) == said
