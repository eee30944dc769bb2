"""The report's tables of the classes: all of a few, of many those that a reader asks for."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from dogs_vs_cats.evaluation.confusion import (
    Confusion,
    best_methods,
    class_accuracy,
    mistakes,
)
from dogs_vs_cats.evaluation.metrics import wilson_interval
from dogs_vs_cats.evaluation.words import count, counted, display_name, sentence
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import mark, mark_plural, ngettext
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting.classes import short
from dogs_vs_cats.reporting.tables import UNKNOWN, Cell, Column, Row, Table, share

MOST_SHOWN = 12
"""Classes that tables show all of."""
MOST_ROWS = 10
"""Of what is picked out of more classes."""
_AS_WEAK = mark_plural(
    "{number} more is as weak as the last.", "{number} more are as weak as the last."
)
_AS_FREQUENT = mark_plural(
    "{number} more is as frequent as the last.", "{number} more are as frequent as the last."
)
_AS_SMALL = mark_plural(
    "{number} more is as small as the last.", "{number} more are as small as the last."
)
_AS_LARGE = mark_plural(
    "{number} more is as large as the last.", "{number} more are as large as the last."
)
_EXTREMES = 5

Scores = Mapping[Method, Mapping[str, Any]]

_SPLITS = {"train": mark("train"), "validation": mark("validation"), "test": mark("test")}


def overview(evaluation: Scores) -> list[Table]:
    """How well each class is told: all of a few; of many the extremes of the best method."""
    method = best_methods(evaluation)[0]
    counts = evaluation[method]["confusion"]
    if len(counts) <= MOST_SHOWN:
        return [accuracies(evaluation)]
    return [weakest(method, counts), confused(method, counts)]


def matrices(evaluation: Scores) -> list[Table]:
    """A confusion matrix a method; none of many classes."""
    if len(evaluation[METHODS[0]]["confusion"]) > MOST_SHOWN:
        return []
    return [confusion(method, evaluation[method]["confusion"]) for method in METHODS]


def accuracies(evaluation: Scores) -> Table:
    """A row a class, a column a method: the share of the class's pictures that is named right."""
    columns = (_class(), *(Column(sentence(display_name(method)), "%") for method in METHODS))
    confusions = [evaluation[method]["confusion"] for method in METHODS]
    rows = []
    for place, name in enumerate(confusions[0]):
        right = (class_accuracy(confusion, name) for confusion in confusions)
        rows.append((Cell(name, place), *(Cell(f"{100 * each:.1f}", each) for each in right)))
    return Table(_("Accuracy of each class"), columns, rows)


def confusion(method: Method, counts: Confusion) -> Table:
    """How many pictures of each class a method names what, and the share it gets right."""
    heads = [Column(_("Labelled"), numeric=False)]
    heads += [
        Column(_("named {name}").format(name=short(name, 24)), _("pictures")) for name in counts
    ]
    if len(counts) > 2:
        heads = [Column(_("Labelled ↓ named →"), numeric=False)]
        heads += [Column(short(name, 16)) for name in counts]
    rows = []
    for place, (actual, named) in enumerate(counts.items()):
        numbers = [named.get(name, 0) for name in counts]
        cells = (Cell(count(number), number) for number in numbers)
        rows.append((Cell(actual, place), *cells, _right(actual, named)))
    return Table(sentence(display_name(method)), (*heads, _share_right()), rows, method)


def weakest(method: Method, counts: Confusion) -> Table:
    """The classes of which a method gets the smallest share right."""
    in_order = sorted(counts, key=lambda name: class_accuracy(counts, name))
    columns = (
        _class(),
        Column(_("Test pictures")),
        _share_right(),
        Column(_("Most often named instead"), numeric=False),
    )
    rows = []
    for place, name in enumerate(in_order[:MOST_ROWS]):
        named = counts[name]
        pictures = sum(named.values())
        others = {other: number for other, number in named.items() if other != name and number}
        rows.append(
            (
                Cell(name, place),
                Cell(count(pictures), pictures),
                _right(name, named),
                _most_often(others),
            )
        )
    values = [class_accuracy(counts, name) for name in in_order]
    note = _alike(values, MOST_ROWS, _AS_WEAK)
    caption = _("{method}: the weakest classes").format(method=sentence(display_name(method)))
    return Table(caption, columns, rows, method, note)


