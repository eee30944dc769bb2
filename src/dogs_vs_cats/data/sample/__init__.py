"""Pictures that the project draws itself: animals with seven difficulties as knobs."""

from dogs_vs_cats.data.sample.archive import draw_archive
from dogs_vs_cats.data.sample.dice import SPECIES
from dogs_vs_cats.data.sample.picture import draw_picture
from dogs_vs_cats.settings import SampleSettings

__all__ = ["SPECIES", "SampleSettings", "draw_archive", "draw_picture"]
