"""Heatmaps over pictures: what each method saw there, by Grad-CAM."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from dogs_vs_cats.evaluation.metrics import DECISION_THRESHOLD
from dogs_vs_cats.evaluation.words import display_name
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization.drawing import Drawing, styled_figure
from dogs_vs_cats.visualization.grad_cam import explain, resize

COLOUR_MAP = "inferno"
"""Perceptually uniform, and lighter means more, so that it survives greyscale."""
OPACITY = 0.75
"""Of the hottest place; the picture shows through there too."""


def overlay(
    picture: npt.NDArray[np.uint8], heatmap: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """A picture in grey with a heatmap over it, the more opaque the hotter.

    Args:
        picture: shape (size, size, 3), RGB, 0 to 255.
        heatmap: shape (size, size), 0 to 1.

    Returns:
        float64 array (size, size, 3), RGB, 0 to 1.
    """
    # Rec. 601 luma. Grey, because the picture's own colours would read as heat.
    grey = (picture / 255) @ np.array([0.299, 0.587, 0.114])
    opacity = OPACITY * heatmap[..., None]
    blended: npt.NDArray[np.float64] = (1 - opacity) * grey[..., None] + opacity * mpl.colormaps[
        COLOUR_MAP
    ](heatmap)[..., :3]
    return blended


def draw(
    models: Mapping[Method, Any],
    pictures: npt.NDArray[np.uint8],
    actual: Sequence[str],
    files: Sequence[str],
    classes: tuple[str, str],
) -> Iterator[Drawing]:
    """A drawing a picture: all methods side by side, a row a class.

    Args:
        models: method to its whole model.
        pictures: shape (pictures, size, size, 3), RGB, 0 to 255.
        actual: class name of each picture.
        files: what to call each picture.
        classes: names of label 0 and label 1.
    """
    explained = {m: explain(models[m], pictures) for m in METHODS if m in models}
    for number, (picture, shown, file) in enumerate(zip(pictures, actual, files, strict=True)):
        verdicts = {
            method: _verdict(float(each.probabilities[number]), classes)
            for method, each in explained.items()
        }
        right = [method for method, (predicted, _) in verdicts.items() if predicted == shown]
        with styled_figure(7.3, 2.75) as figure:
            grid = figure.add_gridspec(2, 1 + len(explained))
            left = figure.add_subplot(grid[0, 0])
            show(left, picture)
            left.set_title(f"actual:\n{shown}", fontsize=7, fontweight="normal")
            below = figure.add_subplot(grid[1, 0])
            below.set_axis_off()
            name = _shortened(PurePosixPath(file).name)
            below.text(0, 1, name, fontsize=6.5, va="top", parse_math=False)
            add_scale(figure, below.inset_axes((0, 0.2, 1, 0.08)))
            for column, (method, explanation) in enumerate(explained.items(), start=1):
                panels = [figure.add_subplot(grid[row, column]) for row in range(2)]
                for axes, heatmap in zip(panels, explanation.maps[number], strict=True):
                    heat = resize(heatmap, explanation.network, len(picture))
                    show(axes, overlay(picture, heat), framed=method not in right)
                predicted, certainty = verdicts[method]
                panels[0].set_title(
                    f"{display_name(method)}\n{predicted} {percent(certainty)}\n"
                    + ("✓ right" if method in right else "✗ wrong"),
                    fontsize=7,
                    fontweight="normal",
                )
                if column == 1:
                    for axes, name in zip(panels, classes, strict=True):
                        axes.set_ylabel(f"for {name}", fontsize=7.5)
        yield Drawing(
            name=f"heatmaps_{number + 1}",
            figure=figure,
            title=f"A {shown}: {_how_many_right(len(right), len(explained))}",
            alt=f"""Photo {file}, a {shown}, beside Grad-CAM heatmaps of {len(explained)} methods
                for {classes[0]} and for {classes[1]}. Right: {", ".join(right) or "none"}.""",
            caption="""Grad-CAM at the last convolution: lighter places speak for the class of the
                row. The two maps of one method share a scale, from nothing to the method's
                strongest evidence in this picture; the scale says nothing about other methods or
                pictures. A percentage is the probability that the method gives the class it
                names.""",
            section="heatmaps",
            suffix="jpg",
        )


def show(axes: Axes, picture: npt.NDArray[Any], framed: bool = False, aspect: float = 1) -> None:
    """Show a picture without ticks, with a dark frame if ``framed``."""
    axes.imshow(picture, aspect=aspect)
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set(visible=framed, linewidth=2, color="black")


def add_scale(figure: Figure, axes: Axes) -> None:
    """Fill ``axes`` with a bar that says which colour means how much."""
    bar = figure.colorbar(ScalarMappable(cmap=COLOUR_MAP), cax=axes, orientation="horizontal")
    bar.set_ticks([0.06, 0.94], labels=["none", "most"], fontsize=6.5)
    bar.ax.tick_params(length=0)
    bar.ax.set_title("evidence", fontsize=6.5, fontweight="normal")
    bar.outline.set_visible(False)


def percent(probability: float) -> str:
    """A probability for people, which never rounds to certainty."""
    if probability > 0.999:
        return "> 99.9 %"
    return "< 0.1 %" if probability < 0.001 else f"{probability:.1%}".replace("%", " %")


def _verdict(probability: float, classes: tuple[str, str]) -> tuple[str, float]:
    """The class decided for, and its probability."""
    if probability > DECISION_THRESHOLD:
        return classes[1], probability
    return classes[0], 1 - probability


def _how_many_right(right: int, methods: int) -> str:
    if right == methods:
        return "all methods right"
    return f"{right} of {methods} methods right" if right else "no method right"


def _shortened(name: str, longest: int = 22) -> str:
    return name if len(name) <= longest else f"{name[: longest - 9]}…{name[-8:]}"
