"""Which base suits these pictures: a linear probe on the features of each, and what each costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dogs_vs_cats.backbones.networks import build
from dogs_vs_cats.evaluation.cost import multiply_adds
from dogs_vs_cats.evaluation.linear_probe import (
    Samples,
    fit,
    learning_curve,
    read_samples,
    right,
)
from dogs_vs_cats.evaluation.metrics import accuracy
from dogs_vs_cats.evaluation.significance import adjusted, paired_test
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import BackboneSettings, CompareSettings, base_settings

REFERENCE = "vgg16"
"""What the others are compared with, if it takes part: the lecture's."""


@dataclass(frozen=True)
class Base:
    """A base that takes part, and its features."""

    name: str
    """Such as ``vgg16-150``."""
    settings: BackboneSettings
    chosen: bool
    """Whether it is the one of section ``backbone``, which the methods use."""
    samples: Mapping[str, Samples]
    """By split."""


def read_bases(
    compare: CompareSettings, backbone: BackboneSettings, folder: Path, features: Path
) -> list[Base]:
    """The bases of ``compare.backbones``, and the chosen one if it is not among them.

    Args:
        compare: which they are.
        backbone: the chosen one.
        folder: that holds a folder of banks a base.
        features: folder of the chosen base's banks.

    Raises:
        PipelineError: a bank is missing or broken, or they are not of the same pictures.
    """
    bases = []
    for name in compare.backbones:
        settings = base_settings(name)
        samples = read_samples(folder / name, f"base@{name}")
        bases.append(Base(name, settings, settings == backbone, samples))
    if not any(base.chosen for base in bases):
        samples = read_samples(features)
        bases.append(Base(_own_name(backbone), backbone, True, samples))
    first, *others = bases
    for other in others:
        for split, of_first in first.samples.items():
            if not np.array_equal(of_first.labels, other.samples[split].labels):
                raise PipelineError(
                    f"The features of {first.name} and {other.name} are not of the same pictures."
                    " Run `dvc repro base features`."
                )
    return bases


def _own_name(backbone: BackboneSettings) -> str:
    """Tells a base whose weights or pixels are not as in ``compare.backbones`` from those."""
    own = "own weights" if backbone.weights else ""
    own = own or ("" if backbone.preprocessing == "imagenet" else backbone.preprocessing)
    return f"{backbone.base} ({own})" if own else backbone.base


def compare_bases(bases: Sequence[Base], settings: CompareSettings, resamples: int) -> pd.DataFrame:
    """A row a base: how good a linear probe on its features is, and what the base costs.

    Args:
        bases: of the same pictures.
        settings: of the probe.
        resamples: of the bootstrap.

    Returns:
        ``base``, ``backbone``, ``image_size``, ``chosen``, ``best_by_validation`` (of equals the
        one of the fewest multiply-adds), ``parameters`` and ``multiply_adds`` (a picture) of the
        base, ``train_accuracy``, ``validation_accuracy``, those of
        :func:`dogs_vs_cats.evaluation.metrics.accuracy` on the test split, ``pictures`` in it, and
        ``reference``: the base that it is compared with, by those of
        :func:`dogs_vs_cats.evaluation.significance.adjusted` (a is the reference), empty in that
        one's own row.
    """
    hits = {base.name: _hits(base, settings.regularization) for base in bases}
    reference = next((b for b in bases if b.settings.name == REFERENCE), bases[0]).name
    rows = [
        {
            "base": base.name,
            "backbone": base.settings.name,
            "image_size": base.settings.image_size,
            "chosen": base.chosen,
            **_cost(base.settings),
            "train_accuracy": float(hits[base.name]["train"].mean()),
            "validation_accuracy": float(hits[base.name]["validation"].mean()),
            **accuracy(hits[base.name]["test"]),
            "pictures": len(hits[base.name]["test"]),
            "reference": reference,
        }
        for base in bases
    ]
    table = pd.DataFrame(rows)
    by = ["validation_accuracy", "multiply_adds"]
    best = table.sort_values(by, ascending=[False, True], kind="stable").index[0]
    table.insert(4, "best_by_validation", table.index == best)
    rng = np.random.default_rng(settings.seed)
    against = hits[reference]["test"]
    tests = [
        {"base": base.name, **paired_test(against, hits[base.name]["test"], resamples, rng)}
        for base in bases
        if base.name != reference
    ]
    columns = ["base", *_TESTED]
    compared = adjusted(pd.DataFrame(tests)) if tests else pd.DataFrame(columns=columns)
    whole = {"only_a_right": "Int64", "only_b_right": "Int64"}  # also beside an empty cell
    return table.merge(compared[columns].astype(whole), on="base", how="left")


_TESTED = (
    "accuracy_difference",
    "low",
    "high",
    "only_a_right",
    "only_b_right",
    "p_value",
    "p_adjusted",
    "supported",
)


def _hits(base: Base, regularization: float) -> dict[str, Any]:
    """For each picture of each split, whether the probe is right."""
    classifier = fit(base.samples["train"], regularization)
    return {split: right(classifier, samples) for split, samples in base.samples.items()}


def _cost(settings: BackboneSettings) -> dict[str, int]:
    network = build(settings.name, settings.image_size)
    return {"parameters": network.count_params(), "multiply_adds": multiply_adds(network)}


def learning_curves(
    bases: Sequence[Base], table: pd.DataFrame, settings: CompareSettings
) -> pd.DataFrame:
    """The learning curves of the reference, the chosen base and the best one by validation.

    Args:
        bases: all.
        table: of :func:`compare_bases`.
        settings: of draws and probe.

    Returns:
        ``base`` and the columns of :func:`dogs_vs_cats.evaluation.linear_probe.learning_curve`.
    """
    shown = {*table["reference"], *table.loc[table["best_by_validation"], "base"]}
    rows = [
        {"base": base.name, **point}
        for base in bases
        if base.chosen or base.name in shown
        for point in learning_curve(
            base.samples["train"],
            base.samples["test"],
            settings.curve,
            settings.draws,
            settings.regularization,
            settings.seed,
        )
    ]
    return pd.DataFrame(rows)
