"""What each method costs, and what the cost buys."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization.charts.common import (
    GREY,
    MARKERS,
    SMALL,
    WIDTH,
    display_name,
    label_gap,
    listed,
    name_rows,
    spread,
)
from dogs_vs_cats.visualization.drawing import COLOURS, Drawing, styled

_TICKS = (0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800, 3600, 3 * 3600, 10 * 3600, 30 * 3600)
"""Of the time axis, in seconds: round numbers of its units."""


def cost(costs: Mapping[Method, Mapping[str, int]]) -> Drawing:
    """Parameters, multiply-adds and file size of each method, as bars.

    Args:
        costs: ``cost.json``: method to ``parameters``, ``trainable_parameters``,
            ``multiply_adds`` (of one picture) and ``model_bytes``.
    """
    with styled():
        figure = Figure(figsize=(WIDTH, 6.6))
        parameters, arithmetic, size = figure.subplots(3, 1)
        _bars(parameters, {m: costs[m]["parameters"] / 1e6 for m in METHODS}, 0.25)
        _bars(parameters, {m: costs[m]["trainable_parameters"] / 1e6 for m in METHODS}, 1)
        _bars(arithmetic, {m: costs[m]["multiply_adds"] / 1e9 for m in METHODS}, 1)
        _bars(size, {m: costs[m]["model_bytes"] / 1e6 for m in METHODS}, 1)
        _label(
            parameters,
            {
                m: (
                    costs[m]["parameters"] / 1e6,
                    f"{costs[m]['trainable_parameters'] / 1e6:.1f} of"
                    f" {costs[m]['parameters'] / 1e6:.1f}",
                )
                for m in METHODS
            },
        )
        for axes, key, unit, places in (
            (arithmetic, "multiply_adds", 1e9, 2),
            (size, "model_bytes", 1e6, 0),
        ):
            values = {m: costs[m][key] / unit for m in METHODS}
            _label(axes, {m: (value, f"{value:.{places}f}") for m, value in values.items()})
        parameters.set_title("Parameters, millions: trained of all")
        arithmetic.set_title("Multiply-adds a picture, billions")
        size.set_title("Model file, megabytes")
    words = [f"{display_name(m)} {costs[m]['multiply_adds'] / 1e9:.2f}" for m in METHODS]
    return Drawing(
        name="cost",
        figure=figure,
        title="What a trained model costs",
        alt=(
            "Parameters, multiply-adds and file size of each method. Multiply-adds a picture, in"
            f" billions: {listed(words)}."
        ),
        caption=(
            "Dark: the parameters that the method trains; light: all that its model holds."
            " Multiply-adds are those of one picture through the saved model, whichever part of it"
            " was trained; the methods on VGG16 cost the same to use."
        ),
        section="cost",
    )


def _bars(axes: Axes, values: Mapping[Method, float], alpha: float) -> None:
    axes.barh(
        range(len(METHODS)),
        [values[method] for method in METHODS],
        0.62,
        color=[COLOURS[method] for method in METHODS],
        alpha=alpha,
    )
    name_rows(axes)
    axes.grid(visible=False)


def _label(axes: Axes, labels: Mapping[Method, tuple[float, str]]) -> None:
    for row, method in enumerate(METHODS):
        end, text = labels[method]
        axes.annotate(
            text, (end, row), xytext=(4, 0), textcoords="offset points", va="center", fontsize=SMALL
        )
    axes.set_xlim(0, 1.22 * max(end for end, _ in labels.values()))


def pareto(
    evaluation: Mapping[Method, Mapping[str, Any]], timings: Mapping[Method, Mapping[str, Any]]
) -> Drawing | None:
    """Accuracy against training time with the Pareto front.

    Args:
        evaluation: method to ``accuracy``, ``accuracy_low``, ``accuracy_high`` (0 to 1).
        timings: ``timings/METHOD.json``, for the methods that have one: ``seconds`` and
            ``device``.

    Returns:
        ``None`` where no method has a time.
    """
    timed = [method for method in METHODS if method in timings]
    if not timed:
        return None
    seconds = {method: float(timings[method]["seconds"]) for method in timed}
    accuracies = {method: 100 * evaluation[method]["accuracy"] for method in timed}
    front = pareto_front(seconds, accuracies)
    height = 4.4
    with styled():
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.subplots()
        axes.set_xscale("log")
        axes.set_xlim(min(seconds.values()) / 1.6, 1.6 * max(seconds.values()))
        for method in timed:
            low, high = (100 * evaluation[method][f"accuracy_{end}"] for end in ("low", "high"))
            axes.vlines(seconds[method], low, high, color=COLOURS[method], alpha=0.4, linewidth=2.5)
            axes.plot(
                seconds[method],
                accuracies[method],
                MARKERS[method],
                color=COLOURS[method],
                markerfacecolor=COLOURS[method] if method in front else "white",
                markersize=9,
                markeredgewidth=1.8,
                zorder=3,
            )
        axes.plot(
            [seconds[front[0]], *(seconds[m] for m in front), axes.get_xlim()[1]],
            [axes.get_ylim()[0], *(accuracies[m] for m in front), accuracies[front[-1]]],
            drawstyle="steps-post",
            color=GREY,
            linestyle="--",
            linewidth=1.2,
            zorder=1,
        )
        axes.autoscale(enable=False)
        _name_points(axes, seconds, accuracies, 0.85 * height)
        start, stop = axes.get_xlim()
        ticks = [tick for tick in _TICKS if start <= tick <= stop]
        axes.set_xticks(ticks, [duration(tick) for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel("time to train (log scale)")
        axes.set_ylabel("test accuracy, %")
    words = [f"{display_name(m)} {accuracies[m]:.1f} % in {duration(seconds[m])}" for m in timed]
    return Drawing(
        name="pareto",
        figure=figure,
        title="Accuracy against training time",
        alt=(
            f"Test accuracy and training time: {listed(words)}."
            f" On the Pareto front: {listed([display_name(m) for m in front])}."
        ),
        caption=(
            "Filled: on the Pareto front (dashed), where no other method is both quicker and more"
            " accurate. Hollow: another method is. Bars are 95 % intervals."
            f" {_where(timings, timed)}"
        ),
        section="cost",
    )


def pareto_front(
    seconds: Mapping[Method, float], accuracies: Mapping[Method, float]
) -> list[Method]:
    """The methods that no other beats in both, from the quickest to the most accurate.

    Of methods that are equal in both, the first in the lecture's order.
    """
    front: list[Method] = []
    for method in sorted(seconds, key=lambda m: (seconds[m], -accuracies[m])):
        if not front or accuracies[method] > accuracies[front[-1]]:
            front.append(method)
    return front


def duration(seconds: float) -> str:
    """Such as ``21 s``, ``5 min`` or ``1.5 h``."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{round(seconds / size, 1):g} {unit}"
    return f"{seconds:.2g} s"


