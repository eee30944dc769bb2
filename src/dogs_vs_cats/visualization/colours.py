"""A colour for each method, the same in every chart, page and store."""

from itertools import cycle

from dogs_vs_cats.methods import METHODS, Method

PALETTE = ("#d55e00", "#e69f00", "#56b4e9", "#0072b2", "#009e73", "#cc79a7", "#f0e442")
"""Okabe & Ito's, which readers with any colour vision can tell apart
(https://jfly.uni-koeln.de/color/)."""
COLOURS: dict[Method, str] = dict(zip(METHODS, cycle(PALETTE), strict=False))
