"""What may be chosen about the looks inside the networks."""

from pydantic import Field

from dogs_vs_cats.params import Natural, Positive, Settings


class VisualizeSettings(Settings):
    """The ``visualize`` section of ``params.yaml``."""

    heatmaps: Positive
    """Test pictures that all methods are shown looking at."""
    filters: int = Field(ge=1, le=64)
    """Filters of each of VGG16's five blocks whose pattern is searched for; the narrowest layer
    has 64."""
    filter_steps: Positive
    """Steps of gradient ascent towards a pattern."""
    seed: Natural
    """Of the patterns' first noise, and of the projection of features."""
