"""What to answer where probabilities are only the beginning: calibrated ones, the class whose
mistakes cost least, and "don't know".

``decisions.py`` beside it chooses, on the validation pictures. Models in MLflow and exports take a
copy of this module: it imports NumPy alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
import numpy.typing as npt

Answers = Literal["raw", "calibrated", "decided"]
"""``raw``: what the model says. ``calibrated``: probabilities as they came true on validation; the
likeliest class stays the same. ``decided``: those, the class of least expected cost, and none where
it is not sure enough."""
ANSWERS: tuple[Answers, ...] = get_args(Answers)
DONT_KNOW = -1
"""Stands for a label."""

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Decision:
    """What was chosen for a model."""

    temperature: float
    """Above 1, the model is too sure of itself; below, not sure enough."""
    costs: Mapping[str, Mapping[str, float]]
    """Actual class to named class to the cost of that mistake; of others it is 1."""
    confidence: float | None
    """The class is answered where 1 less its expected cost is above this: where no costs differ,
    its calibrated probability. None: always."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """As it stands in a JSON object, whatever else that tells."""
        return cls(told["temperature"], told["costs"], told["confidence"])

    def calibrated(self, probabilities: Floats) -> npt.NDArray[np.float64]:
        """Probabilities (pictures, classes), 0 to 1, with their temperature changed.

        Their logarithms are logits up to a number that softmax takes away, so they are divided by
        the temperature (C. Guo et al., *On Calibration of Modern Neural Networks*, 2017,
        arXiv:1706.04599, section 4.2). One that float32 rounded to 0 counts as the smallest there
        is.
        """
        least = float(np.finfo(np.float32).smallest_subnormal)
        logits = np.log(np.maximum(np.asarray(probabilities, np.float64), least)) / self.temperature
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        calibrated: npt.NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
        return calibrated

    def labels(self, calibrated: Floats, classes: Sequence[str]) -> npt.NDArray[np.intp]:
        """The labels, (pictures,), of least expected cost; of equal ones the first.

        Args:
            calibrated: (pictures, classes).
            classes: names; the index is the label.
        """
        cheapest: npt.NDArray[np.intp] = self.expected_costs(calibrated, classes).argmin(axis=1)
        return cheapest

    def expected_costs(self, calibrated: Floats, classes: Sequence[str]) -> npt.NDArray[np.float64]:
        """What naming each class may be expected to cost, (pictures, classes).

        C. Elkan, *The Foundations of Cost-Sensitive Learning*, 2001, equation 1, where right
        answers cost nothing.
        """
        # Where each mistake costs 1.
        expected: npt.NDArray[np.float64] = 1 - np.asarray(calibrated, np.float64)
        for actual, named in self.costs.items():
            for name, cost in named.items():
                surplus = (cost - 1) * calibrated[:, classes.index(actual)]
                expected[:, classes.index(name)] += surplus
        return expected

    def decided(self, calibrated: Floats, classes: Sequence[str]) -> npt.NDArray[np.intp]:
        """As :meth:`labels`, but :data:`DONT_KNOW` where that may be expected to cost too much."""
        labels = self.labels(calibrated, classes)
        if self.confidence is None:
            return labels
        sure = 1 - self.expected_costs(calibrated, classes).min(axis=1)
        return np.where(sure > self.confidence, labels, DONT_KNOW)


def told(
    probabilities: Floats, classes: Sequence[str], answers: Answers, decision: Decision | None
) -> tuple[Floats, int, bool]:
    """What is answered about one picture.

    Args:
        probabilities: (classes,), the model's.
        classes: names; the index is the label.
        answers: how.
        decision: what was chosen; raw answers need none.

    Returns:
        The probabilities, (classes,), the label, and whether it is sure enough to be named.

    Raises:
        ValueError: other answers than raw ones without a decision.
    """
    if answers == "raw":
        return probabilities, int(probabilities.argmax()), True
    if decision is None:
        raise ValueError(f"{answers} answers need a decision")
    calibrated = decision.calibrated(probabilities)
    if answers == "calibrated":
        return calibrated, int(calibrated.argmax()), True
    rows = calibrated[np.newaxis]
    (label,), (decided,) = decision.labels(rows, classes), decision.decided(rows, classes)
    return calibrated, int(label), bool(decided != DONT_KNOW)
