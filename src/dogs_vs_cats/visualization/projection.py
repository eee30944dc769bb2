"""The ``conv_base`` features of the test pictures on a plane: classes apart, errors in between?

t-SNE: van der Maaten & Hinton, "Visualizing Data using t-SNE", JMLR 9, 2008, which also reduces by
PCA first (section 4.2: to 30 dimensions; 50 is what scikit-learn's manual advises).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.words import count, display_name, listed, number_word
from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import ngettext
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization.drawing import Drawing, label, styled_figure

COMPONENTS = 50
PERPLEXITY = 30.0
MOST_PICTURES = 4000
"""That are laid out: t-SNE takes a minute for so many, and memory for their features alone."""
CLASS_COLOURS = (
    *("#cc79a7", "#3b3b3b", "#0072b2", "#e69f00", "#009e73"),
    *("#d55e00", "#56b4e9", "#7b3294", "#8c6d31", "#c4c400"),
)
"""The first two are Okabe & Ito's purple, which no method has, and a grey; they also differ in
lightness."""
CLASS_MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", ">", "*")
OTHERS_COLOUR = "#9a9a9a"
"""Of all classes that have no colour of their own."""
OTHERS_MARKER = "."
RIGHT_COLOUR = "#d0d0d0"
RASTERISE_FROM = 1500
"""Points in all panels together, from which an SVG holds them as a picture: about 100 bytes each as
paths."""


def project(features: npt.NDArray[Any], seed: int) -> npt.NDArray[np.float32]:
    """Lay out features on a plane so that near ones stay near: PCA, then t-SNE.

    One thread alone: threads add in an order of their own, and t-SNE amplifies the last bit.

    Args:
        features: shape (pictures, ...), any float type, at least two pictures.
        seed: of PCA's randomised solver and of t-SNE.

    Returns:
        float32 array (pictures, 2); only neighbourhoods have a meaning, axes and distances have
        none.
    """
    rows = features.reshape(len(features), -1).astype(np.float32)
    # Two at least, which t-SNE begins with; of two pictures the second is 0.
    components = min(COMPONENTS, max(2, len(rows) - 1), rows.shape[1])
    with threadpool_limits(limits=1):
        reduced = PCA(components, svd_solver="randomized", random_state=seed).fit_transform(rows)
        plane: npt.NDArray[np.float32] = TSNE(
            init="pca",
            perplexity=min(PERPLEXITY, (len(rows) - 1) / 3),
            random_state=seed,
            n_jobs=1,
        ).fit_transform(reduced)
    return plane


def draw(
    features: npt.NDArray[Any],
    labels: npt.NDArray[Any],
    wrong: Mapping[Method, npt.NDArray[np.bool_]],
    classes: Classes,
    network: str,
    seed: int = 0,
) -> Drawing:
    """The projection once by class, and once for each method with its errors in colour.

    Of more than ten classes those of most pictures have colours, of more than
    :data:`MOST_PICTURES` pictures so many are drawn, of all classes alike.

    Args:
        features: shape (pictures, ...), such as (pictures, 4, 4, 512).
        labels: shape (pictures,), in order: indices of classes.
        wrong: method to where it is wrong, shape (pictures,).
        classes: names in the order of their labels.
        network: whose features they are, such as ``VGG16``.
        seed: see :func:`project`.
    """
    methods = [method for method in METHODS if method in wrong]
    pictures = len(labels)
    drawn = np.linspace(0, pictures - 1, min(pictures, MOST_PICTURES)).round().astype(int)
    plane = project(features[drawn], seed)
    sizes = np.bincount(labels, minlength=len(classes))
    coloured = np.sort(np.argsort(-sizes, kind="stable")[: len(CLASS_COLOURS)])
    group_of = np.full(len(classes), len(coloured))
    group_of[coloured] = np.arange(len(coloured))
    group = group_of[labels[drawn]]
    names = [label(classes[each]) for each in coloured]
    colours, markers = [*CLASS_COLOURS[: len(names)]], [*CLASS_MARKERS[: len(names)]]
    if others := len(classes) - len(names):
        text = ngettext("{number} other class", "{number} other classes", others)
        names.append(text.format(number=count(others)))
        colours.append(OTHERS_COLOUR)
        markers.append(OTHERS_MARKER)
    which = _which(len(coloured), len(classes))
    rasterized = len(plane) * (1 + len(methods)) > RASTERISE_FROM
    with styled_figure(7.3, 5 + 0.22 * (len(names) // 3)) as figure:
        by_class, *panels = figure.subplots(2, 3, sharex=True, sharey=True).flat
        for axes in (by_class, *panels):
            axes.set(xticks=[], yticks=[], aspect="equal")
            axes.grid(False)
        # Square, however long the classes lie: narrow panels would cut their titles.
        half = 0.55 * np.ptp(plane, axis=0).max()
        x, y = (plane.max(axis=0) + plane.min(axis=0)) / 2
        by_class.set(xlim=(x - half, x + half), ylim=(y - half, y + half))
        by_class.set(xlabel=_("t-SNE 1 (no unit)"), ylabel=_("t-SNE 2 (no unit)"))
        by_class.set_title(which, fontsize=8)
        _scatter(by_class, plane, group, colours, markers, 6, rasterized)
        for axes, method in zip(panels, methods, strict=False):
            errors = wrong[method][drawn]
            grey = [RIGHT_COLOUR] * len(colours)
            title = _("{method}: {number} wrong")
            title = title.format(method=display_name(method), number=errors.sum())
            axes.set_title(title, fontsize=8)
            _scatter(axes, plane[~errors], group[~errors], grey, markers, 3, rasterized)
            _scatter(axes, plane[errors], group[errors], colours, markers, 9, rasterized)
        for axes in panels[len(methods) :]:
            axes.set_axis_off()
        signs = zip(
            (*names, _("right (panels 2-6)")),
            (*markers, "o"),
            (*colours, RIGHT_COLOUR),
            strict=True,
        )
        figure.legend(
            handles=[
                Line2D([], [], linestyle="", marker=marker, color=colour, label=name)
                for name, marker, colour in signs
            ],
            loc="outside lower center",
            ncols=3,
            fontsize=8,
        )
    counts = ", ".join(f"{method} {wrong[method][drawn].sum()}" for method in methods)
    told = [
        _("""Every panel holds the same points: features of the frozen conv_base, reduced to
            at most {components} principal components and laid out by t-SNE. Coloured points in a
            method's panel are pictures that it gets wrong, grey ones those that it gets right.
            Errors where classes meet, or among another class, are pictures whose features mislead;
            errors all over come from features of the method's own. Only neighbourhoods mean
            something: distances between groups do not.""").format(components=COMPONENTS)
    ]
    if len(drawn) < pictures:
        some = _("""Drawn are {drawn} of the {pictures} test pictures, of all classes
            alike, and errors are counted among them.""")
        told.append(some.format(drawn=count(len(drawn)), pictures=count(pictures)))
    return Drawing(
        name="features",
        figure=figure,
        title=_("Test pictures in {network}'s feature space").format(network=network),
        alt=_("""The features of {pictures} test pictures projected to a plane,
            {classes} in different colours and
            markers, and again for each method with its errors marked: {errors}.""").format(
            pictures=len(plane),
            classes=listed(classes) if len(coloured) == len(classes) else which,
            errors=counts,
        ),
        caption=" ".join(told),
        section="features",
    )


def _which(coloured: int, classes: int) -> str:
    if coloured == classes:
        return _("the {number} classes").format(number=number_word(classes))
    return _("{number} of the {all} classes").format(
        number=number_word(coloured), all=count(classes)
    )


def _scatter(
    axes: Axes,
    points: npt.NDArray[np.float32],
    groups: npt.NDArray[np.integer],
    colours: Sequence[str],
    markers: Sequence[str],
    area: float,
    rasterized: bool,
) -> None:
    for group, (colour, marker) in enumerate(zip(colours, markers, strict=True)):
        x, y = points[groups == group].T
        axes.scatter(x, y, s=area, c=colour, marker=marker, linewidths=0, rasterized=rasterized)
