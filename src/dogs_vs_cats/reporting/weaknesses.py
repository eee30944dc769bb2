"""What costs which method most, in words."""

import pandas as pd

from dogs_vs_cats.evaluation.words import (
    display_name,
    largest,
    listed,
    points,
    sentence,
    signed_points,
)
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import ngettext
from dogs_vs_cats.methods import METHODS, Method

UNALTERED = "none"


def weaknesses(robustness: pd.DataFrame, typicality: pd.DataFrame) -> list[str]:
    """Sentences on the difficulty that costs each method most, on the mildest, and on typicality.

    A method's loss to a difficulty is its accuracy on the unaltered pictures minus its mean
    accuracy over the strengths of that difficulty.

    Args:
        robustness: ``difficulty`` (``none``: unaltered), ``strength``, ``method``, ``accuracy``.
        typicality: ``group`` (1: the most typical of their class), ``method``, ``accuracy``,
            ``accuracy_low``, ``accuracy_high``.
    """
    lost = losses(robustness)
    if lost.empty:
        return []
    return [*_hardest(lost), *_mildest(lost), *_untypical(typicality)]


def losses(table: pd.DataFrame) -> pd.DataFrame:
    """What difficulties cost, as :func:`weaknesses` defines it: a row a difficulty in the table's
    order, a column a method; shares, lost if positive."""
    altered = table[table["difficulty"] != UNALTERED]
    means = altered.pivot_table(index="difficulty", columns="method", values="accuracy")
    plain = table[table["difficulty"] == UNALTERED].set_index("method")["accuracy"]
    return (plain - means).loc[altered["difficulty"].unique(), list(METHODS)]


def _hardest(losses: pd.DataFrame) -> list[str]:
    """A sentence on what is some methods' hardest; that of most methods first.

    What reads the same counts as equal, and what costs nothing as no method's hardest.
    """
    groups: dict[tuple[str, ...], list[Method]] = {}
    for method in METHODS:
        groups.setdefault(largest(100 * losses[method]), []).append(method)
    unharmed = groups.pop((), [])
    sentences = []
    for difficulties, broken in sorted(groups.items(), key=lambda item: -len(item[1])):
        drops = [
            _("{method} ({points} points)").format(
                method=display_name(m), points=points(losses[m][difficulties[0]])
            )
            for m in broken
        ]
        told = (
            ngettext(
                "{difficulties} costs {drops} most.",
                "{difficulties} cost {drops} most, each as much.",
                len(difficulties),
            )
            if len(losses) > len(difficulties)
            else ngettext(
                "{difficulties} costs {drops}.",
                "{difficulties} cost {drops}, each as much.",
                len(difficulties),
            )
        )
        sentences.append(told.format(difficulties=_named(difficulties), drops=listed(drops)))
    if unharmed:
        told = _(
            "No difficulty takes 0.1 points or more from {methods}, in the mean of its strengths."
        )
        sentences.append(told.format(methods=listed(map(display_name, unharmed))))
    return sentences


def _mildest(losses: pd.DataFrame) -> list[str]:
    mildest = largest(-100 * losses.mean(axis=1), least=-float("inf"))
    hardest = {name for method in METHODS for name in largest(100 * losses[method])}
    if len(mildest) == len(losses) or not hardest.isdisjoint(mildest) or not hardest:
        return []
    drops = losses.loc[list(mildest)].max()
    methods = largest(100 * drops)
    if not methods:
        told = ngettext(
            "{difficulties} is the mildest: it takes 0.1 points or more from no method, in the mean"
            " of the strengths.",
            "{difficulties} are the mildest: they take 0.1 points or more from no method, in the"
            " mean of the strengths.",
            len(mildest),
        )
        return [told.format(difficulties=_named(mildest))]
    told = ngettext(
        "{difficulties} is the mildest: it costs at most {points} points ({methods}).",
        "{difficulties} are the mildest: they cost at most {points} points ({methods}).",
        len(mildest),
    )
    return [
        told.format(
            difficulties=_named(mildest),
            points=points(drops.max()),
            methods=listed(map(display_name, methods)),
        )
    ]


def _named(difficulties: tuple[str, ...]) -> str:
    return sentence(listed(map(display_name, difficulties)))


def _untypical(table: pd.DataFrame) -> list[str]:
    groups = sorted(table["group"].unique())
    if len(groups) < 2:
        return []
    most, least = (
        table[table["group"] == group].set_index("method").loc[list(METHODS)]
        for group in (groups[0], groups[-1])
    )
    changes = least["accuracy"] - most["accuracy"]
    told = [f"{display_name(method)} {signed_points(changes[method])}" for method in METHODS]
    told_apart = (most["accuracy_low"] > least["accuracy_high"]) | (
        least["accuracy_low"] > most["accuracy_high"]
    )
    changed = _(
        "From the pictures that are most typical of their class to those that are least, accuracy"
        " changes by so many points: {changes}."
    ).format(changes=listed(told))
    if told_apart.any():
        return [changed]
    doubt = _("No method's two intervals lie apart: this may be chance.")
    return [f"{changed} {doubt}"]