def _name_points(
    axes: Axes, seconds: Mapping[Method, float], accuracies: Mapping[Method, float], height: float
) -> None:
    """Name each point beside it, towards the middle of the axes, no name on another."""
    low, high = axes.get_ylim()
    gap = 1.15 * label_gap(axes, height)
    places = spread(list(accuracies.values()), gap, low + gap, high)
    start, stop = np.log(axes.get_xlim())
    for (method, y), place in zip(accuracies.items(), places, strict=True):
        on_the_left = (np.log(seconds[method]) - start) / (stop - start) < 0.55
        axes.annotate(
            display_name(method),
            (seconds[method], y),
            xytext=(22 if on_the_left else -22, place),
            textcoords=("offset points", "data"),
            ha="left" if on_the_left else "right",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            arrowprops={
                "arrowstyle": "-",
                "color": COLOURS[method],
                "linewidth": 0.8,
                "shrinkA": 1,
                "shrinkB": 5,
                "relpos": (0 if on_the_left else 1, 0.5),
            },
        )


def _where(timings: Mapping[Method, Mapping[str, Any]], timed: list[Method]) -> str:
    devices = sorted({str(timings[method]["device"]) for method in timed})
    words = (
        f"Trained on {devices[0]}."
        if len(devices) == 1
        else f"Trained on different devices, so times do not compare: {listed(devices)}."
    )
    missing = [display_name(method) for method in METHODS if method not in timings]
    if missing:
        words += f" No time is known for {listed(missing)}, whose models came from a cache."
    return words
