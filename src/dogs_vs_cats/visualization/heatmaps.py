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

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.words import display_name, listed
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import mark
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization.drawing import Drawing, label, styled_figure
from dogs_vs_cats.visualization.grad_cam import Explanation, explain, resize

COLOUR_MAP = "inferno"
"""Perceptually uniform, and lighter means more, so that it survives greyscale."""
OPACITY = 0.75
"""Of the hottest place; the picture shows through there too."""

_BESIDE_PERCENT = 10
"""Letters of a class's name that leave room for a percentage beside it."""
_ROWS = (mark("for its answer"), mark("for the label"))


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
    classes: Classes,
) -> Iterator[Drawing]:
    """A drawing a picture, all methods side by side.

    Of two classes each has a row. Of more there is a row for the class that a method names, and
    one for the picture's own class, which is left empty where they are the same.

    Args:
        models: method to its whole model.
        pictures: shape (pictures, size, size, 3), RGB, 0 to 255.
        actual: class name of each picture.
        files: what to call each picture.
        classes: names in the order of their labels.
    """
    own = np.array([classes.index(name) for name in actual])
    explained = {m: _explain(models[m], pictures, own) for m in METHODS if m in models}
    of_both = len(classes) == 2
    rows = [_("for {name}").format(name=label(name, 16)) for name in classes]
    if not of_both:
        rows = [_(row) for row in _ROWS]
    for number, (picture, shown, file) in enumerate(zip(pictures, actual, files, strict=True)):
        certainty = {m: each.probabilities[number] for m, each in explained.items()}
        named = {method: classes[each.argmax()] for method, each in certainty.items()}
        right = [method for method, name in named.items() if name == shown]
        with styled_figure(7.3, 2.75) as figure:
            grid = figure.add_gridspec(2, 1 + len(explained))
            left = figure.add_subplot(grid[0, 0])
            show(left, picture)
            title = _("actual:")
            left.set_title(f"{title}\n{label(shown, 18)}", fontsize=7, fontweight="normal")
            below = figure.add_subplot(grid[1, 0])
            below.set_axis_off()
            name = label(PurePosixPath(file).name, 20)
            below.text(0, 1, name, fontsize=6.5, va="top")
            add_scale(figure, below.inset_axes((0, 0.2, 1, 0.08)))
            for column, (method, explanation) in enumerate(explained.items(), start=1):
                panels = [figure.add_subplot(grid[row, column]) for row in range(2)]
                for axes, heatmap in zip(panels, explanation.maps[number], strict=True):
                    heat = resize(heatmap, explanation.network, len(picture))
                    show(axes, overlay(picture, heat), framed=method not in right)
                if method in right and not of_both:
                    _empty(panels[1], _("the same"))
                panels[0].set_title(
                    f"{display_name(method)}\n"
                    + _verdict(named[method], float(certainty[method].max()), method in right),
                    fontsize=7,
                    fontweight="normal",
                )
                if column == 1:
                    for axes, name in zip(panels, rows, strict=True):
                        axes.set_ylabel(name, fontsize=7.5)
        yield Drawing(
            name=f"heatmaps_{number + 1}",
            figure=figure,
            title=_how_many_right(shown, len(right), len(explained)),
            alt=_("""Photo {file}, labelled {label}, beside Grad-CAM heatmaps of {methods}
                methods for {classes}. They name: {named}.""").format(
                file=file,
                label=shown,
                methods=len(explained),
                classes=listed(classes) if of_both else _("the classes that they name"),
                named=listed(f"{method} {name}" for method, name in named.items()),
            ),
            caption=_caption(of_both),
            section="heatmaps",
            suffix="jpg",
        )


def _explain(
    model: Any, pictures: npt.NDArray[np.uint8], own: npt.NDArray[np.integer]
) -> Explanation:
    """Two heatmaps a picture: of both classes, or of the one named and of its own."""
    probabilities = model(pictures, training=False).numpy()
    both = np.broadcast_to([0, 1], (len(own), 2))
    named_and_own = np.stack([probabilities.argmax(axis=1), own], axis=1)
    return explain(model, pictures, both if probabilities.shape[1] == 2 else named_and_own)


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
    bar.set_ticks([0.06, 0.94], labels=[_("none"), _("most")], fontsize=6.5)
    bar.ax.tick_params(length=0)
    bar.ax.set_title(_("evidence"), fontsize=6.5, fontweight="normal")
    bar.outline.set_visible(False)


def percent(probability: float) -> str:
    """A probability for people, which never rounds to certainty."""
    if probability > 0.999:
        return "> 99.9 %"
    return "< 0.1 %" if probability < 0.001 else f"{probability:.1%}".replace("%", " %")


def _verdict(name: str, probability: float, right: bool) -> str:
    """The class that a method names, and whether it is right, on two lines."""
    told, mark = percent(probability), _("✓ right") if right else _("✗ wrong")
    if len(name) <= _BESIDE_PERCENT:
        return f"{label(name)} {told}\n{mark}"
    return f"{label(name, 18)}\n{told} {mark}"


def _empty(axes: Axes, words: str) -> None:
    """Leave out what was shown, and say why."""
    axes.images[0].remove()
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect=1)
    axes.text(0.5, 0.5, words, fontsize=7, color="#777777", ha="center", va="center")


def _caption(of_both: bool) -> str:
    rows = (
        _("Grad-CAM at the last convolution: lighter places speak for the class of the row.")
        if of_both
        else _(
            "Grad-CAM at the last convolution: lighter places speak for the class of the row: above"
            " the one that the method names, below the picture's own where that is another."
        )
    )
    scale = _(
        "The two maps of one method share a scale, from nothing to the method's strongest evidence"
        " in this picture; the scale says nothing about other methods or pictures. A percentage is"
        " the probability that the method gives the class it names."
    )
    return f"{rows} {scale}"


def _how_many_right(name: str, right: int, methods: int) -> str:
    if right == methods:
        told = _("Labelled {name}: all methods right")
    elif right:
        told = _("Labelled {name}: {right} of {methods} methods right")
    else:
        told = _("Labelled {name}: no method right")
    return told.format(name=name, right=right, methods=methods)
