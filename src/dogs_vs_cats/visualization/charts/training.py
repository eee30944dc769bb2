"""How each method learned."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.words import display_name
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization import lecture
from dogs_vs_cats.visualization.charts.common import (
    GREY,
    INK,
    MARKERS,
    SMALL,
    WIDTH,
    in_words,
    legend_above,
    sign,
)
from dogs_vs_cats.visualization.drawing import COLOURS, Drawing, styled_figure


def training_curves(
    histories: Mapping[Method, pd.DataFrame],
    training: Mapping[Method, Mapping[str, Any]],
    classes: Classes,
) -> Drawing:
    """Training and validation accuracy and loss of every method, a row each, on shared axes.

    Args:
        histories: ``history/METHOD.csv``: ``epoch`` from 1, ``accuracy`` and ``val_accuracy``
            (0 to 1), ``loss`` and ``val_loss`` (nats).
        training: ``training/METHOD.json``: ``best_epoch``, ``train_accuracy``,
            ``validation_accuracy``.
        classes: names in the order of their labels.
    """
    reported = lecture.ACCURACIES if lecture.applies(classes) else {}
    with styled_figure(WIDTH, 9) as figure:
        grid = figure.subplots(len(METHODS), 2, sharey="col")
        for (left, right), method in zip(grid, METHODS, strict=True):
            history, best = histories[method], training[method]["best_epoch"]
            _draw(left, history, "accuracy", 100, method, best)
            _draw(right, history, "loss", 1, method, best)
            title = left.set_title(display_name(method))
            if method in reported:
                _draw_lecture(left, reported[method], title)
            left.set_ylabel(_("accuracy, %"))
            right.set_ylabel(_("loss, nats"))
        grid[0, 0].set_ylim(top=101)
        grid[0, 1].set_ylim(bottom=0)
        for axes in grid[-1]:
            axes.set_xlabel(_("epoch"))
        signs: list[Artist] = [
            sign(_("training"), linestyle="--", linewidth=1.4),
            sign(_("validation")),
            Patch(color=GREY, alpha=0.3, linewidth=0, label=_("gap between both")),
            sign(_("best epoch"), marker="o", linestyle="none"),
        ]
        if reported:
            signs.append(sign(_("the lecture's"), color=GREY, linestyle=":"))
        legend_above(figure, signs)
    gaps = {m: training[m]["train_accuracy"] - training[m]["validation_accuracy"] for m in METHODS}
    words = in_words({m: f"{100 * gap:+.1f}" for m, gap in gaps.items()})
    told = [
        _("""The shaded gap between training and validation is what a method learned by
            heart. Training values are those of the pictures as they were learned from, augmentation
            and dropout included, so they can lie below validation. The model of the best epoch is
            kept."""),
        _("""Dotted: what the lecture reports for validation (for the small convnet also 100 % in
            training).""")
        if reported
        else "",
        _("Epochs differ in number; the vertical axes are shared."),
    ]
    return Drawing(
        name="training_curves",
        figure=figure,
        title=_("Training and overfitting"),
        alt=_("""Accuracy and loss over the epochs of each method. Training minus validation
            accuracy at the best epoch, in percentage points: {gaps}.""").format(gaps=words),
        caption=" ".join(filter(None, told)),
        section="training",
    )


def _draw(
    axes: Axes, history: pd.DataFrame, metric: str, scale: float, method: Method, best: int
) -> None:
    epochs, colour = history["epoch"], COLOURS[method]
    training, validation = scale * history[metric], scale * history[f"val_{metric}"]
    axes.fill_between(epochs, training, validation, color=colour, alpha=0.25, linewidth=0)
    axes.plot(epochs, training, "--", color=colour, linewidth=1.4)
    axes.plot(epochs, validation, color=colour)
    axes.plot(
        best,
        validation[epochs == best],
        MARKERS[method],
        color=colour,
        markersize=7,
        markeredgecolor=INK,
    )
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _draw_lecture(axes: Axes, reported: tuple[float, float], title: Text) -> None:
    shares = sorted({100 * share for share in reported})
    for share in shares:
        axes.axhline(share, color=GREY, linestyle=":", linewidth=1.4)
    # Behind the title, since any place within the axes may have a curve.
    axes.annotate(
        _at_lecture([f"{share:.0f}" for share in shares]),
        (1, 0.5),
        xycoords=title,
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL,
        color="#555555",
        in_layout=False,
    )


def _at_lecture(shares: list[str]) -> str:
    if len(shares) == 1:
        return _("lecture {share} %").format(share=shares[0])
    return _("lecture {low} to {high} %").format(low=shares[0], high=shares[-1])
