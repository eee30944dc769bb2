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

from dogs_vs_cats.evaluation.words import display_name
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization.drawing import Drawing, styled_figure

COMPONENTS = 50
PERPLEXITY = 30.0
CLASS_COLOURS = ("#cc79a7", "#3b3b3b")
"""Okabe & Ito's purple, which no method has, and a grey; they also differ in lightness."""
CLASS_MARKERS = ("o", "^")
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
    components = min(COMPONENTS, len(rows) - 1, rows.shape[1])
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
    classes: tuple[str, str],
    seed: int = 0,
) -> Drawing:
    """The projection once by class, and once for each method with its errors in colour.

    Args:
        features: shape (pictures, ...), such as (pictures, 4, 4, 512).
        labels: shape (pictures,), 0 or 1.
        wrong: method to where it is wrong, shape (pictures,).
        classes: names of label 0 and label 1.
        seed: see :func:`project`.
    """
    methods = [method for method in METHODS if method in wrong]
    plane = project(features, seed)
    rasterized = len(plane) * (1 + len(methods)) > RASTERISE_FROM
    with styled_figure(7.3, 5) as figure:
        by_class, *panels = figure.subplots(2, 3, sharex=True, sharey=True).flat
        for axes in (by_class, *panels):
            axes.set(xticks=[], yticks=[], aspect="equal")
            axes.grid(False)
        by_class.set(xlabel="t-SNE 1 (no unit)", ylabel="t-SNE 2 (no unit)")
        by_class.set_title("the two classes", fontsize=9)
        _scatter(by_class, plane, labels, CLASS_COLOURS, 6, rasterized)
        for axes, method in zip(panels, methods, strict=False):
            errors = wrong[method]
            axes.set_title(f"{display_name(method)}: {errors.sum()} wrong", fontsize=9)
            _scatter(axes, plane[~errors], labels[~errors], [RIGHT_COLOUR] * 2, 3, rasterized)
            _scatter(axes, plane[errors], labels[errors], CLASS_COLOURS, 9, rasterized)
        for axes in panels[len(methods) :]:
            axes.set_axis_off()
        signs = zip(
            (*classes, "right (panels 2-6)"),
            (*CLASS_MARKERS, "o"),
            (*CLASS_COLOURS, RIGHT_COLOUR),
            strict=True,
        )
        figure.legend(
            handles=[
                Line2D([], [], linestyle="", marker=marker, color=colour, label=label)
                for label, marker, colour in signs
            ],
            loc="outside lower center",
            ncols=3,
            fontsize=8,
        )
    counts = ", ".join(f"{method} {wrong[method].sum()}" for method in methods)
    return Drawing(
        name="features",
        figure=figure,
        title="Test pictures in VGG16's feature space",
        alt=f"""The features of {len(plane)} test pictures projected to a plane, {classes[0]} and
            {classes[1]} in different colours and markers, and again for each method with its errors
            marked: {counts}.""",
        caption=f"""Every panel holds the same points: features of the frozen conv_base, reduced to
            {COMPONENTS} principal components and laid out by t-SNE. Coloured points in a method's
            panel are pictures that it gets wrong, grey ones those that it gets right. Errors where
            the classes meet, or among the other class, are pictures whose features mislead; errors
            all over come from features of the method's own. Only neighbourhoods mean something:
            distances between groups do not.""",
        section="features",
    )


def _scatter(
    axes: Axes,
    points: npt.NDArray[np.float32],
    labels: npt.NDArray[Any],
    colours: Sequence[str],
    area: float,
    rasterized: bool,
) -> None:
    for label, (colour, marker) in enumerate(zip(colours, CLASS_MARKERS, strict=True)):
        x, y = points[labels == label].T
        axes.scatter(x, y, s=area, c=colour, marker=marker, linewidths=0, rasterized=rasterized)
