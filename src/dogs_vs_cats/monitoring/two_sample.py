"""Are two sets of pictures of one kind? A classifier two-sample test in feature space.

D. Lopez-Paz and M. Oquab, *Revisiting Classifier Two-Sample Tests*, 2017 (arXiv:1610.06545): if a
classifier cannot tell the sets apart on pictures that it did not learn from, nothing that it sees
differs. Its p-value comes from permutations of the labels, which makes it exact: with no difference
at all it falls below 0.05 in 5 of 100 cases, whatever the features are.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Features = npt.NDArray[np.floating]
"""(pictures, channels)."""

FOLDS = 5
REGULARIZATION = 1.0
"""Of the ridge regression, on features of length 1: as the linear probe's."""


@dataclass(frozen=True)
class TwoSample:
    """What the test found."""

    p_value: float
    accuracy: float
    """Share of the pictures, as many of either set, that the classifier puts into their own set:
    about 0.5 where they do not differ."""
    foreignness: npt.NDArray[np.float64]
    """(new pictures,): how far the classifier, which never learned from the picture, takes it for
    new; the order counts."""


def two_sample_test(
    new: Features, known: Features, seed: int = 0, permutations: int = 999
) -> TwoSample:
    """Test whether new pictures come from where the known ones come from.

    Args:
        new: features of the new pictures.
        known: features of the known ones, at least as many; as many are drawn.
        seed: of the draw, the folds and the permutations.
        permutations: of the labels; the smallest p-value is 1 / (1 + permutations).
    """
    random = np.random.default_rng(seed)
    drawn = random.choice(len(known), len(new), replace=False)
    x = np.concatenate([new, known[drawn]]).astype(np.float64)
    x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    x -= x.mean(axis=0)
    y = np.repeat([1.0, -1.0], len(new))
    # A column a permutation, the labels as they are first: ridge regression is linear in them.
    labels = np.stack([y, *(random.permutation(y) for _ in range(permutations))], axis=1)
    fold = random.permutation(len(x)) % FOLDS
    scores = np.empty_like(labels)
    for number in range(FOLDS):
        told, learned = fold == number, fold != number
        gram = x[learned] @ x[learned].T + REGULARIZATION * np.eye(learned.sum())
        scores[told] = x[told] @ x[learned].T @ np.linalg.solve(gram, labels[learned])
    statistic = (labels * scores).mean(axis=0)
    return TwoSample(
        p_value=float((statistic >= statistic[0]).mean()),
        accuracy=float((labels[:, 0] * scores[:, 0] > 0).mean()),
        foreignness=scores[: len(new), 0],
    )
