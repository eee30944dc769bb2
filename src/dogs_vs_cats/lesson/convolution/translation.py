"""The same X moved by one pixel: what stays and what does not."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import mark
from dogs_vs_cats.lesson.chapter import Table
from dogs_vs_cats.lesson.convolution.cells import Panel, draw_panels, number, size_of
from dogs_vs_cats.lesson.convolution.decision import first, found
from dogs_vs_cats.lesson.convolution.example import PICTURES, Map, convolve
from dogs_vs_cats.visualization.drawing import Drawing

_drawing = partial(Drawing, section="convolution")
_WAYS: dict[str, Callable[[Map], npt.NDArray[Any]]] = {
    mark("the pixels"): lambda picture: picture,
    mark("after one round"): first,
    mark("after two rounds"): found,
}
"""What a dense layer may be given of a picture."""


def moved(picture: Map) -> Map:
    """One pixel to the right. Its last column must be paper, which comes in on the left."""
    return np.roll(picture, 1, axis=1)


def vote(way: Callable[[Map], npt.NDArray[Any]], picture: Map) -> float:
    """What a dense layer that knows one X and one O says of a picture: 1 for that X, -1 for that O.

    Its weights are the difference of what ``way`` makes of the two, its bias puts 0 halfway.
    """
    x, o = (way(PICTURES[name]).ravel() for name in "XO")
    weights, middle = x - o, (x + o) / 2
    return float((way(picture).ravel() - middle) @ weights / ((x - middle) @ weights))


def draw() -> Iterator[Drawing | Table]:
    """The maps of the X and of the moved X, and what a dense layer says of them."""
    x, aside = PICTURES["X"], moved(PICTURES["X"])
    maps = [convolve(each) for each in (x, aside)]
    pooled = [first(each) for each in (x, aside)]
    along = np.array_equal(maps[0][:, :-1], maps[1][:, 1:])
    if not along:
        raise ArithmeticError("a feature map moves with its picture")
    kept = int(np.isclose(pooled[0], pooled[1]).sum())
    same_pixels = int((x == aside).sum())
    ink = int((x > 0).sum())
    ink_kept = int(((x > 0) & (aside > 0)).sum())
    alike = _alike(*pooled)
    rows = [
        [
            Panel(picture, name, size=0),
            Panel(each[..., 0], _("falling diagonal"), size=6),
            Panel(small[..., 0], _("after ReLU and pooling"), size=8),
        ]
        for name, picture, each, small in zip(
            (_("the X"), _("moved by one")), (x, aside), maps, pooled, strict=True
        )
    ]
    yield _drawing(
        name="convolution_9_moved",
        figure=draw_panels(5.0, *rows),
        title=_("The same X, moved by one"),
        alt=_("""The X and the X one pixel further right, each with a feature map and its pooled
            map. The feature map has moved along."""),
        caption=_("""As pixels the two have {ink_kept} of {ink} cells of ink in common. The feature
            map moves along: every answer is found again one column further right. The pooled
            stack, {size}, keeps {kept} of its {numbers} numbers to the digit and correlates with
            the old one by {alike}, where the pixels do by {pixels_alike} (of {pixels} pixels,
            {same_pixels} are the same).""").format(
            ink_kept=ink_kept,
            ink=ink,
            size=size_of(pooled[0]),
            kept=kept,
            numbers=pooled[0].size,
            alike=number(alike),
            pixels_alike=number(_alike(x, aside)),
            pixels=x.size,
            same_pixels=same_pixels,
        ),
    )
    shown = {
        **{_("the {name}").format(name=name): each for name, each in PICTURES.items()},
        **{
            _("the {name}, moved").format(name=name): moved(each) for name, each in PICTURES.items()
        },
    }
    yield Table(
        name="convolution_9_translation",
        title=_("What a dense layer says of the moved X"),
        caption=_("""A dense layer has a weight for each place, so it knows a pattern only where it
            was. Here its weights are the X's numbers less the O's, scaled so that the X gets 1 and
            the O \N{MINUS SIGN}1; above 0 it says X. Given pixels it hardly knows the moved X;
            each round of convolution and pooling brings the answer back towards that of the X."""),
        columns=(_("a dense layer on"), _("numbers"), *shown),
        rows=tuple(
            (
                _(words),
                str(way(x).size),
                *(number(vote(way, picture)) for picture in shown.values()),
            )
            for words, way in _WAYS.items()
        ),
    )


def _alike(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """Pearson's correlation of two arrays of one shape, -1 to 1."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
