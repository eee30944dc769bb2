"""What each method costs, and what the cost buys."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.container import BarContainer

from dogs_vs_cats.evaluation.words import display_name, listed
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.tracking.timings import TrainingTime
from dogs_vs_cats.visualization.charts.common import (
    GREY,
    MARKERS,
    SMALL,
    WIDTH,
    in_words,
    interval,
    name_points,
    name_rows,
)
from dogs_vs_cats.visualization.drawing import COLOURS, Drawing, styled_figure

_MINUTE, _HOUR = 60, 3600
_TICKS: tuple[tuple[float, ...], ...] = (
    (0.1, 1, 10, _MINUTE, 10 * _MINUTE, _HOUR, 10 * _HOUR, 100 * _HOUR),
    (
        *(0.1, 0.3, 1, 3, 10, 30),
        *(_MINUTE, 3 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE),
        *(_HOUR, 3 * _HOUR, 10 * _HOUR, 30 * _HOUR, 100 * _HOUR),
    ),
    (
        *(0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 20, 30),
        *(count * _MINUTE for count in (1, 2, 3, 5, 10, 20, 30)),
        *(count * _HOUR for count in (1, 2, 3, 5, 10, 20, 30, 50, 100)),
    ),
)
"""Round times in seconds, few to many."""
_BESIDE = {"padding": 4, "fontsize": SMALL}
"""How a bar has its number at its end."""


def cost(costs: Mapping[Method, Mapping[str, int]]) -> Drawing:
    """Parameters, multiply-adds and file size of each method, as bars.

    Args:
        costs: ``cost.json``: method to ``parameters``, ``trainable_parameters``,
            ``multiply_adds`` (of one picture) and ``model_bytes``.
    """
    table = pd.DataFrame(costs).T.loc[list(METHODS)]
    every, trained = table["parameters"] / 1e6, table["trainable_parameters"] / 1e6
    arithmetic, size = table["multiply_adds"] / 1e9, table["model_bytes"] / 1e6
    shares = [_trained(part, whole) for part, whole in zip(trained, every, strict=True)]
    with styled_figure(WIDTH, 6.6) as figure:
        top, middle, bottom = figure.subplots(3, 1)
        top.bar_label(_bars(top, every, alpha=0.25), shares, **_BESIDE)
        _bars(top, trained)
        middle.bar_label(_bars(middle, arithmetic), fmt="{:.2f}", **_BESIDE)
        bottom.bar_label(_bars(bottom, size), fmt="{:.0f}", **_BESIDE)
        for axes, values in ((top, every), (middle, arithmetic), (bottom, size)):
            axes.set_xlim(0, 1.22 * max(values))
        top.set_title(_("Parameters, millions: trained of all"))
        middle.set_title(_("Multiply-adds a picture, billions"))
        bottom.set_title(_("Model file, megabytes"))
    words = in_words({method: f"{arithmetic[method]:.2f}" for method in METHODS})
    return Drawing(
        name="cost",
        figure=figure,
        title=_("What a trained model costs"),
        alt=_("""Parameters, multiply-adds and file size of each method. Multiply-adds a picture, in
            billions: {billions}.""").format(billions=words),
        caption=_("""Dark: the parameters that the method trains; light: all that its model holds.
            Multiply-adds are those of one picture through the saved model, whichever part of it was
            trained; the methods on one base cost the same to use."""),
        section="cost",
    )


def _trained(part: float, whole: float) -> str:
    return _("{part} of {whole}").format(part=f"{part:.1f}", whole=f"{whole:.1f}")


def _bars(axes: Axes, values: "pd.Series[float]", alpha: float = 1) -> BarContainer:
    colours = [COLOURS[method] for method in METHODS]
    bars = axes.barh(range(len(METHODS)), values, 0.62, color=colours, alpha=alpha)
    name_rows(axes)
    axes.grid(visible=False)
    return bars


def pareto(
    evaluation: Mapping[Method, Mapping[str, Any]], times: Mapping[Method, TrainingTime]
) -> Drawing | None:
    """Accuracy against the time to a first model, with the Pareto front.

    Args:
        evaluation: method to ``accuracy``, ``accuracy_low``, ``accuracy_high`` (0 to 1).
        times: of the methods that they are known of.

    Returns:
        ``None`` where no method's whole time is known.
    """
    wholes = {method: time.whole for method, time in times.items()}
    seconds = {method: whole for method, whole in wholes.items() if whole is not None}
    timed = [method for method in METHODS if method in seconds]
    if not timed:
        return None
    intervals = {method: interval(evaluation[method]) for method in timed}
    accuracies = {method: accuracy for method, (low, accuracy, high) in intervals.items()}
    front = pareto_front(seconds, accuracies)
    with styled_figure(WIDTH, 4.4) as figure:
        axes = figure.subplots()
        axes.set_xscale("log")
        axes.set_ymargin(0.1)
        axes.set_xlim(min(seconds.values()) / 1.6, 1.6 * max(seconds.values()))
        for method in timed:
            (low, accuracy, high), colour = intervals[method], COLOURS[method]
            axes.vlines(seconds[method], low, high, color=colour, alpha=0.4, linewidth=2.5)
            axes.plot(
                seconds[method],
                accuracy,
                MARKERS[method],
                color=colour,
                markerfacecolor=colour if method in front else "white",
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
        ticks = time_ticks(*axes.get_xlim())
        axes.set_xticks(ticks, [duration(tick) for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel(_("time to the first model (log scale)"))
        axes.set_ylabel(_("test accuracy, %"))
        points = {display_name(m): (seconds[m], intervals[m]) for m in timed}
        name_points(figure, axes, points, {display_name(m): COLOURS[m] for m in timed})
    reached = {
        method: _("{share} % in {time}").format(
            share=f"{accuracies[method]:.1f}", time=duration(seconds[method])
        )
        for method in timed
    }
    filled = _("""Times are those of training and of all that it starts from. Filled: on the
        Pareto front (dashed). Hollow: another method is at least as accurate in no more time.
        Bars are 95 % intervals.""")
    return Drawing(
        name="pareto",
        figure=figure,
        title=_("Accuracy against time to the first model"),
        alt=_("""Test accuracy and time to the first model: {reached}. On the Pareto front:
            {front}.""").format(
            reached=in_words(reached), front=listed([display_name(m) for m in front])
        ),
        caption=f"{filled} {_where(times, timed)}",
        section="cost",
    )


def pareto_front(
    seconds: Mapping[Method, float], accuracies: Mapping[Method, float]
) -> list[Method]:
    """The methods that no other beats in both, from the quickest to the most accurate.

    Of methods that are equal in both, the first in the lecture's order.
    """
    front: list[Method] = []
    known = [method for method in METHODS if method in seconds]
    for method in sorted(known, key=lambda m: (seconds[m], -accuracies[m])):
        if not front or accuracies[method] > accuracies[front[-1]]:
            front.append(method)
    return front


def time_ticks(start: float, stop: float) -> list[float]:
    """Round times between two, all in seconds: as few as still are three, if there are three."""
    for times in _TICKS:
        ticks = [time for time in times if start <= time <= stop]
        if len(ticks) >= 3:
            break
    return ticks


def duration(seconds: float) -> str:
    """Such as ``21 s``, ``5 min`` or ``1.5 h``."""
    for text, size in ((_("{number} h"), _HOUR), (_("{number} min"), _MINUTE)):
        if seconds >= size:
            return text.format(number=f"{round(seconds / size, 1):g}")
    return _("{number} s").format(number=f"{seconds:.2g}")


def _where(times: Mapping[Method, TrainingTime], timed: list[Method]) -> str:
    devices = sorted({device for method in timed for device in times[method].devices})
    words = (
        _("Computed on {device}.").format(device=devices[0])
        if len(devices) == 1
        else _("Computed on different devices, so times do not compare: {devices}.").format(
            devices=listed(devices)
        )
    )
    missing = [display_name(method) for method in METHODS if method not in timed]
    if missing:
        text = _("Not drawn, because their whole time is not known here: {methods}.")
        words = f"{words} {text.format(methods=listed(missing))}"
    return words
