"""Whether a method's probabilities mean what they say."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.words import display_name
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization.charts.common import GREY, SMALL, WIDTH, in_words, sign
from dogs_vs_cats.visualization.drawing import COLOURS, Drawing, label, styled_figure

_AREA = 500
"""Of the disc of a bin that holds all pictures, in square points."""


def calibration(
    tables: Mapping[Method, pd.DataFrame],
    evaluation: Mapping[Method, Mapping[str, Any]],
    classes: Classes,
) -> Drawing:
    """Reliability diagram of every method: how often it is right when it says how sure it is.

    Of two classes it is about the probability of the second, of more about that of the class that
    a method names.

    Args:
        tables: ``calibration/METHOD.csv``: a row a bin with ``mean_probability``,
            ``observed_share``, ``observed_share_low``, ``observed_share_high`` (0 to 1) and
            ``pictures``.
        evaluation: method to ``expected_calibration_error`` and ``brier``.
        classes: names in the order of their labels.
    """
    if len(classes) > 2:
        sure = _("predicted probability of the class named, %")
        true = _("pictures named rightly, %")
        brier = _("""Brier: squared error of the probabilities, summed over the classes, in the
            mean.""")
    else:
        sure = _("predicted probability of {name}, %").format(name=label(classes[1]))
        true = _("pictures labelled {name}, %").format(name=label(classes[1]))
        brier = _("Brier: mean squared error of the probability.")
    with styled_figure(WIDTH, 8.2) as figure:
        grid = figure.subplots(3, 2, sharex=True, sharey=True)
        for axes, method in zip(grid.flat, METHODS, strict=False):
            table, colour = tables[method], COLOURS[method]
            bins = 100 * table
            x, y = bins["mean_probability"], bins["observed_share"]
            low, high = bins["observed_share_low"], bins["observed_share_high"]
            axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, linestyle="--")
            axes.vlines(x, low, high, color=colour, alpha=0.6, linewidth=1.5)
            axes.plot(x, y, color=colour, linewidth=1.2)
            area = _AREA * table["pictures"] / table["pictures"].sum()
            axes.scatter(x, y, np.maximum(area, 14), color=colour, linewidth=0, zorder=3)
            scores = evaluation[method]
            axes.set_title(f"{display_name(method)}\n")
            axes.annotate(
                f"ECE {scores['expected_calibration_error']:.3f}, Brier {scores['brier']:.3f}",
                (0, 1.04),
                xycoords="axes fraction",
                fontsize=SMALL,
            )
            axes.tick_params(labelbottom=True)
        legend = grid.flat[-1]
        legend.set_axis_off()
        legend.legend(
            handles=[
                sign(_("perfect"), color=GREY, linestyle="--", linewidth=1),
                sign(_("95 % interval"), linewidth=1.5),
                *(
                    sign(
                        _("{share} of the pictures").format(share=f"{share:.0%}"),
                        marker="o",
                        linestyle="none",
                        markersize=np.sqrt(_AREA * share),
                    )
                    for share in (0.01, 0.1, 0.4)
                ),
            ],
            loc="center left",
            labelspacing=1.1,
            handletextpad=1.2,
        )
        grid[0, 0].set(xlim=(-5, 105), ylim=(-5, 105))
        figure.supxlabel(sure, fontsize="medium")
        figure.supylabel(true, fontsize="medium")
    discs = _("""Test pictures in bins of predicted probability: on the diagonal, of the pictures
        called 80 % likely 80 % are what they were called. The area of a disc is its number of
        pictures; small discs in the middle carry little weight. ECE: expected calibration
        error, the mean distance from the diagonal weighted by pictures.""")
    errors = {m: f"{evaluation[m]['expected_calibration_error']:.3f}" for m in METHODS}
    return Drawing(
        name="calibration",
        figure=figure,
        title=_("Calibration"),
        alt=_("""Reliability diagrams of the five methods. Expected calibration error:
            {errors}.""").format(errors=in_words(errors)),
        caption=" ".join((discs, brier, _("Both are better when lower."))),
        section="calibration",
    )
