"""The comparison's charts: functions from plain tables to a Drawing."""

from dogs_vs_cats.visualization.charts.accuracy import accuracy, roc, seeds, significance
from dogs_vs_cats.visualization.charts.calibration import calibration
from dogs_vs_cats.visualization.charts.cost import cost, pareto
from dogs_vs_cats.visualization.charts.robustness import robustness, robustness_table, typicality
from dogs_vs_cats.visualization.charts.training import training_curves

__all__ = [
    "accuracy",
    "calibration",
    "cost",
    "pareto",
    "robustness",
    "robustness_table",
    "roc",
    "seeds",
    "significance",
    "training_curves",
    "typicality",
]
