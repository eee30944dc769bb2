"""``python -m benchmarks``."""

from benchmarks.run import command
from dogs_vs_cats.project import stage

stage.run(command)
