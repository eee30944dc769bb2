"""Convolution, ReLU and pooling twice, then a dense layer's votes for X and O."""

from collections.abc import Iterator
from functools import cache, partial
from itertools import product

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.convolution.cells import Panel, draw_panels, number, size_of
from dogs_vs_cats.lesson.convolution.example import (
    PICTURES,
    Kernels,
    Map,
    Maps,
    convolve,
    convolve_maps,
    pool,
    rectify,
)
from dogs_vs_cats.visualization.drawing import Drawing

DENSE = np.array([[1, -1], [-1, 1]], np.float32)
"""Weights (found, votes): what speaks for one letter speaks as much against the other."""
_SIDE = 3
_drawing = partial(Drawing, section="convolution")


def first(picture: Map) -> Maps:
    """Convolution, ReLU and pooling: (9, 9) becomes (4, 4, 3)."""
    return pool(rectify(convolve(picture)), "same")


def second(stack: Maps) -> Maps:
    """Convolution, ReLU: (4, 4, 3) becomes (2, 2, 2)."""
    return rectify(convolve_maps(stack, arrangements()))


@cache
def arrangements() -> Kernels:
    """The second layer's filters (3, 3, 3, 2): how the pieces of an X lie, and those of an O.

    Each is the mean of the four 3×3 places of its letter's stack, divided by its length, so that
    no letter has the stronger filter.
    """
    filters = []
    for picture in PICTURES.values():
        stack = first(picture)
        steps = range(len(stack) - _SIDE + 1)
        pieces = [
            stack[row : row + _SIDE, column : column + _SIDE]
            for row, column in product(steps, repeat=2)
        ]
        mean = np.mean(pieces, axis=0)
        filters.append(mean / np.linalg.norm(mean))
    return np.stack(filters, axis=-1).astype(np.float32)


def found(picture: Map) -> npt.NDArray[np.float32]:
    """What is left of a picture after both rounds: how much it is like an X and like an O, (2,)."""
    return np.asarray(pool(second(first(picture)))[0, 0], np.float32)


def votes(picture: Map) -> npt.NDArray[np.float32]:
    """The dense layer's votes for X and for O, (2,), before softmax."""
    return found(picture) @ DENSE


def softmax(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """exp(v) over the sum of all exp(v): above 0, and 1 together."""
    exponents = np.exp(values - values.max())
    return np.asarray(exponents / exponents.sum(), np.float32)


def draw() -> Iterator[Drawing | Table]:
    """The second round, and the votes."""
    rows = [
        [
            Panel(
                second(first(picture))[..., index],
                _("the {name}: filter {letter}").format(name=name, letter=letter),
                11,
                span=4,
            )
            for index, letter in enumerate(PICTURES)
        ]
        for name, picture in PICTURES.items()
    ]
    x = PICTURES["X"]
    sizes = [size_of(each) for each in (x, convolve(x), first(x), second(first(x)))]
    yield _drawing(
        name="convolution_9_twice",
        figure=draw_panels(4.6, *rows),
        title=_("The same a second time"),
        alt=_("""For the X and the O, the {size} answers of a second layer with one filter for each
            letter.""").format(size=sizes[-1]),
        caption=_("""The second layer's filters have {weights} weights and look for arrangements of
            pieces. Here each is what its letter's stack shows on average in a {side}×{side} place,
            with length 1; a convnet would learn it. {picture} became {convolved}, then {pooled},
            and now {second}; pooling leaves 1×1×2, and there it ends. ReLU changes nothing here,
            as neither filter has a negative weight.""").format(
            weights=size_of(arrangements()[..., 0]),
            side=_SIDE,
            picture=sizes[0],
            convolved=sizes[1],
            pooled=sizes[2],
            second=sizes[3],
        ),
    )
    yield Table(
        name="convolution_9_votes",
        title=_("The votes for X and O"),
        caption=_("""The dense layer gets what pooling left: the largest answer of each filter. Its
            weights are 1 and \N{MINUS SIGN}1: what speaks for one letter speaks against the other.
            Softmax turns votes v into shares, exp(v) over the sum of exp(v)."""),
        columns=(
            _("picture"),
            _("like an X"),
            _("like an O"),
            _("votes for X"),
            _("votes for O"),
            _("share of X"),
            _("share of O"),
            _("answer"),
        ),
        rows=tuple(_row(name, picture) for name, picture in PICTURES.items()),
    )


def _row(name: str, picture: Map) -> tuple[str, ...]:
    like_x, like_o = map(float, found(picture))
    (for_x, for_o), shares = map(float, votes(picture)), softmax(votes(picture))
    return (
        name,
        number(like_x),
        number(like_o),
        f"{number(like_x)} \N{MINUS SIGN} {number(like_o)} = {number(for_x)}",
        f"{number(like_o)} \N{MINUS SIGN} {number(like_x)} = {number(for_o)}",
        *(f"{100 * share:.0f} %" for share in shares),
        list(PICTURES)[int(shares.argmax())],
    )