def confused(method: Method, counts: Confusion) -> Table:
    """The pairs of classes of which a method most often takes one for the other."""
    pairs = mistakes(counts)
    columns = (
        Column(_("Labelled"), numeric=False),
        Column(_("Named"), numeric=False),
        Column(_("Pictures")),
        Column(_("Of the class"), "%"),
    )
    rows = []
    for place, (number, actual, other) in enumerate(pairs[:MOST_ROWS]):
        part = number / sum(counts[actual].values())
        rows.append(
            (
                Cell(actual, place),
                Cell(other, None),
                Cell(count(number), number),
                Cell(f"{100 * part:.1f}", part),
            )
        )
    values = [number for number, _, _ in pairs]
    note = _alike(values, MOST_ROWS, _AS_FREQUENT)
    caption = _("{method}: the most frequent confusions").format(
        method=sentence(display_name(method))
    )
    return Table(caption, columns, rows, method, note)


def sizes(counts: Mapping[str, Mapping[str, int]]) -> Table:
    """How many pictures the classes have.

    Args:
        counts: where (a split, the source) to class to pictures, all of the same classes.

    Returns:
        A row a class; of more than :data:`MOST_SHOWN` the smallest, median and largest number, or
        one row where every class has the same.
    """
    columns = _splits(counts)
    (classes,) = {tuple(numbers) for numbers in counts.values()}
    if len(classes) <= MOST_SHOWN:
        rows = [_numbers(name, place, counts) for place, name in enumerate(classes)]
        return Table(_("Pictures of each split"), columns, rows)
    of_all = [list(numbers.values()) for numbers in counts.values()]
    named: dict[str, Sequence[float]] = {
        _("smallest"): [min(numbers) for numbers in of_all],
        _("median"): [median(numbers) for numbers in of_all],
        _("largest"): [max(numbers) for numbers in of_all],
    }
    if all(len(set(numbers)) == 1 for numbers in of_all):
        named = {_("each"): [median(numbers) for numbers in of_all]}
    rows = [
        (Cell(name, place), *(Cell(f"{number:,g}", number) for number in numbers))
        for place, (name, numbers) in enumerate(named.items())
    ]
    caption = _("Pictures of a class in each split, of {classes}")
    return Table(caption.format(classes=counted(len(classes), "class")), columns, rows)


def extremes(counts: Mapping[str, Mapping[str, int]]) -> list[Table]:
    """The smallest and the largest of many classes by training pictures; none where all are equal.

    Args:
        counts: as for :func:`sizes`, with ``train``.
    """
    train = counts["train"]
    if len(train) <= MOST_SHOWN or len(set(train.values())) == 1:
        return []
    tables = []
    for caption, sign, texts in (
        (_("The smallest classes"), 1, _AS_SMALL),
        (_("The largest classes"), -1, _AS_LARGE),
    ):
        in_order = sorted(train, key=lambda name: sign * train[name])
        rows = [_numbers(n, place, counts) for place, n in enumerate(in_order[:_EXTREMES])]
        note = _alike([train[name] for name in in_order], _EXTREMES, texts)
        tables.append(Table(caption, _splits(counts), rows, note=note))
    return tables


def _class() -> Column:
    return Column(_("Class"), numeric=False)


def _share_right() -> Column:
    return Column(_("Right"), _("%, 95 % interval"))


def _splits(counts: Mapping[str, Any]) -> tuple[Column, ...]:
    return (_class(), *(Column(sentence(_(_SPLITS.get(where, where)))) for where in counts))


def _right(name: str, named: Mapping[str, int]) -> Cell:
    hits, pictures = named.get(name, 0), sum(named.values())
    return share(hits / pictures, *wilson_interval(hits, pictures))


def _most_often(others: Mapping[str, int]) -> Cell:
    if not others:
        return Cell(UNKNOWN, None)
    most = max(others.values())
    first, *more = (name for name, number in others.items() if number == most)
    pictures = counted(most, "picture")
    if not more:
        return Cell(first, None, pictures)
    alike = _("{pictures}; {number} more as often")
    return Cell(first, None, alike.format(pictures=pictures, number=count(len(more))))


def _numbers(name: str, place: int, counts: Mapping[str, Mapping[str, int]]) -> Row:
    numbers = (of_class[name] for of_class in counts.values())
    return (Cell(name, place), *(Cell(count(number), number) for number in numbers))


def _alike(values: Sequence[float], limit: int, texts: tuple[str, str]) -> str:
    """How many equals the cut at ``limit`` leaves out, in words; nothing of none."""
    more = sum(value == values[limit - 1] for value in values[limit:])
    return ngettext(*texts, more).format(number=count(more)) if more else ""
