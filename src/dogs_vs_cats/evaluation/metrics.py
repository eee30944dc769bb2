"""How good a method is on pictures that it has never seen."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, roc_auc_score, roc_curve

from dogs_vs_cats.data.pictures import LabelledPictures

CONFIDENCE = 0.95
DECISION_THRESHOLD = 0.5


def prediction_table(
    pictures: LabelledPictures,
    probabilities: npt.NDArray[np.float32],
    classes: tuple[str, str],
    splits: Path,
) -> pd.DataFrame:
    """A row a picture: what it is, what the model says, and how surely.

    Args:
        pictures: the pictures judged.
        probabilities: shape (pictures,), of the second class, 0 to 1.
        classes: names of label 0 and label 1.
        splits: the folder that file names are given relative to.

    Returns:
        Columns ``file``, ``actual`` and ``predicted`` (class names), ``probability`` (of the
        second class).
    """
    names = np.array(classes)
    return pd.DataFrame(
        {
            "file": [path.relative_to(splits).as_posix() for path in pictures.paths],
            "actual": names[pictures.labels.astype(int)],
            "predicted": names[(probabilities > DECISION_THRESHOLD).astype(int)],
            "probability": probabilities,
        }
    )


def score(predictions: pd.DataFrame, classes: tuple[str, str]) -> dict[str, Any]:
    """Metrics of a :func:`prediction_table`.

    Returns:
        ``accuracy`` with its 95 % Wilson score interval ``accuracy_low`` and ``accuracy_high``
        (Wilson, 1927, which holds near 100 % where the normal approximation does not),
        ``roc_auc``, ``log_loss`` (nats), ``pictures``, and ``confusion`` as actual class to
        predicted class to count.
    """
    actual, predicted = predictions["actual"], predictions["predicted"]
    is_positive = actual == classes[1]
    right = int(accuracy_score(actual, predicted, normalize=False))
    interval = binomtest(right, len(predictions)).proportion_ci(CONFIDENCE, method="wilson")
    counts = confusion_matrix(actual, predicted, labels=list(classes))
    return {
        "accuracy": right / len(predictions),
        "accuracy_low": float(interval.low),
        "accuracy_high": float(interval.high),
        "roc_auc": float(roc_auc_score(is_positive, predictions["probability"])),
        # float64: the log of a float32 probability that is exactly 1 would be clipped coarsely.
        "log_loss": float(log_loss(is_positive, predictions["probability"].astype(float))),
        "pictures": len(predictions),
        "confusion": {
            name: dict(zip(classes, map(int, row), strict=True))
            for name, row in zip(classes, counts, strict=True)
        },
    }


def roc_table(predictions: pd.DataFrame, classes: tuple[str, str]) -> pd.DataFrame:
    """The ROC curve: columns ``false_positive_rate`` and ``true_positive_rate``, 0 to 1."""
    false_positive, true_positive, _ = roc_curve(
        predictions["actual"] == classes[1], predictions["probability"]
    )
    return pd.DataFrame(
        {"false_positive_rate": false_positive, "true_positive_rate": true_positive}
    )
