"""Pictures that stand in two splits in almost the same form, in words and as a table."""

from typing import TYPE_CHECKING

from dogs_vs_cats.evaluation.words import counted, network
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import ngettext
from dogs_vs_cats.reporting.tables import Cell, Column, Table

if TYPE_CHECKING:
    import pandas as pd

MOST_PAIRS = 10


def near_duplicates(table: "pd.DataFrame") -> Table:
    """The nearest pairs, as ``near_duplicates.csv`` has them: by falling cosine."""
    columns = (
        Column(_("Picture"), numeric=False),
        Column(_("Nearest in an earlier split"), numeric=False),
        Column(_("Cosine")),
    )
    rows = [
        (
            Cell(row["file"], place),
            Cell(row["twin"], None),
            Cell(f"{row['cosine']:.3f}", row["cosine"]),
        )
        for place, row in enumerate(table.head(MOST_PAIRS).to_dict("records"))
    ]
    caption = _("The nearest pairs across splits")
    if len(table) > len(rows):
        caption = _("The {shown} nearest of {pairs} across splits").format(
            shown=len(rows), pairs=counted(len(table), "pair")
        )
    return Table(caption, columns, rows)


def in_words(table: "pd.DataFrame", base: str) -> str:
    """How many there are, what they do to an accuracy, and what helps; empty if there are none.

    Args:
        table: ``near_duplicates.csv``.
        base: name of the network by whose features they were found.
    """
    if table.empty:
        return ""
    number = len(table)
    found = ngettext(
        "{pictures} of validation and test has a near-duplicate in an earlier split, as {network}'s"
        " features see it (cosine of {cosine} or more).",
        "{pictures} of validation and test have a near-duplicate in an earlier split, as"
        " {network}'s features see them (cosine of {cosine} or more).",
        number,
    ).format(
        pictures=counted(number, "picture"),
        network=network(base),
        cosine=f"{table['cosine'].min():.3f}",
    )
    helped = _(
        "If they show the same animal, thing or scene, accuracies are higher here than on new"
        " pictures; split.by: group in params.yaml keeps what belongs together in one split."
    )
    return f"{found} {helped}"
