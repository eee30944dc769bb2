"""The figures of the page: training, what is taken for what, the surest errors, moved digits."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from dogs_vs_cats.evaluation.confusion import Confusion, mistakes
from dogs_vs_cats.evaluation.words import counted, listed, percent
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.mnist.digits import CLASSES, Digits
from dogs_vs_cats.mnist.evaluation import ALL, DIRECTIONS, shifted
from dogs_vs_cats.mnist.networks import NETS
from dogs_vs_cats.mnist.results import Results
from dogs_vs_cats.visualization.charts.common import (
    GREY,
    SMALL,
    WIDTH,
    interval,
    legend_above,
    sign,
)
from dogs_vs_cats.visualization.colours import PALETTE
from dogs_vs_cats.visualization.drawing import Drawing, styled_figure

COLOURS = dict(zip(NETS, (PALETTE[0], PALETTE[3]), strict=True))
_MARKERS = dict(zip(NETS, "so", strict=True))
_ACROSS = 6
"""Digits in a row of the plate of errors."""


def draw(results: Results, digits: Digits) -> Iterator[Drawing]:
    """All figures.

    Args:
        results: the numbers.
        digits: of the test set, some of which are shown.
    """
    yield training(results)
    yield confusion({net: results.evaluation[net]["confusion"] for net in NETS})
    if results.errors:
        yield surest_errors(results, digits)
    yield shifts(results, digits)


def training(results: Results) -> Drawing:
    """Both accuracies of each net over its epochs."""
    with styled_figure(WIDTH, 3.0) as figure:
        for axes, net in zip(figure.subplots(1, len(NETS), sharey=True), NETS, strict=True):
            table = results.history[net]
            for column, style in (("accuracy", "--"), ("val_accuracy", "-")):
                axes.plot(table["epoch"], 100 * table[column], style, color=COLOURS[net])
            axes.set_title(net)
            axes.set_xlabel(_("epoch"))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.axes[0].set_ylabel(_("accuracy, %"))
        legend_above(figure, [sign(_("validation")), sign(_("training"), linestyle="--")])
    last = {net: results.history[net]["val_accuracy"].max() for net in NETS}
    return Drawing(
        name="training",
        figure=figure,
        title=_("Accuracy in training"),
        alt=_("""Training and validation accuracy of both nets over their epochs. The best on
            validation: {best}.""").format(
            best=_in_words({net: percent(each, 2) for net, each in last.items()})
        ),
        caption=_("""Training accuracy is that of the epoch's batches as they were learned from;
            validation accuracy that of digits that were not. The epoch of the best validation
            accuracy is kept."""),
        section="training",
    )


def confusion(confusions: Mapping[str, Confusion]) -> Drawing:
    """How many test digits each net takes for which others."""
    errors = {net: _errors(each) for net, each in confusions.items()}
    most = max(1, *(int(each.max()) for each in errors.values()))
    with styled_figure(WIDTH, 3.4) as figure:
        for axes, (net, counts) in zip(
            figure.subplots(1, len(NETS), sharey=True), errors.items(), strict=True
        ):
            axes.imshow(counts, cmap="Blues", vmin=0, vmax=1.2 * most)
            for (row, column), number in np.ndenumerate(counts):
                if number:
                    colour = "white" if number > 0.7 * most else "black"
                    axes.text(
                        column, row, str(number), color=colour, ha="center", va="center", fontsize=8
                    )
                elif row == column:
                    axes.text(column, row, "·", color=GREY, ha="center", va="center")
            axes.set_title(": ".join((net, counted(int(counts.sum()), "error"))))
            axes.set_xticks(range(len(CLASSES)), CLASSES)
            axes.set_yticks(range(len(CLASSES)), CLASSES)
            axes.tick_params(length=0)
            axes.set_xlabel(_("named"))
            axes.grid(visible=False)
            axes.spines[:].set_visible(False)
        figure.axes[0].set_ylabel(_("labelled"))
    pairs = {net: _most_confused(each) for net, each in confusions.items()}
    return Drawing(
        name="confusion",
        figure=figure,
        title=_("Which digit is taken for which"),
        alt=_("""Two matrices of errors, of labelled digits by the digit that is named. Most often:
            {pairs}.""").format(pairs=_in_words(pairs)),
        caption=_("""A row holds the test digits of one label, a column those that are called so.
            The right ones, on the diagonal, are left out: they would hide all else."""),
        section="classes",
    )


def surest_errors(results: Results, digits: Digits) -> Drawing:
    """The test digits that a net gets wrong most confidently."""
    rows = -(-len(results.errors) // _ACROSS)
    with styled_figure(WIDTH, 1.32 * rows) as figure:
        grid = figure.subplots(rows, _ACROSS, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, item in zip(grid.flat, results.errors, strict=False):
            net, answer = item["method"], item["answers"][item["method"]]
            _show(axes, digits.pictures[int(item["file"])])
            axes.set_title(
                _("{actual} as {named}").format(actual=item["actual"], named=answer["class"])
                + f"\n{net} {100 * answer['probability']:.0f} %",
                loc="center",
                fontsize=SMALL,
                fontweight="normal",
                color=COLOURS[net],
            )
    return Drawing(
        name="surest_errors",
        figure=figure,
        title=_("The surest errors"),
        alt=_("""{digits} that a net gets wrong, each with its label, the digit named instead, the
            net and how probable it finds its answer.""").format(
            digits=counted(len(results.errors), "test digit")
        ),
        caption=_("""Above each digit: its label, what the net that errs most confidently names it,
            and the probability that it gives. The surest come first; of each net half at most are
            shown."""),
        section="classes",
    )


def shifts(results: Results, digits: Digits) -> Drawing:
    """Accuracy against how far the digits are moved, under a digit that is moved."""
    table = results.shifts[results.shifts["direction"] == ALL]
    farthest = int(table["shift"].max())
    down, right = DIRECTIONS["right"]
    with styled_figure(WIDTH, 4.6) as figure:
        parts: Any = figure.subfigures(2, 1, height_ratios=(1, 3.6))
        strip, chart = parts
        for shift, axes in enumerate(strip.subplots(1, farthest + 1, squeeze=False).flat):
            axes.set_axis_off()
            _show(axes, shifted(digits.pictures[:1], shift * down, shift * right)[0])
            axes.set_title(str(shift), loc="center", fontsize=SMALL, fontweight="normal")
        axes = chart.subplots()
        for net, line in table.groupby("net", sort=False):
            low, middle, high = interval(line)
            colour = COLOURS[str(net)]
            axes.fill_between(line["shift"], low, high, color=colour, alpha=0.15, linewidth=0)
            axes.plot(
                line["shift"], middle, color=colour, marker=_MARKERS[str(net)], label=str(net)
            )
        chance = 100 / len(CLASSES)
        axes.axhline(chance, color=GREY, linewidth=1, linestyle=":")
        axes.annotate(
            _("guessing"), (0, chance), (2, 3), textcoords="offset points", fontsize=SMALL
        )
        axes.set_ylim(0, 102)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel(_("shift, pixels"))
        axes.set_ylabel(_("test accuracy, %"))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 0.12))
    ends = {net: percent(each) for net, each in at_shift(results, farthest).items()}
    return Drawing(
        name="shifts",
        figure=figure,
        title=_("Accuracy on digits that are moved"),
        alt=_("""Above, a digit moved to the right by 0 to {farthest} pixels. Below, the accuracy
            of both nets, which falls with the shift; at {farthest} pixels: {ends}.""").format(
            farthest=farthest, ends=_in_words(ends)
        ),
        caption=_("""All test digits moved up, down, left and right; empty pixels come in. The
            lines are means over the four, the bands 95 % intervals, in which the four looks at a
            digit do not count as four digits. At {farthest} pixels {lost} of all ink is out of the
            picture. Both nets learned from digits in the middle alone.""").format(
            farthest=farthest, lost=percent(float(table["ink_lost"].max()))
        ),
        section="robustness",
    )


def at_shift(results: Results, shift: int) -> dict[str, float]:
    """The accuracy of each net on digits moved so far, over the four directions."""
    return {
        str(row["net"]): float(row["accuracy"])
        for row in results.shifts.to_dict("records")
        if row["direction"] == ALL and row["shift"] == shift
    }


def _errors(confusion: Confusion) -> Any:
    counts = [[confusion[a].get(b, 0) if a != b else 0 for b in CLASSES] for a in CLASSES]
    return np.array(counts)


def _most_confused(confusion: Confusion) -> str:
    pairs = mistakes(confusion)
    first = [
        _("{actual} for {named}").format(actual=a, named=b)
        for number, a, b in pairs
        if number == pairs[0][0]
    ]
    if not pairs:
        return _("takes none for another")
    return _("takes {pairs} ({number})").format(pairs=listed(first[:3]), number=pairs[0][0])


def _in_words(texts: Mapping[str, str]) -> str:
    return listed(f"{net} {text}" for net, text in texts.items())


def _show(axes: Axes, picture: Any) -> None:
    axes.imshow(picture, cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
    # A frame: where a digit stands in its picture is what this is about.
    height, width = picture.shape
    axes.add_patch(
        Rectangle((-0.5, -0.5), width, height, fill=False, edgecolor=GREY, linewidth=0.8)
    )
