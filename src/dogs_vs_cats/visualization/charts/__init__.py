"""The comparison's charts: functions from plain tables to a Drawing, and which table each gets."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.visualization.charts.accuracy import accuracy, roc
from dogs_vs_cats.visualization.charts.bases import bases, learning_curve
from dogs_vs_cats.visualization.charts.calibration import calibration
from dogs_vs_cats.visualization.charts.confusion import confusion
from dogs_vs_cats.visualization.charts.cost import cost
from dogs_vs_cats.visualization.charts.differences import seeds, significance
from dogs_vs_cats.visualization.charts.robustness import robustness, robustness_table, typicality
from dogs_vs_cats.visualization.charts.training import training_curves
from dogs_vs_cats.visualization.drawing import Drawing


def draw(reports: Path, classes: Classes) -> Iterator[Drawing]:
    """Every chart of the stage, in the report's order.

    Stage ``report`` draws :func:`dogs_vs_cats.visualization.charts.cost.pareto` itself: training
    times are no dependency of ``visualize``.

    Args:
        reports: the folder of what the other stages wrote.
        classes: names in the order of their labels.
    """

    def read_json(name: str) -> Any:
        return json.loads((reports / f"{name}.json").read_text(encoding="utf-8"))

    def read_csv(name: str) -> pd.DataFrame:
        return pd.read_csv(reports / f"{name}.csv")

    def tables(folder: str) -> dict[Method, pd.DataFrame]:
        return {method: read_csv(f"{folder}/{method}") for method in METHODS}

    evaluation = read_json("evaluation")
    yield accuracy(evaluation, classes)
    yield significance(read_csv("significance"))
    if spread := seeds(read_csv("seeds"), evaluation):
        yield spread
    yield roc(tables("roc"), evaluation, classes)
    if confused := confusion(evaluation, classes):
        yield confused
    training = {method: read_json(f"training/{method}") for method in METHODS}
    yield training_curves(tables("history"), training, classes)
    yield calibration(tables("calibration"), evaluation, classes)
    yield robustness(read_csv("robustness"), len(classes))
    yield robustness_table(read_csv("robustness"))
    yield typicality(read_csv("typicality"))
    yield cost(read_json("cost"))
    compared = read_csv("backbones")
    yield bases(compared)
    yield learning_curve(read_csv("learning_curve"), compared)
