"""Intra-class variation: how accurate each method is on pictures that are unlike their class."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.metrics import accuracy, read_predictions
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.methods import Method
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout

GROUPS = 5

Features = npt.NDArray[np.floating]
"""``conv_base`` features (pictures, height, width, channels)."""
Labels = npt.NDArray[np.int32]
"""The class index of each picture."""


def typicality(layout: Layout, classes: Classes) -> pd.DataFrame:
    """The :func:`typicality_table` of the test pictures, from the banked features.

    Raises:
        PipelineError: a bank or the methods' predictions are missing or of other pictures.
    """
    (train, train_labels), (test, test_labels) = (
        open_bank(layout.features / f"{split}.npy") for split in ("train", "test")
    )
    distances = class_distances(train[0], train_labels, test[0], test_labels)
    predictions = read_predictions(layout.reports / "predictions")
    return typicality_table(distances, test_labels, predictions, classes)


def class_distances(
    train_features: Features, train_labels: Labels, features: Features, labels: Labels
) -> npt.NDArray[np.float64]:
    """Distance of each picture from what is usual in its class.

    Features are averaged over the places of the picture, so that where the animal stands does
    not count, and divided by each channel's standard deviation, so that no strong channel drowns
    the others. The distance is Euclidean, to the mean of the class. Means and deviations are the
    training split's: "usual" is what the methods could learn from, and a picture does not define
    what it is compared with.

    These are features of the unchanged base for all methods, as a common yardstick; a picture that
    is unusual to it need not be so to a person.

    Args:
        train_features: of the training split.
        train_labels: of the training split; every class occurs.
        features: of the pictures to judge.
        labels: of the pictures to judge.

    Returns:
        Shape (pictures,), in standard deviations of one channel times √channels.
    """
    known, judged = (
        each.mean(axis=(1, 2), dtype=np.float64) for each in (train_features, features)
    )
    spread = known.std(axis=0)
    spread[spread == 0] = 1  # a channel that never fires tells nothing
    all_labels = range(train_labels.max() + 1)
    centres = np.stack([known[train_labels == label].mean(axis=0) for label in all_labels])
    off = (judged - centres[labels]) / spread
    distances: npt.NDArray[np.float64] = np.linalg.norm(off, axis=1)
    return distances


def typicality_table(
    distances: npt.NDArray[np.float64],
    labels: Labels,
    predictions: Mapping[Method, pd.DataFrame],
    classes: Classes,
) -> pd.DataFrame:
    """Accuracy of each method from the most typical to the least typical pictures.

    The pictures of each class are cut into five equal groups by distance, apart from the other
    classes, so that every group holds its part of each. One of fewer pictures than groups gives
    them to the groups that their ranks point to: a single picture to the middle one.

    Args:
        distances: see :func:`class_distances`.
        labels: of the same pictures.
        predictions: method to the table of the same pictures in the same order (see
            :func:`dogs_vs_cats.evaluation.metrics.prediction_table`).
        classes: names; the index is the label.

    Returns:
        Columns ``method``, ``group`` (1: the most typical), ``mean_distance``, those of
        :func:`dogs_vs_cats.evaluation.metrics.accuracy`, ``pictures``. Groups without pictures are
        left out, and the others numbered from 1.

    Raises:
        PipelineError: predictions are not of the pictures that the features are of.
    """
    names = np.array(classes)[labels]
    # A picture's rank in its class, as a part of the class: 0 to 1.
    of_class = pd.Series(distances).groupby(labels)
    part = (of_class.rank(method="first") - 0.5) / of_class.transform("size")
    groups = np.unique((GROUPS * part).astype(int), return_inverse=True)[1] + 1
    table_rows: list[dict[str, Any]] = []
    for method, table in predictions.items():
        if not np.array_equal(table["actual"], names):
            raise PipelineError(
                f"The predictions of {method} are not of the pictures that the features are of."
                " Run `dvc repro evaluate`."
            )
        right = (table["predicted"] == table["actual"]).to_numpy()
        table_rows += [
            {
                "method": method,
                "group": group,
                "mean_distance": float(distances[groups == group].mean()),
                **accuracy(right[groups == group]),
                "pictures": int((groups == group).sum()),
            }
            for group in np.unique(groups).tolist()
        ]
    return pd.DataFrame(table_rows)
