"""Every layer of a network with its output, its parameters and its work."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.evaluation.cost import multiply_adds
from dogs_vs_cats.evaluation.words import count as number
from dogs_vs_cats.evaluation.words import counted
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.chapter import Table


@dataclass(frozen=True)
class Row:
    """A layer, or several together."""

    name: str
    """As its author named it; empty where Keras did."""
    kind: str
    """Name of its class."""
    shape: tuple[int, ...]
    """Of its output for one picture."""
    parameters: int
    """Learned or not."""
    arithmetic: str
    """How the parameters come about: "3·3·1·32 + 32"; empty where there are none."""
    multiply_adds: int
    """As :func:`dogs_vs_cats.evaluation.cost.multiply_adds` counts them."""


def count(model: Any) -> list[Row]:
    """The layers of a network from picture to answer, those of models in it among them.

    Example::

        for row in count(build_small_convnet(150, classes=2, dropout=0.0)):
            print(row.name, row.arithmetic, row.parameters)

    Args:
        model: functional or sequential Keras model. Its pictures have a fixed size.

    Returns:
        One row a layer.

    Raises:
        TypeError: a layer with a kernel is of a kind whose work is not counted.
    """
    picture = Row("", "picture", tuple(model.inputs[0].shape[1:]), 0, "", 0)
    return [picture, *map(_row, _flat(model))]


def together(rows: Iterable[Row]) -> list[Row]:
    """Neighbouring rows whose names begin with the same word (up to ``_``), added up.

    So the layers of an inception or of a stage become one row. Rows without name stay alone.
    """
    groups = groupby(enumerate(rows), lambda place: place[1].name.split("_")[0] or place[0])
    return [_sum(str(word), [row for _place, row in group]) for word, group in groups]


def table(name: str, title: str, caption: str, rows: Iterable[Row]) -> Table:
    """The rows as a table, with their sum at its end."""
    rows = list(rows)
    parameters = number(sum(row.parameters for row in rows))
    work = number(sum(row.multiply_adds for row in rows))
    return Table(
        name=name,
        title=title,
        caption=caption,
        columns=(_("layer"), _("output"), _("parameters"), _("multiply-adds")),
        rows=(*map(_texts, rows), (_("together"), "", parameters, work)),
    )


def size(shape: Iterable[int]) -> str:
    """A shape for readers: "148×148×32"."""
    return "×".join(map(number, shape))


def _flat(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _flat(layer)
        elif not isinstance(layer, keras.layers.InputLayer):
            yield layer


def _row(layer: Any) -> Row:
    kind = type(layer).__name__
    # Keras numbers the layers that no one named, over the whole process.
    unnamed = re.fullmatch(rf"{kind}\d*", layer.name.replace("_", ""), re.IGNORECASE)
    return Row(
        name="" if unnamed else layer.name,
        kind=kind,
        shape=tuple(layer.output.shape[1:]),
        parameters=layer.count_params(),
        arithmetic=" + ".join("·".join(map(number, weight.shape)) for weight in layer.weights),
        multiply_adds=multiply_adds(keras.Model(layer.input, layer.output)),
    )


def _sum(word: str, rows: list[Row]) -> Row:
    if len(rows) == 1:
        return rows[0]
    return Row(
        name=word,
        kind=counted(sum(bool(row.multiply_adds) for row in rows), "convolution"),
        shape=rows[-1].shape,
        parameters=sum(row.parameters for row in rows),
        arithmetic="",
        multiply_adds=sum(row.multiply_adds for row in rows),
    )


def _texts(row: Row) -> tuple[str, ...]:
    parameters, kind = number(row.parameters), _(row.kind)
    return (
        f"{row.name} ({kind})" if row.name else kind,
        size(row.shape),
        f"{row.arithmetic} = {parameters}" if row.arithmetic else parameters,
        number(row.multiply_adds),
    )
