"""All that the report shows, as the stages before it wrote it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.mnist.networks import NETS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout


@dataclass(frozen=True)
class LayerRow:
    """A layer of a net."""

    name: str
    shape: tuple[int, ...]
    """Of its output, without the batch."""
    parameters: int


@dataclass(frozen=True)
class Results:
    """By net, where it is a mapping."""

    source: Mapping[str, Any]
    evaluation: Mapping[str, Mapping[str, Any]]
    cost: Mapping[str, Mapping[str, int]]
    errors: Sequence[Mapping[str, Any]]
    """Items of :func:`dogs_vs_cats.evaluation.errors.most_confident`."""
    history: Mapping[str, pd.DataFrame]
    significance: pd.DataFrame
    shifts: pd.DataFrame
    layers: Mapping[str, Sequence[LayerRow]]


def read_results(layout: Layout) -> Results:
    """Read what the stages wrote.

    Raises:
        PipelineError: a file is missing.
    """
    reports = layout.reports
    try:
        source, evaluation, cost, errors = (
            json.loads((reports / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("source", "evaluation", "cost", "errors")
        )
        return Results(
            source=source,
            evaluation=evaluation,
            cost=cost,
            errors=errors,
            history={net: pd.read_csv(reports / "history" / f"{net}.csv") for net in NETS},
            significance=pd.read_csv(reports / "significance.csv"),
            shifts=pd.read_csv(reports / "shifts.csv"),
            layers={net: layer_rows(build()) for net, build in NETS.items()},
        )
    except FileNotFoundError as error:
        raise PipelineError(
            f"{error.filename} not found. Run `dvc repro mnist/dvc.yaml`."
        ) from None


def layer_rows(net: Any) -> list[LayerRow]:
    """The layers of a net of :data:`NETS`, from the pixels to the logits."""
    return [
        LayerRow(layer.name, tuple(layer.output.shape[1:]), layer.count_params())
        for layer in net.layers
        if not isinstance(layer, keras.layers.InputLayer | keras.layers.Rescaling)
    ]
