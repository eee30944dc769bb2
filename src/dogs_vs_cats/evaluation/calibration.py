"""Whether a probability means what it says."""

import numpy as np
import pandas as pd

from dogs_vs_cats.evaluation.metrics import wilson_interval


def calibration_table(
    predictions: pd.DataFrame, classes: tuple[str, str], bins: int
) -> pd.DataFrame:
    """The reliability curve: probabilities in bins of equal width, against what came true.

    Args:
        predictions: :func:`dogs_vs_cats.evaluation.metrics.prediction_table`.
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


def expected_calibration_error(table: pd.DataFrame) -> float:
    """Mean distance of a :func:`calibration_table` from the diagonal, weighted by pictures.

    Guo et al., 2017 (arXiv:1706.04599), equation 3, in its binary variant: bins hold the
    probability of the positive class, 0 to 1, and are compared with the share of that class.
    Their own, for many classes, compares the winning class's probability with accuracy, and so
    cannot tell a bias towards one of two classes.

    Returns:
        0 (calibrated) to 1.
    """
    distance = (table["mean_probability"] - table["positive_share"]).abs()
    return float(np.average(distance, weights=table["pictures"]))
