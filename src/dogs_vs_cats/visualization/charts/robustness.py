"""What breaks which method: altered pictures, and pictures unlike others of their class."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from dogs_vs_cats.evaluation.words import display_name, listed
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.visualization.charts.common import (
    MARKERS,
    SMALL,
    WIDTH,
    label_ends,
    method_legend,
)
from dogs_vs_cats.visualization.drawing import COLOURS, Drawing, styled

_UNALTERED = "none"
_COLUMNS = 2


def robustness(table: pd.DataFrame) -> Drawing:
    """Accuracy against the strength of each difficulty, a panel each.

    Args:
        table: ``robustness.csv``: ``difficulty``, ``strength`` (0 where ``difficulty`` is
            ``none``), ``method``, ``accuracy``, ``accuracy_low``, ``accuracy_high`` (0 to 1),
            ``pictures``.
    """
    difficulties = _difficulties(table)
    rows = -(-len(difficulties) // _COLUMNS)
    with styled():
        figure = Figure(figsize=(WIDTH, 1 + 2.3 * rows))
        grid = figure.subplots(rows, _COLUMNS, sharex=True, sharey=True, squeeze=False)
        for axes, difficulty in zip(grid.flat, difficulties, strict=False):
            for method in METHODS:
                line = table[
                    (table["method"] == method) & table["difficulty"].isin([_UNALTERED, difficulty])
                ].sort_values("strength")
                axes.fill_between(
                    line["strength"],
                    100 * line["accuracy_low"],
                    100 * line["accuracy_high"],
                    color=COLOURS[method],
                    alpha=0.1,
                    linewidth=0,
                )
                axes.plot(
                    line["strength"],
                    100 * line["accuracy"],
                    color=COLOURS[method],
                    marker=MARKERS[method],
                    markersize=5,
                    markeredgecolor="white",
                    markeredgewidth=0.5,
                )
            axes.set_title(display_name(difficulty))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        for axes in grid.flat[len(difficulties) :]:
            axes.set_axis_off()
        figure.supxlabel("strength (0: as the picture is)", fontsize="medium")
        figure.supylabel("accuracy, %", fontsize="medium")
        figure.legend(handles=method_legend(), loc="outside upper left", ncols=3, fontsize=SMALL)
    drops = _drops(table, difficulties)
    hardest = int(np.argmax(drops.mean(axis=1)))
    pictures = int(table["pictures"].max())
    return Drawing(
        name="robustness",
        figure=figure,
        title="Accuracy under six difficulties",
        alt=(
            f"Accuracy of the five methods at three strengths of {len(difficulties)} difficulties."
            f" {display_name(difficulties[hardest]).capitalize()} costs most:"
            f" {drops[hardest].mean():.1f} percentage points in the mean of methods and strengths."
        ),
        caption=(
            f"The same {pictures:,} test pictures, altered more and more; no method was trained on"
            " these alterations as such. Bands are 95 % intervals. Guessing gives 50 %."
        ),
        section="robustness",
    )


def robustness_table(table: pd.DataFrame) -> Drawing:
    """Percentage points of accuracy that each difficulty takes from each method.

    Args:
        table: as for :func:`robustness`.
    """
    difficulties = _difficulties(table)
    drops = _drops(table, difficulties)
    order = np.argsort(-drops.mean(axis=1), kind="stable")
    difficulties, drops = [difficulties[row] for row in order], drops[order]
    with styled():
        figure = Figure(figsize=(WIDTH, 1 + 0.5 * len(difficulties)))
        axes = figure.subplots()
        highest = max(float(drops.max()), 1.0)
        axes.imshow(drops, cmap="Oranges", vmin=0, vmax=1.6 * highest, aspect="auto")
        for (row, column), drop in np.ndenumerate(drops):
            worst = drop > 0 and row == drops[:, column].argmax()
            axes.annotate(
                f"{drop:.1f}",
                (column, row),
                ha="center",
                va="center",
                fontweight="bold" if worst else "normal",
            )
            if worst:
                axes.add_patch(
                    Rectangle(
                        (column - 0.46, row - 0.42), 0.92, 0.84, fill=False, edgecolor="#222222"
                    )
                )
        names = [display_name(method).replace(" ", "\n") for method in METHODS]
        axes.set_xticks(range(len(METHODS)), names, fontsize=SMALL)
        axes.set_yticks(range(len(difficulties)), [display_name(each) for each in difficulties])
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
    worst = drops.argmax(axis=0)
    words = [
        f"{display_name(method)} {display_name(difficulties[row])} ({drops[row, column]:.1f})"
        for column, (method, row) in enumerate(zip(METHODS, worst, strict=True))
    ]
    return Drawing(
        name="robustness_table",
        figure=figure,
        title="What costs which method most",
        alt=f"Percentage points of accuracy lost. What costs each method most: {listed(words)}.",
        caption=(
            "Percentage points of accuracy lost to each difficulty, mean of its strengths; hardest"
            " for all methods on top. Framed: what costs a method most. Below zero: it did better"
            " on the altered pictures, by chance or nearly so."
        ),
        section="robustness",
    )


def typicality(table: pd.DataFrame) -> Drawing:
    """Accuracy by how typical of its class a picture is.

    Args:
        table: ``typicality.csv``: ``method``, ``group`` (1: most typical), ``accuracy``,
            ``accuracy_low``, ``accuracy_high`` (0 to 1), ``pictures``.
    """
    height = 4.0
    groups = sorted(table["group"].unique())
    ends: dict[str, tuple[float, float]] = {}
    with styled():
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.subplots()
        for place, method in enumerate(METHODS):
            line = table[table["method"] == method].sort_values("group")
            # A little apart, or the intervals of close methods hide one another.
            x = line["group"] + 0.07 * (place - (len(METHODS) - 1) / 2)
            y = 100 * line["accuracy"]
            axes.vlines(
                x,
                100 * line["accuracy_low"],
                100 * line["accuracy_high"],
                color=COLOURS[method],
                alpha=0.35,
                linewidth=2,
            )
            axes.plot(x, y, color=COLOURS[method], marker=MARKERS[method], markersize=6)
            ends[method] = (x.iloc[-1], y.iloc[-1])
        names = [str(group) for group in groups]
        names[0] += "\nmost typical"
        names[-1] += "\nleast typical"
        axes.set_xticks(groups, names)
        axes.set_ylim(top=101)
        axes.set_ylabel("test accuracy, %")
        axes.set_xlabel("fifth of the pictures of a class")
        axes.grid(axis="x", visible=False)
        label_ends(axes, {method: ends[method] for method in METHODS}, 0.75 * height)
    first, last = (
        table[table["group"] == group].set_index("method") for group in (groups[0], groups[-1])
    )
    changes = [
        f"{display_name(m)} {first.loc[m, 'accuracy']:.1%} to {last.loc[m, 'accuracy']:.1%}"
        for m in METHODS
    ]
    return Drawing(
        name="typicality",
        figure=figure,
        title="Pictures unlike others of their class",
        alt=f"Test accuracy from the most to the least typical fifth: {listed(changes)}.",
        caption=(
            "Intra-class variation: the test pictures in groups by their distance from the centre"
            " of their class in the feature space of VGG16, with 95 % intervals."
        ),
        section="robustness",
    )


def _difficulties(table: pd.DataFrame) -> list[str]:
    """Every difficulty, in the table's order."""
    return [each for each in table["difficulty"].unique() if each != _UNALTERED]


def _drops(table: pd.DataFrame, difficulties: Sequence[str]) -> npt.NDArray[np.float64]:
    """Percentage points lost, mean of the strengths: (difficulties, methods)."""
    accuracy = table.groupby(["difficulty", "method"])["accuracy"].mean().unstack()[list(METHODS)]
    lost = accuracy.loc[_UNALTERED] - accuracy.loc[list(difficulties)]
    return 100 * lost.to_numpy(float)
