"""How good a method is on pictures that it has never seen."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import binomtest
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    log_loss,
    roc_auc_score,
    roc_curve,
)

from dogs_vs_cats.data.reading.pictures import LabelledPictures
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.errors import PipelineError

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


def read_predictions(folder: Path) -> dict[Method, pd.DataFrame]:
    """The methods' predictions of the test pictures, as ``evaluate`` wrote them.

    Raises:
        PipelineError: a file is missing.
    """
    try:
        return {
            method: pd.read_csv(
                folder / f"{method}.csv",
                # A class may be called 0, or null.
                dtype=dict.fromkeys(("file", "actual", "predicted"), str),
                keep_default_na=False,
            )
            for method in METHODS
        }
    except FileNotFoundError as error:
        raise PipelineError(f"{error.filename} not found. Run `dvc repro evaluate`.") from None


def score(predictions: pd.DataFrame, classes: tuple[str, str]) -> dict[str, Any]:
    """Metrics of a :func:`prediction_table`.

    Returns:
        ``accuracy`` with its :func:`wilson_interval` ``accuracy_low`` and ``accuracy_high``,
        ``roc_auc``, ``log_loss`` (nats), ``brier`` (mean squared distance of the probability from
        the truth, Brier, 1950: 0 to 1, and 0.25 for always saying one half), ``pictures``, and
        ``confusion`` as actual class to predicted class to count.
    """
    actual, predicted = predictions["actual"], predictions["predicted"]
    # float64: the log of a float32 probability that is exactly 1 would be clipped coarsely.
    probability = predictions["probability"].astype(float)
    is_positive = actual == classes[1]
    right = int(accuracy_score(actual, predicted, normalize=False))
    low, high = wilson_interval(right, len(predictions))
    counts = confusion_matrix(actual, predicted, labels=list(classes))
    return {
        "accuracy": right / len(predictions),
        "accuracy_low": low,
        "accuracy_high": high,
        "roc_auc": float(roc_auc_score(is_positive, predictions["probability"])),
        "log_loss": float(log_loss(is_positive, probability)),
        "brier": float(brier_score_loss(is_positive, probability)),
        "pictures": len(predictions),
        "confusion": {
            name: dict(zip(classes, map(int, row), strict=True))
            for name, row in zip(classes, counts, strict=True)
        },
    }


def wilson_interval(hits: int, trials: int) -> tuple[float, float]:
    """95 % Wilson score interval of a share (Wilson, 1927), two numbers between 0 and 1.

    It holds near 0 and 1, where the normal approximation does not.
    """
    interval = binomtest(hits, trials).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def roc_table(predictions: pd.DataFrame, classes: tuple[str, str]) -> pd.DataFrame:
    """The ROC curve: columns ``false_positive_rate`` and ``true_positive_rate``, 0 to 1."""
    false_positive, true_positive, _ = roc_curve(
        predictions["actual"] == classes[1], predictions["probability"]
    )
    return pd.DataFrame(
        {"false_positive_rate": false_positive, "true_positive_rate": true_positive}
    )
