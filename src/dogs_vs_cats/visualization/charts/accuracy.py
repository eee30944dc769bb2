"""How often each method is right on the test pictures."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.words import display_name, listed
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import ngettext
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization import lecture
from dogs_vs_cats.visualization.charts.common import (
    GREY,
    MARKERS,
    SMALL,
    WIDTH,
    in_words,
    interval,
    legend_above,
    name_rows,
    sign,
)
from dogs_vs_cats.visualization.drawing import COLOURS, Drawing, styled_figure


def accuracy(evaluation: Mapping[Method, Mapping[str, Any]], classes: Classes) -> Drawing:
    """Test accuracy of each method with its 95 % interval, beside the lecture's where it applies.

    Args:
        evaluation: ``evaluation.json``: method to ``accuracy``, ``accuracy_low``,
            ``accuracy_high`` (0 to 1) and ``pictures``.
        classes: names in the order of their labels.
    """
    reported = lecture.ACCURACIES if lecture.applies(classes) else {}
    with styled_figure(WIDTH, 3.4) as figure:
        axes = figure.subplots()
        for row, method in enumerate(METHODS):
            low, middle, high = interval(evaluation[method])
            axes.plot([low, high], [row, row], color=COLOURS[method], linewidth=3.5)
            axes.plot(middle, row, MARKERS[method], color=COLOURS[method], markersize=8)
            axes.annotate(
                f"{middle:.1f}",
                (middle, row),
                xytext=(0, 7),
                textcoords="offset points",
                ha="center",
                fontweight="bold",
            )
            if method in reported:
                ends = [100 * share for share in reported[method]]
                axes.plot(ends, [row + 0.24] * 2, color=GREY, linewidth=2.5)
                axes.plot(np.mean(ends), row + 0.24, "|", color=GREY, markersize=8, mew=2.5)
        name_rows(axes)
        axes.set_xlim(right=100.5)
        axes.set_xlabel(_("test accuracy, %"))
        signs = [sign(_("95 % interval"), marker="o", linewidth=3)]
        if reported:
            signs.append(sign(_("the lecture's (validation)"), color=GREY, marker="|", mew=2.5))
        legend_above(figure, signs, columns=2)
    highest = max(evaluation[method]["accuracy"] for method in METHODS)
    best = [method for method in METHODS if evaluation[method]["accuracy"] == highest]
    scores = evaluation[best[0]]
    caption = _("""Share of {pictures} test pictures that a method names rightly, with
        its 95 % Wilson interval. Intervals that overlap do not settle whether two methods
        differ: both saw the same pictures, so the paired comparison decides.""")
    if reported:
        grey = _("Grey: the validation accuracy that the lecture reports, where it gives one.")
        caption = f"{caption} {grey}"
    accuracies = in_words({m: f"{evaluation[m]['accuracy']:.1%}" for m in METHODS})
    return Drawing(
        name="accuracy",
        figure=figure,
        title=_("Test accuracy of each method"),
        alt=ngettext(
            """Test accuracy: {accuracies}. Highest is
            {best}, 95 % interval {low} to {high}.""",
            """Test accuracy: {accuracies}. Highest are
            {best}, 95 % interval {low} to {high}.""",
            len(best),
        ).format(
            accuracies=accuracies,
            best=listed(map(display_name, best)),
            low=f"{scores['accuracy_low']:.1%}",
            high=f"{scores['accuracy_high']:.1%}",
        ),
        caption=caption.format(pictures=f"{scores['pictures']:,}"),
        section="accuracy",
    )


def roc(
    curves: Mapping[Method, pd.DataFrame],
    evaluation: Mapping[Method, Mapping[str, Any]],
    classes: Classes,
) -> Drawing:
    """ROC curves of all methods, the upper left quarter.

    Args:
        curves: ``roc/METHOD.csv``: ``false_positive_rate``, ``true_positive_rate``, 0 to 1.
        evaluation: method to ``roc_auc``.
        classes: names in the order of their labels.
    """
    caption = (
        _("""What every threshold of a class's probability would give, each class against
            the rest, in the mean of all classes; the upper left quarter alone. Further up and left
            is better. The area is that of the whole curve, and 0.5 is guessing.""")
        if len(classes) > 2
        else _("""What every threshold of the probability would give, {name} being the positive
            class; the upper left quarter alone. Further up and left is better. The area is that of
            the whole curve, and 0.5 is guessing.""").format(name=classes[1])
    )
    areas = {method: f"{evaluation[method]['roc_auc']:.3f}" for method in METHODS}
    with styled_figure(WIDTH, 4.2) as figure:
        axes = figure.subplots()
        for method, area in areas.items():
            curve = curves[method]
            axes.plot(
                curve["false_positive_rate"],
                curve["true_positive_rate"],
                drawstyle="steps-post",
                color=COLOURS[method],
                marker=MARKERS[method],
                markevery=0.12,
                markersize=5,
                label=f"{display_name(method)} {area}",
            )
        axes.set_xlim(-0.01, 0.5)
        axes.set_ylim(0.5, 1.01)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(PercentFormatter(xmax=1, symbol=""))
        axes.set_xlabel(_("false positive rate, %"))
        axes.set_ylabel(_("true positive rate, %"))
        axes.legend(title=_("area under the curve"), alignment="left", fontsize=SMALL)
    return Drawing(
        name="roc",
        figure=figure,
        title=_("ROC curves"),
        alt=_("ROC curves of the five methods. Area under the curve: {areas}.").format(
            areas=in_words(areas)
        ),
        caption=caption,
        section="accuracy",
    )
