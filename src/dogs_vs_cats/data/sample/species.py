"""What one kind of animal has of its own; the rest is drawn alike for all."""

from collections.abc import Callable
from dataclasses import dataclass

from dogs_vs_cats.data.sample.breed import Breeds, Coat, Pose
from dogs_vs_cats.data.sample.canvas import Canvas
from dogs_vs_cats.data.sample.dice import Dice
from dogs_vs_cats.data.sample.head import Head


@dataclass(frozen=True)
class Species:
    """One kind of animal. The dice are of the aspect ``intraclass_variation``."""

    breeds: Breeds
    paint_body: Callable[[Canvas, Coat, Pose, Dice], None]
    """Comes first, as the head is in front of it."""
    paint_head: Callable[[Head, Dice], None]
