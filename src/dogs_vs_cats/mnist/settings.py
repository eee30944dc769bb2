"""``mnist/params.yaml``: what it may hold, and where everything of this pipeline lies."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import ComputeSettings, Settings, TrainingSettings, read_settings
from dogs_vs_cats.settings.sections import Natural, Positive

FOLDER = Path("mnist")
LAYOUT = Layout(FOLDER)
PARAMS = FOLDER / "params.yaml"

NAMES = ("dense", "convnet")
"""Of the nets."""
SourceName = Literal["auto", "mnist", "digits"]


class NetSettings(TrainingSettings):
    """A net's section."""

    dropout: float = Field(default=0.0, ge=0, le=0)
    """The lecture's nets for digits drop nothing."""


class EvaluateSettings(Settings):
    """Section ``evaluate``."""

    farthest_shift: Annotated[int, Field(ge=1, le=14)]
    """Pixels. From half of a digit's side on, more of it is out of the picture than in it."""
    bootstrap_resamples: Positive = Field(ge=100)
    """Behind the interval of the difference."""
    calibration_bins: Positive
    """Of equal width, that the probabilities are sorted into."""
    seed: Natural
    """Of the bootstrap."""


class MnistParams(Settings):
    """``mnist/params.yaml``: a field a section."""

    source: SourceName
    compute: ComputeSettings
    dense: NetSettings
    convnet: NetSettings
    evaluate: EvaluateSettings

    def net(self, name: str) -> NetSettings:
        """The section of a net."""
        section: NetSettings = getattr(self, name)
        return section


def read_params(path: Path = PARAMS) -> MnistParams:
    """Read and check every section (:func:`dogs_vs_cats.settings.read_settings`)."""
    return read_settings(path, MnistParams)
