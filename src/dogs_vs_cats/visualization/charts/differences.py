"""Which differences in accuracy are real, and what another seed would have changed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dogs_vs_cats.evaluation.words import display_name
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import ngettext
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization.charts.common import (
    GREY,
    MARKERS,
    WIDTH,
    in_words,
    interval,
    name_rows,
    note,
)
from dogs_vs_cats.visualization.drawing import COLOURS, Drawing, styled_figure


def significance(pairs: pd.DataFrame) -> Drawing:
    """Difference in accuracy of each pair of methods with its interval, as a forest plot.

    Args:
        pairs: ``significance.csv``: ``method_a``, ``method_b``, ``accuracy_difference`` (b minus
            a, -1 to 1), its interval ``low`` and ``high``, ``p_adjusted``, ``supported``.
    """
    supported = pairs[pairs["supported"]]
    with styled_figure(WIDTH, 0.8 + 0.52 * len(pairs)) as figure:
        axes = figure.subplots()
        axes.axvline(0, color=GREY, linewidth=1.2, zorder=1)
        for row, pair in enumerate(pairs.to_dict("records")):
            low, middle, high = (100 * pair[key] for key in ("low", "accuracy_difference", "high"))
            better: Method = pair["method_b"] if middle >= 0 else pair["method_a"]
            real = pair["supported"]
            colour = COLOURS[better] if real else GREY
            axes.plot([low, high], [row, row], color=colour, linewidth=2.5, zorder=2)
            axes.plot(
                middle,
                row,
                MARKERS[better] if real else "o",
                color=colour,
                markerfacecolor=colour if real else "white",
                markersize=7,
                zorder=3,
            )
            style = {
                "fontweight": "bold" if real else "normal",
                "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            }
            size = _("{difference} ({low} to {high})").format(
                difference=_signed(middle), low=_signed(low), high=_signed(high)
            )
            note(axes, _pair_in_words(pair), 0, row - 0.38, **style)
            note(axes, size, 1, row - 0.38, ha="right", **style)
        axes.set_ylim(len(pairs) - 0.6, -0.7)
        axes.tick_params(axis="y", length=0, labelleft=False)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(_("difference in test accuracy, percentage points"))
    return Drawing(
        name="significance",
        figure=figure,
        title=_("Which differences are real"),
        alt=_how_many_supported(supported, len(pairs)),
        caption=_("""Difference in accuracy on the same test pictures with its 95 % paired bootstrap
            interval. Filled and bold: supported by an exact McNemar test after Holm's correction
            for {pairs} comparisons, in the colour of the better method. Hollow and grey: not
            supported, which does not say that both are equal.""").format(pairs=len(pairs)),
        section="accuracy",
    )


def _how_many_supported(supported: pd.DataFrame, pairs: int) -> str:
    if supported.empty:
        return _("""Differences in test accuracy of the {pairs} pairs of methods with 95 %
            intervals. The data support none of them.""").format(pairs=pairs)
    sizes = supported["accuracy_difference"].abs()
    largest = supported[np.isclose(sizes, sizes.max())].to_dict("records")
    words = [f"{_pair_in_words(p)}, {_signed(100 * p['accuracy_difference'])}" for p in largest]
    return ngettext(
        """Differences in test accuracy of the {pairs} pairs of methods with 95 % intervals. The
            data support {supported} of them; the largest is {largest} points.""",
        """Differences in test accuracy of the {pairs} pairs of methods with 95 % intervals. The
            data support {supported} of them; the largest are {largest} points.""",
        len(words),
    ).format(pairs=pairs, supported=len(supported), largest="; ".join(words))


def _pair_in_words(pair: Mapping[Any, Any]) -> str:
    return _("{first} minus {second}").format(
        first=display_name(pair["method_b"]), second=display_name(pair["method_a"])
    )


def _signed(points: float) -> str:
    return f"{points:+z.1f}".replace("-", "\N{MINUS SIGN}")


def seeds(runs: pd.DataFrame, evaluation: Mapping[Method, Mapping[str, Any]]) -> Drawing | None:
    """How far test accuracy moves with the training's seed, beside the sampling interval.

    Args:
        runs: ``seeds.csv``: ``method``, ``seed``, ``test_accuracy`` (0 to 1).
        evaluation: as for :func:`accuracy`.

    Returns:
        ``None`` unless there are two seeds or more.
    """
    by_method = {
        method: 100 * runs.loc[runs["method"] == method, "test_accuracy"].to_numpy(float)
        for method in METHODS
    }
    by_method = {method: reached for method, reached in by_method.items() if len(reached) > 1}
    if not by_method:
        return None
    with styled_figure(WIDTH, 1.2 + 0.65 * len(by_method)) as figure:
        axes = figure.subplots()
        for row, (method, reached) in enumerate(by_method.items()):
            low, _middle, high = interval(evaluation[method])
            axes.barh(row, high - low, 0.56, low, color=COLOURS[method], alpha=0.22)
            axes.plot(
                reached,
                row + np.linspace(-0.18, 0.18, len(reached)),
                MARKERS[method],
                color=COLOURS[method],
                markeredgecolor="white",
                markersize=7,
                linestyle="none",
            )
            note(axes, _("s.d. {points}").format(points=f"{reached.std(ddof=1):.2f}"), 1.02, row)
        name_rows(axes, list(by_method))
        axes.set_xmargin(0.04)
        axes.use_sticky_edges = False
        axes.set_xlabel(_("test accuracy, %"))
    count = int(runs["seed"].nunique())
    spans = {
        method: _("{low} to {high} %").format(low=f"{each.min():.1f}", high=f"{each.max():.1f}")
        for method, each in by_method.items()
    }
    return Drawing(
        name="seeds",
        figure=figure,
        title=_("Luck of the seed, luck of the sample"),
        alt=_("Test accuracy over {seeds} training seeds: {spans}.").format(
            seeds=count, spans=in_words(spans)
        ),
        caption=_("""Points: the same method trained with {seeds} seeds (initial weights and order
            of the pictures), with their standard deviation in percentage points. Band: the 95 %
            interval that comes from the choice of test pictures. They are two different
            uncertainties: more seeds do not narrow the band.""").format(seeds=count),
        section="accuracy",
    )
