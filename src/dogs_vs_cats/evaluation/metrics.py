"""How good a method is on pictures that it has never seen. A metric is added in :func:`score`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import binomtest
from sklearn.metrics import brier_score_loss, confusion_matrix, log_loss, roc_auc_score, roc_curve

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.errors import PipelineError

if TYPE_CHECKING:
    from dogs_vs_cats.data.reading.pictures import LabelledPictures

CONFIDENCE = 0.95
DECISION_THRESHOLD = 0.5


def prediction_table(
    pictures: "LabelledPictures",
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
    # A class may be called 0, or null.
    as_text: dict[str, Any] = dict.fromkeys(("file", "actual", "predicted"), str)
    try:
        return {
            method: pd.read_csv(folder / f"{method}.csv", dtype=as_text, keep_default_na=False)
            for method in METHODS
        }
    except FileNotFoundError as error:
        raise PipelineError(f"{error.filename} not found. Run `dvc repro evaluate`.") from None


def score(predictions: pd.DataFrame, classes: tuple[str, str], bins: int) -> dict[str, Any]:
    """Metrics of a :func:`prediction_table`.

    Args:
        predictions: the table.
        classes: names of the negative and the positive class.
        bins: of the :func:`calibration_table` behind the calibration error.

    Returns:
        :func:`accuracy`, ``roc_auc``, ``log_loss`` (nats), ``brier`` (mean squared distance of the
        probability from the truth, Brier, 1950: 0 to 1, and 0.25 for always saying one half),
        ``pictures``, ``confusion`` as actual class to predicted class to count, and
        ``expected_calibration_error``.
    """
    actual, predicted = predictions["actual"], predictions["predicted"]
    # float64: the log of a float32 probability that is exactly 1 would be clipped coarsely.
    probability = predictions["probability"].astype(float)
    is_positive = actual == classes[1]
    counts = confusion_matrix(actual, predicted, labels=list(classes))
    calibration = calibration_table(predictions, classes, bins)
    return {
        **accuracy((actual == predicted).to_numpy()),
        "roc_auc": float(roc_auc_score(is_positive, probability)),
        "log_loss": float(log_loss(is_positive, probability)),
        "brier": float(brier_score_loss(is_positive, probability)),
        "pictures": len(predictions),
        "confusion": {
            name: dict(zip(classes, map(int, row), strict=True))
            for name, row in zip(classes, counts, strict=True)
        },
        "expected_calibration_error": expected_calibration_error(calibration),
    }


def accuracy(right: npt.NDArray[np.bool_]) -> dict[str, float]:
    """``accuracy``, 0 to 1, and its :func:`wilson_interval` ``accuracy_low``, ``accuracy_high``.

    Args:
        right: for each picture, whether the answer is right; at least one.
    """
    low, high = wilson_interval(int(right.sum()), len(right))
    return {"accuracy": float(right.mean()), "accuracy_low": low, "accuracy_high": high}


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


def calibration_table(
    predictions: pd.DataFrame, classes: tuple[str, str], bins: int
) -> pd.DataFrame:
    """The reliability curve: probabilities in bins of equal width, against what came true.

    Args:
        predictions: see :func:`prediction_table`.
        classes: names of the negative and the positive class.
        bins: number of bins between 0 and 1. A bin holds its upper edge, the first also 0.

    Returns:
        A row a bin that holds pictures: its edges ``bin_low`` and ``bin_high``,
        ``mean_probability`` of the positive class, ``positive_share`` (part of the pictures that
        is of that class) with its 95 % Wilson interval ``positive_share_low`` and
        ``positive_share_high``, and ``pictures``. All but the last are between 0 and 1.
    """
    edges = np.linspace(0, 1, bins + 1)
    probability = predictions["probability"].astype(float)
    place = np.clip(np.searchsorted(edges, probability, side="left") - 1, 0, bins - 1)
    is_positive = predictions["actual"] == classes[1]
    rows = []
    for number in np.unique(place):
        inside = place == number
        positive, pictures = int(is_positive[inside].sum()), int(inside.sum())
        low, high = wilson_interval(positive, pictures)
        rows.append(
            {
                "bin_low": edges[number],
                "bin_high": edges[number + 1],
                "mean_probability": probability[inside].mean(),
                "positive_share": positive / pictures,
                "positive_share_low": low,
                "positive_share_high": high,
                "pictures": pictures,
            }
        )
    return pd.DataFrame(rows)


def expected_calibration_error(calibration: pd.DataFrame) -> float:
    """Mean distance of a :func:`calibration_table` from the diagonal, weighted by pictures.

    Guo et al., 2017 (arXiv:1706.04599), equation 3, in its binary variant: bins hold the
    probability of the positive class, 0 to 1, and are compared with the share of that class.
    Their own, for many classes, compares the winning class's probability with accuracy, and so
    cannot tell a bias towards one of two classes.

    Returns:
        0 (calibrated) to 1.
    """
    distance = (calibration["mean_probability"] - calibration["positive_share"]).abs()
    return float(np.average(distance, weights=calibration["pictures"]))
