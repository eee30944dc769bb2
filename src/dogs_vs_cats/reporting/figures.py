"""Figures of the comparison: the same colours for a method everywhere, the same bytes each time."""

from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from dogs_vs_cats.methods import METHODS, Method

COLOURS = dict(zip(METHODS, ("#d55e00", "#e69f00", "#56b4e9", "#0072b2", "#009e73"), strict=True))
"""Okabe & Ito's palette, which readers with any colour vision can tell apart
(https://jfly.uni-koeln.de/color/)."""


def accuracy_figure(evaluation: Mapping[Method, Mapping[str, Any]]) -> Figure:
    """Test accuracy of each method as a point with its 95 % interval.

    Args:
        evaluation: method to what :func:`dogs_vs_cats.evaluation.metrics.score` gives.
    """
    with _style():
        figure = Figure(figsize=(7, 2.8))
        axes = figure.subplots()
        for place, method in enumerate(METHODS):
            scores = {
                name: 100 * evaluation[method][f"accuracy{name}"] for name in ("", "_low", "_high")
            }
            axes.plot(
                [scores["_low"], scores["_high"]],
                [place, place],
                color=COLOURS[method],
                linewidth=3,
            )
            axes.plot(scores[""], place, "o", color=COLOURS[method], markersize=8)
            axes.annotate(
                f"{scores['']:.1f}",
                (scores[""], place),
                xytext=(0, 7),
                textcoords="offset points",
                ha="center",
            )
        axes.set_yticks(range(len(METHODS)), METHODS)
        axes.set_ylim(len(METHODS) - 0.5, -0.7)
        axes.set_xlabel("test accuracy, % (bar: 95 % interval)")
        axes.grid(axis="y", visible=False)
        return figure


def curves_figure(histories: Mapping[Method, pd.DataFrame]) -> Figure:
    """Accuracy and loss over the epochs: training dashed, validation solid, a colour a method.

    Args:
        histories: method to its history (columns of ``EpochMetrics`` and ``epoch``).
    """
    with _style():
        figure = Figure(figsize=(9, 4))
        accuracy, loss = figure.subplots(1, 2)
        for method in METHODS:
            history = histories[method]
            # Methods train for different numbers of epochs: what matters is how far along.
            progress = 100 * history["epoch"] / history["epoch"].max()
            for axes, name, scale in ((accuracy, "accuracy", 100), (loss, "loss", 1)):
                axes.plot(progress, scale * history[name], "--", color=COLOURS[method], alpha=0.6)
                axes.plot(
                    progress, scale * history[f"val_{name}"], color=COLOURS[method], label=method
                )
        accuracy.set(xlabel="part of the epochs, %", ylabel="accuracy, %")
        loss.set(xlabel="part of the epochs, %", ylabel="loss, nats", yscale="log")
        loss.legend(title="solid: validation\ndashed: training", fontsize="small")
        return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as SVG or PNG (by the suffix) without a date, so that equal figures have
    equal bytes."""
    with _style():
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _style() -> Any:
    with as_file(files("dogs_vs_cats.reporting") / "dogs_vs_cats.mplstyle") as style:
        return mpl.rc_context(fname=style)
