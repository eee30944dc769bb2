"""``python -m benchmarks``."""

from benchmarks.run import main
from dogs_vs_cats import stage

stage.run(main)
