"""How good a method is on pictures that it has never seen. A metric is added in :func:`score`."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import binomtest
from sklearn.metrics import auc, brier_score_loss, log_loss, roc_curve

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.errors import PipelineError

if TYPE_CHECKING:
    from dogs_vs_cats.data.reading.classes import Classes
    from dogs_vs_cats.data.reading.pictures import LabelledPictures

CONFIDENCE = 0.95
_PREFIX = "probability_"

Floats = npt.NDArray[np.float64]


def prediction_table(
    pictures: "LabelledPictures",
    probabilities: npt.NDArray[np.float32],
    classes: "Classes",
    splits: Path,
) -> pd.DataFrame:
    """A row a picture: what it is, what the model says, and how surely.

    Args:
        pictures: the pictures judged.
        probabilities: shape (pictures, classes), 0 to 1.
        classes: names; the index is the label.
        splits: the folder that file names are given relative to.

    Returns:
        Columns ``file``, ``actual`` and ``predicted`` (class names; the likeliest, of equals the
        first), then a column a class, ``probability_CLASS``.
    """
    names = np.array(classes)
    said = pd.DataFrame(probabilities, columns=[f"{_PREFIX}{name}" for name in classes])
    judged = pd.DataFrame(
        {
            "file": [path.relative_to(splits).as_posix() for path in pictures.paths],
            "actual": names[pictures.labels],
            "predicted": names[probabilities.argmax(axis=1)],
        }
    )
    return pd.concat([judged, said], axis=1)


def classes_of(predictions: pd.DataFrame) -> "Classes":
    """The names of the classes of a :func:`prediction_table`, in the order of their labels."""
    columns = map(str, predictions.columns)
    return tuple(name.removeprefix(_PREFIX) for name in columns if name.startswith(_PREFIX))


def probabilities_of(predictions: pd.DataFrame) -> npt.NDArray[np.float64]:
    """The probabilities of a :func:`prediction_table`, (pictures, classes), 0 to 1.

    float64: the log of a float32 probability that is exactly 1 would be clipped coarsely.
    """
    return predictions[[f"{_PREFIX}{name}" for name in classes_of(predictions)]].to_numpy(float)


def labels_of(predictions: pd.DataFrame, column: str = "actual") -> npt.NDArray[np.intp]:
    """The class indices, (pictures,), of the names in ``actual`` or ``predicted``."""
    return pd.Index(classes_of(predictions)).get_indexer(pd.Index(predictions[column]))


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


def score(predictions: pd.DataFrame, bins: int) -> dict[str, Any]:
    """Metrics of a :func:`prediction_table` in which every class has pictures.

    Args:
        predictions: the table.
        bins: of the :func:`calibration_table` behind the calibration error.

    Returns:
        :func:`accuracy`, ``roc_auc`` (the area under :func:`roc_table`), ``log_loss`` (nats),
        ``brier`` (mean squared distance of the probabilities from the truth, Brier, 1950: of two
        classes 0 to 1, as usual of one of them, and 0.25 for always saying one half; of more
        summed over the classes, 0 to 2), ``pictures``, ``confusion`` as actual class to predicted
        class to count, where no count is 0, and ``expected_calibration_error``.
    """
    actual, predicted = predictions["actual"], predictions["predicted"]
    classes, probabilities = classes_of(predictions), probabilities_of(predictions)
    if len(classes) == 2:
        # Both from one number, as they are by definition: rounding to float32 parts them.
        probabilities = np.column_stack([1 - probabilities[:, 1], probabilities[:, 1]])
    else:
        probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)
    truth, labels = labels_of(predictions), range(len(classes))
    counts = Counter(zip(actual, predicted, strict=True))
    return {
        **accuracy((actual == predicted).to_numpy()),
        "roc_auc": float(auc(*roc_table(predictions).to_numpy().T)),
        "log_loss": float(log_loss(truth, probabilities, labels=labels)),
        "brier": float(brier_score_loss(truth, probabilities, labels=labels)),
        "pictures": len(predictions),
        "confusion": {
            name: {other: counts[name, other] for other in classes if (name, other) in counts}
            for name in classes
        },
        "expected_calibration_error": expected_calibration_error(
            calibration_table(predictions, bins)
        ),
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


def roc_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """The ROC curve: columns ``false_positive_rate`` and ``true_positive_rate``, 0 to 1.

    Of two classes it is the second one's. Of more it is the mean of the curves of each against the
    rest, whose area is the mean of their areas, ``roc_auc``.
    """
    labels, probabilities = labels_of(predictions), probabilities_of(predictions)
    curves = [roc_curve(labels == label, said)[:2] for label, said in enumerate(probabilities.T)]
    if len(curves) == 2:
        false_positive, true_positive = curves[1]
    else:
        false_positive, true_positive = _mean_curve(curves)
    return pd.DataFrame(
        {"false_positive_rate": false_positive, "true_positive_rate": true_positive}
    )


def _mean_curve(curves: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """The mean height of curves over each place where one of them has a corner.

    A curve may rise at one place: its lower end there and its upper end are averaged apart.
    """
    places = np.unique(np.concatenate([x for x, _ in curves]))
    heights = np.zeros((len(places), 2))
    for x, y in curves:
        # Of corners at one place `interp` takes the last.
        heights[:, 0] -= np.interp(-places, -x[::-1], -y[::-1])
        heights[:, 1] += np.interp(places, x, y)
    x, y = np.repeat(places, 2), heights.ravel() / len(curves)
    corner = np.append(True, (np.diff(x) > 0) | (np.diff(y) > 0))
    return x[corner], y[corner]


def calibration_table(predictions: pd.DataFrame, bins: int) -> pd.DataFrame:
    """The reliability curve: probabilities in bins of equal width, against what came true.

    Of two classes it is about the second one: how often a picture is of it. Of more it is about the
    predicted one (top label): how often that is right.

    Args:
        predictions: see :func:`prediction_table`.
        bins: number of bins between 0 and 1. A bin holds its upper edge, the first also 0.

    Returns:
        A row a bin that holds pictures: its edges ``bin_low`` and ``bin_high``,
        ``mean_probability``, ``observed_share`` (part of the pictures of which it came true) with
        its 95 % Wilson interval ``observed_share_low`` and ``observed_share_high``, and
        ``pictures``. All but the last are between 0 and 1.
    """
    labels, probabilities = labels_of(predictions), probabilities_of(predictions)
    if probabilities.shape[1] == 2:
        said, came_true = probabilities[:, 1], labels == 1
    else:
        said, came_true = probabilities.max(axis=1), labels == labels_of(predictions, "predicted")
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, said, side="left") - 1, 0, bins - 1)
    rows = []
    for number in np.unique(place):
        inside = place == number
        observed, pictures = int(came_true[inside].sum()), int(inside.sum())
        low, high = wilson_interval(observed, pictures)
        rows.append(
            {
                "bin_low": edges[number],
                "bin_high": edges[number + 1],
                "mean_probability": said[inside].mean(),
                "observed_share": observed / pictures,
                "observed_share_low": low,
                "observed_share_high": high,
                "pictures": pictures,
            }
        )
    return pd.DataFrame(rows)


def expected_calibration_error(calibration: pd.DataFrame) -> float:
    """Mean distance of a :func:`calibration_table` from the diagonal, weighted by pictures.

    Guo et al., 2017 (arXiv:1706.04599), equation 3. Of two classes in its binary variant: bins hold
    the probability of the second class, 0 to 1, and are compared with the share of that class.
    Their own, here used for more classes, compares the winning class's probability with accuracy,
    and so cannot tell a bias towards one of two classes.

    Returns:
        0 (calibrated) to 1.
    """
    distance = (calibration["mean_probability"] - calibration["observed_share"]).abs()
    return float(np.average(distance, weights=calibration["pictures"]))
