"""Choosing, on the validation pictures, how a model's probabilities are answered, and what that
does to the test pictures."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import expit

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.deciding import DONT_KNOW, Decision
from dogs_vs_cats.evaluation.metrics import (
    CONFIDENCE,
    accuracy,
    calibration_table,
    classes_of,
    expected_calibration_error,
    labels_of,
    probabilities_of,
    wilson_interval,
)
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import EvaluateSettings

_TEMPERATURES = 0.01, 100.0
"""Beyond, probabilities are all 0 and 1, or all equal."""

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]


def decision(
    validation: pd.DataFrame, test: pd.DataFrame, settings: EvaluateSettings
) -> dict[str, Any]:
    """Choose by one table of predictions, and say what comes of it on another.

    Args:
        validation, test: see :func:`dogs_vs_cats.evaluation.metrics.prediction_table`.
        settings: the costs, the wanted accuracy, and of bins and bootstrap.

    Returns:
        The fields of :class:`~dogs_vs_cats.evaluation.deciding.Decision`; ``wanted_accuracy``;
        ``threshold``, of two classes: the raw probability of the second above which it is named,
        of more None; and ``test``, see :func:`consequences`.

    Raises:
        PipelineError: ``evaluate.costs`` does not fit the classes.
    """
    classes = classes_of(validation)
    check_costs(settings.costs, classes)
    chosen = choose(validation, settings.costs, settings.wanted_accuracy)
    return {
        **asdict(chosen),
        "wanted_accuracy": settings.wanted_accuracy,
        "threshold": threshold(chosen, classes),
        "test": consequences(chosen, test, settings),
    }


def check_costs(costs: Mapping[str, Mapping[str, float]], classes: Classes) -> None:
    """Refuse costs that are not those of taking one of the classes for another.

    Raises:
        PipelineError: a name is no class's, or a right answer has a cost.
    """
    for actual, named in costs.items():
        for name in (actual, *named):
            if name not in classes:
                raise PipelineError(
                    f"evaluate.costs in params.yaml names {name}, which is no class:"
                    " data/classes.json lists them."
                )
        if actual in named:
            raise PipelineError(
                f"evaluate.costs in params.yaml has a cost of taking {actual} for {actual}, which"
                " is right and costs nothing. Take it out."
            )


def choose(
    validation: pd.DataFrame,
    costs: Mapping[str, Mapping[str, float]],
    wanted_accuracy: float | None,
) -> Decision:
    """The temperature, and the confidence, that suit a table of predictions.

    Args:
        validation: the table.
        costs: see :class:`~dogs_vs_cats.evaluation.deciding.Decision`.
        wanted_accuracy: of what is answered, 0 to 1; None: all is answered.
    """
    classes, truth = classes_of(validation), labels_of(validation)
    probabilities = probabilities_of(validation)
    chosen = Decision(best_temperature(probabilities, truth), costs, confidence=None)
    if wanted_accuracy is None:
        return chosen
    calibrated = chosen.calibrated(probabilities)
    expected = chosen.expected_costs(calibrated, classes)
    sure, right = 1 - expected.min(axis=1), expected.argmin(axis=1) == truth
    return replace(chosen, confidence=least_confidence(sure, right, wanted_accuracy))


def best_temperature(probabilities: Floats, labels: Labels) -> float:
    """The temperature of least log loss (Guo et al., 2017, section 4.2).

    1 where the likeliest class is always right: the log loss then falls until all probabilities are
    0 and 1, for which no number of pictures would be evidence enough.

    Args:
        probabilities: (pictures, classes).
        labels: (pictures,).
    """
    if (probabilities.argmax(axis=1) == labels).all():
        return 1.0

    def loss(logarithm: float) -> float:
        cooled = Decision(float(np.exp(logarithm)), {}, None).calibrated(probabilities)
        return _log_loss(cooled, labels)

    # Convex in 1/T, so there is one minimum.
    found = minimize_scalar(loss, bounds=np.log(_TEMPERATURES), method="bounded")
    return float(np.exp(found.x))


def _log_loss(probabilities: Floats, labels: Labels) -> float:
    of_truth = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(of_truth, np.finfo(np.float64).tiny)).mean())


def least_confidence(sure: Floats, right: npt.NDArray[np.bool_], wanted: float) -> float | None:
    """The confidence above which most pictures are answered and a share ``wanted`` of them right.

    Args:
        sure: (pictures,), at most 1: how probable the named class is, or 1 less its expected cost.
        right: whether it is the right one.
        wanted: 0 to 1.

    Returns:
        None where all pictures may be answered, 1 where no confidence does.
    """
    order = np.argsort(-sure, kind="stable")
    levels = sure[order]
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    below = np.append(levels[1:], -np.inf)  # what equals the last that is answered is answered too
    possible = below[(shares >= wanted) & (below < levels)]
    if not len(possible):
        return 1.0
    return float(possible[-1]) if np.isfinite(possible[-1]) else None


def threshold(chosen: Decision, classes: Classes) -> float | None:
    """See :func:`decision`: Elkan, 2001, equation 2, brought back to the raw probability."""
    if len(classes) > 2:
        return None
    first, second = classes
    of_first = chosen.costs.get(first, {}).get(second, 1.0)
    of_second = chosen.costs.get(second, {}).get(first, 1.0)
    return float(expit(chosen.temperature * np.log(of_first / of_second)))


def consequences(
    chosen: Decision, test: pd.DataFrame, settings: EvaluateSettings
) -> dict[str, Any]:
    """What a decision does to test pictures.

    Returns:
        ``calibrated``: ``expected_calibration_error`` and ``log_loss`` (nats) after it.

        ``likeliest`` and ``cheapest``: the mean ``cost`` of naming the likeliest class, or that of
        least expected cost, with its bootstrap interval ``cost_low`` and ``cost_high``, and the
        :func:`~dogs_vs_cats.evaluation.metrics.accuracy`.

        ``answered``: the share of the pictures that are, ``coverage``, with its Wilson interval
        ``coverage_low`` and ``coverage_high``, and the accuracy and the cost of those (nothing of
        none).
    """
    classes, truth = classes_of(test), labels_of(test)
    calibrated = chosen.calibrated(probabilities_of(test))
    said = {f"probability_{name}": calibrated[:, label] for label, name in enumerate(classes)}
    table = calibration_table(test.assign(**said), settings.calibration_bins)
    cheapest, decided = chosen.labels(calibrated, classes), chosen.decided(calibrated, classes)
    answered = decided != DONT_KNOW
    low, high = wilson_interval(int(answered.sum()), len(answered))
    return {
        "calibrated": {
            "expected_calibration_error": expected_calibration_error(table),
            "log_loss": _log_loss(calibrated, truth),
        },
        **{
            name: {
                **_mean_cost(_costs(chosen, truth, labels, classes), settings),
                **accuracy(labels == truth),
            }
            for name, labels in (
                ("likeliest", labels_of(test, "predicted")),
                ("cheapest", cheapest),
            )
        },
        "answered": {
            "coverage": float(answered.mean()),
            "coverage_low": low,
            "coverage_high": high,
            **(
                {
                    **accuracy((decided == truth)[answered]),
                    **_mean_cost(_costs(chosen, truth, decided, classes)[answered], settings),
                }
                if answered.any()
                else {}
            ),
        },
    }


def _costs(chosen: Decision, truth: Labels, labels: Labels, classes: Classes) -> Floats:
    """What each answer costs, (pictures,)."""
    costs: Floats = (truth != labels).astype(float)
    for actual, named in chosen.costs.items():
        for name, cost in named.items():
            costs[(truth == classes.index(actual)) & (labels == classes.index(name))] = cost
    return costs


def _mean_cost(costs: Floats, settings: EvaluateSettings) -> dict[str, float]:
    """The mean with its percentile interval; few costs differ, so their counts are drawn."""
    values, counts = np.unique(costs, return_counts=True)
    rng = np.random.default_rng(settings.seed)
    drawn = rng.multinomial(len(costs), counts / len(costs), size=settings.bootstrap_resamples)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn @ values / len(costs), [tail, 1 - tail])
    return {"cost": float(costs.mean()), "cost_low": float(low), "cost_high": float(high)}
