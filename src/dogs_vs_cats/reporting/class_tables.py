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
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting.classes import short
from dogs_vs_cats.reporting.tables import UNKNOWN, Cell, Column, Row, Table, share

MOST_SHOWN = 12
"""Classes that tables show all of."""
MOST_ROWS = 10
"""Of what is picked out of more classes."""
_EXTREMES = 5

Scores = Mapping[Method, Mapping[str, Any]]

_CLASS = Column("Class", numeric=False)
_RIGHT = Column("Right", "%, 95 % interval")


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
    columns = (_CLASS, *(Column(sentence(display_name(method)), "%") for method in METHODS))
    confusions = [evaluation[method]["confusion"] for method in METHODS]
    rows = []
    for place, name in enumerate(confusions[0]):
        right = (class_accuracy(confusion, name) for confusion in confusions)
        rows.append((Cell(name, place), *(Cell(f"{100 * each:.1f}", each) for each in right)))
    return Table("Accuracy of each class", columns, rows)


def confusion(method: Method, counts: Confusion) -> Table:
    """How many pictures of each class a method names what, and the share it gets right."""
    heads = [Column("Labelled", numeric=False)]
    heads += [Column(f"named {short(name, 24)}", "pictures") for name in counts]
    if len(counts) > 2:
        heads = [Column("Labelled ↓ named →", numeric=False)]
        heads += [Column(short(name, 16)) for name in counts]
    rows = []
    for place, (actual, named) in enumerate(counts.items()):
        numbers = [named.get(name, 0) for name in counts]
        cells = (Cell(count(number), number) for number in numbers)
        rows.append((Cell(actual, place), *cells, _right(actual, named)))
    return Table(sentence(display_name(method)), (*heads, _RIGHT), rows, method)


def weakest(method: Method, counts: Confusion) -> Table:
    """The classes of which a method gets the smallest share right."""
    in_order = sorted(counts, key=lambda name: class_accuracy(counts, name))
    columns = (
        _CLASS,
        Column("Test pictures"),
        _RIGHT,
        Column("Most often named instead", numeric=False),
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
    note = _as_the_last(values, MOST_ROWS, "weak")
    caption = f"{sentence(display_name(method))}: the weakest classes"
    return Table(caption, columns, rows, method, note)


def confused(method: Method, counts: Confusion) -> Table:
    """The pairs of classes of which a method most often takes one for the other."""
    pairs = mistakes(counts)
    columns = (
        Column("Labelled", numeric=False),
        Column("Named", numeric=False),
        Column("Pictures"),
        Column("Of the class", "%"),
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
    note = _as_the_last(values, MOST_ROWS, "frequent")
    caption = f"{sentence(display_name(method))}: the most frequent confusions"
    return Table(caption, columns, rows, method, note)


def sizes(counts: Mapping[str, Mapping[str, int]]) -> Table:
    """How many pictures the classes have.

    Args:
        counts: where (a split, the source) to class to pictures, all of the same classes.

    Returns:
        A row a class; of more than :data:`MOST_SHOWN` the smallest, median and largest number, or
        one row where every class has the same.
    """
    columns = (_CLASS, *(Column(sentence(where)) for where in counts))
    (classes,) = {tuple(numbers) for numbers in counts.values()}
    if len(classes) <= MOST_SHOWN:
        rows = [_numbers(name, place, counts) for place, name in enumerate(classes)]
        return Table("Pictures of each split", columns, rows)
    of_all = [list(numbers.values()) for numbers in counts.values()]
    named: dict[str, Sequence[float]] = {
        "smallest": [min(numbers) for numbers in of_all],
        "median": [median(numbers) for numbers in of_all],
        "largest": [max(numbers) for numbers in of_all],
    }
    if named["smallest"] == named["largest"]:
        named = {"each": named["median"]}
    rows = [
        (Cell(name, place), *(Cell(f"{number:,g}", number) for number in numbers))
        for place, (name, numbers) in enumerate(named.items())
    ]
    caption = f"Pictures of a class in each split, of {count(len(classes))} classes"
    return Table(caption, columns, rows)


def extremes(counts: Mapping[str, Mapping[str, int]]) -> list[Table]:
    """The smallest and the largest of many classes by training pictures; none where all are equal.

    Args:
        counts: as for :func:`sizes`, with ``train``.
    """
    train = counts["train"]
    if len(train) <= MOST_SHOWN or len(set(train.values())) == 1:
        return []
    columns = (_CLASS, *(Column(sentence(where)) for where in counts))
    tables = []
    for caption, sign, alike in (("smallest", 1, "small"), ("largest", -1, "large")):
        in_order = sorted(train, key=lambda name: sign * train[name])
        rows = [_numbers(n, place, counts) for place, n in enumerate(in_order[:_EXTREMES])]
        values = [train[name] for name in in_order]
        note = _as_the_last(values, _EXTREMES, alike)
        tables.append(Table(f"The {caption} classes", columns, rows, note=note))
    return tables


def _right(name: str, named: Mapping[str, int]) -> Cell:
    hits, pictures = named.get(name, 0), sum(named.values())
    return share(hits / pictures, *wilson_interval(hits, pictures))


def _most_often(others: Mapping[str, int]) -> Cell:
    if not others:
        return Cell(UNKNOWN, None)
    most = max(others.values())
    first, *more = (name for name, number in others.items() if number == most)
    alike = f"; {count(len(more))} more as often" if more else ""
    return Cell(first, None, f"{counted(most, 'picture')}{alike}")


def _numbers(name: str, place: int, counts: Mapping[str, Mapping[str, int]]) -> Row:
    numbers = (of_class[name] for of_class in counts.values())
    return (Cell(name, place), *(Cell(count(number), number) for number in numbers))


def _as_the_last(values: Sequence[float], limit: int, alike: str) -> str:
    """Says so where the cut at ``limit`` parts equals."""
    more = sum(value == values[limit - 1] for value in values[limit:])
    return f"{count(more)} more {'is' if more == 1 else 'are'} as {alike} as the last." * (more > 0)
