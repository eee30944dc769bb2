"""Pictures that stand in two splits in almost the same form, in words and as a table."""

from typing import TYPE_CHECKING

from dogs_vs_cats.evaluation.words import counted, network
from dogs_vs_cats.reporting.tables import Cell, Column, Table

if TYPE_CHECKING:
    import pandas as pd

MOST_PAIRS = 10


def near_duplicates(table: "pd.DataFrame") -> Table:
    """The nearest pairs, as ``near_duplicates.csv`` has them: by falling cosine."""
    columns = (
        Column("Picture", numeric=False),
        Column("Nearest in an earlier split", numeric=False),
        Column("Cosine"),
    )
    rows = [
        (
            Cell(row["file"], place),
            Cell(row["twin"], None),
            Cell(f"{row['cosine']:.3f}", row["cosine"]),
        )
        for place, row in enumerate(table.head(MOST_PAIRS).to_dict("records"))
    ]
    caption = "The nearest pairs across splits"
    if len(table) > len(rows):
        caption = f"The {len(rows)} nearest of {counted(len(table), 'pair')} across splits"
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
    return (
        f"{counted(number, 'picture')} of validation and test"
        f" {'has' if number == 1 else 'have'} a near-duplicate in an earlier split, as"
        f" {network(base)}'s features see {'it' if number == 1 else 'them'} (cosine of"
        f" {table['cosine'].min():.3f} or more). If they show the same animal, thing or scene,"
        " accuracies are higher here than on new pictures; split.by: group in params.yaml keeps"
        " what belongs together in one split."
    )
