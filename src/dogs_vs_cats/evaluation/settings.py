"""What the evaluation may be told."""

from pydantic import Field

from dogs_vs_cats.params import Natural, Positive, Settings


class EvaluateSettings(Settings):
    """The ``evaluate`` section of ``params.yaml``."""

    seeds: Positive
    """Trainings of each banked head behind ``seeds.csv``; 1 leaves them out."""
    bootstrap_resamples: int = Field(ge=100)
    """Resamples behind an interval of a difference."""
    calibration_bins: Positive
    """Bins of equal width that the probabilities are sorted into."""
    seed: Natural
    """Of the bootstrap, and of the folds behind the suspected label errors."""
