"""Everything that the report is drawn from, read and checked in one place."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import sha256
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.environment import environment, git_state
from dogs_vs_cats.tracking.lineage import Lock, read_lock, results_digest
from dogs_vs_cats.tracking.timings import TrainingTime, pass_seconds, read_training_times
from dogs_vs_cats.visualization.drawing import LISTING, Listed, read_listing

Scores = dict[Method, dict[str, Any]]
TrainingTimes = dict[Method, TrainingTime]

# What the report shows of each file, and so must find there.
_SCORES = (
    "accuracy accuracy_low accuracy_high roc_auc log_loss brier expected_calibration_error pictures"
    " confusion"
)
_COST = "parameters trainable_parameters multiply_adds model_bytes"
_SIGNIFICANCE = (
    "method_a method_b accuracy_difference low high only_a_right only_b_right p_adjusted supported"
)
_NEAR_DUPLICATES = "file split twin twin_split cosine"
_BACKBONES = (
    "base backbone image_size chosen best_by_validation parameters multiply_adds"
    " validation_accuracy accuracy accuracy_low accuracy_high pictures reference"
    " accuracy_difference low high p_adjusted"
)
_LEARNING_CURVE = "base pictures_per_class draw accuracy"
_SEEDS = "method seed best_epoch validation_accuracy test_accuracy"
_ROBUSTNESS = "difficulty strength method accuracy accuracy_low accuracy_high pictures"
_TYPICALITY = "group mean_distance method accuracy accuracy_low accuracy_high pictures"


@dataclass(frozen=True)
class Reproduction:
    """What another person needs to get the same numbers."""

    revision: str | None
    """Git commit, 40 hexadecimal digits; ``None`` outside git."""
    dirty: bool
    """Whether tracked files differ from the commit."""
    lock_digest: str
    """:func:`dogs_vs_cats.tracking.lineage.results_digest`"""
    requirements_sha256: str | None
    environment: dict[str, str]
    """Of the machine that draws the report; keys without prefix, such as ``python``."""


@dataclass(frozen=True)
class Results:
    """The report's inputs. Mappings by method are in the lecture's order."""

    evaluation: Scores
    training: Scores
    cost: Scores
    times: TrainingTimes
    """Of the very models that ``dvc.lock`` records; other methods are missing."""
    significance: pd.DataFrame
    seeds: pd.DataFrame
    """No rows where each method was trained once."""
    robustness: pd.DataFrame
    typicality: pd.DataFrame
    errors: dict[str, Any]
    """Kind of error to pictures, and ``near_duplicate_cosine``: ``None`` if not searched by it."""
    near_duplicates: pd.DataFrame
    """Pairs across splits that the features find alike, the nearest first."""
    backbones: pd.DataFrame
    """Bases, compared by a linear probe on their features."""
    learning_curve: pd.DataFrame
    pass_seconds: dict[str, float]
    """Base to the time that all pictures took; others are missing."""
    base: str
    """The name of the network that serves the methods, such as ``vgg16``."""
    drawings: tuple[Listed, ...]
    figures: Path
    """The folder that holds the drawings' files and ``thumbnails/``."""
    source: dict[str, Any]
    validation: dict[str, Any]
    excluded: dict[str, int]
    """Reason, without what is a single picture's, to number of pictures; the most first."""
    reproduction: Reproduction


def read_results(layout: Layout) -> Results:
    """Read what the other stages wrote.

    Raises:
        PipelineError: a file is missing or is not what its stage writes. Times of training and
            the packages' lock file may be missing.
    """
    reports, figures = layout.reports, layout.reports / "figures"
    _, cost, times = read_scores(layout)
    backbones = _backbones(reports / "backbones.csv")
    lock = read_lock(layout.lock)
    return Results(
        evaluation=_by_method(reports / "evaluation.json", f"{_SCORES} decision"),
        training={
            method: _json(reports / "training" / f"{method}.json", f"train_{method}")
            for method in METHODS
        },
        cost=cost,
        times=times,
        significance=_csv(reports / "significance.csv", "evaluate", _SIGNIFICANCE),
        seeds=_csv(reports / "seeds.csv", "seeds", _SEEDS),
        robustness=_csv(reports / "robustness.csv", "robustness", _ROBUSTNESS),
        typicality=_csv(reports / "typicality.csv", "robustness", _TYPICALITY),
        errors=_errors(reports / "errors.json"),
        near_duplicates=_csv(reports / "near_duplicates.csv", "evaluate", _NEAR_DUPLICATES),
        backbones=backbones,
        learning_curve=_csv(reports / "learning_curve.csv", "compare_bases", _LEARNING_CURVE),
        pass_seconds=_pass_seconds(layout, lock, backbones["base"]),
        base=str(backbones.loc[backbones["chosen"], "backbone"].iloc[0]),
        drawings=_drawings(figures),
        figures=figures,
        source=_json(layout.source, "download"),
        validation=_json(reports / "validation.json", "validate"),
        excluded=_excluded(layout.excluded),
        reproduction=_reproduction(layout, lock),
    )


def read_scores(layout: Layout) -> tuple[Scores, Scores, TrainingTimes]:
    """The ``evaluation``, ``cost`` and ``times`` of :class:`Results`.

    Raises:
        PipelineError: as :func:`read_results`.
    """
    return (
        _by_method(layout.reports / "evaluation.json", _SCORES),
        _by_method(layout.reports / "cost.json", _COST),
        read_training_times(layout, read_lock(layout.lock)),
    )


def _missing(path: Path, stage: str) -> PipelineError:
    return PipelineError(
        f"{path} is missing. `dvc repro {stage}` makes it; `dvc pull` brings it where it is stored."
    )


def _unusable(path: Path, stage: str, problem: str) -> PipelineError:
    return PipelineError(f"{path} {problem}. Make it anew: `dvc repro -f {stage}`.")


def _json(path: Path, stage: str) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _missing(path, stage) from None
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise _unusable(path, stage, f"is not what stage {stage} writes")
    return value


def _csv(path: Path, stage: str, columns: str) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except FileNotFoundError:
        raise _missing(path, stage) from None
    except ValueError:  # empty, or not a table
        table = pd.DataFrame()
    for column in columns.split():
        if column not in table.columns:
            raise _unusable(path, stage, f"has no column {column}")
    return table


def _by_method(path: Path, keys: str) -> Scores:
    value = _json(path, "evaluate")
    for method, key in product(METHODS, keys.split()):
        if key not in value.get(method, {}):
            raise _unusable(path, "evaluate", f"has no {key} of {method}")
    return {method: value[method] for method in METHODS}


def _errors(path: Path) -> dict[str, Any]:
    errors = _json(path, "evaluate")
    if "near_duplicate_cosine" not in errors:
        raise _unusable(path, "evaluate", "has no near_duplicate_cosine")
    return errors


def _backbones(path: Path) -> pd.DataFrame:
    table = _csv(path, "compare_bases", _BACKBONES)
    for column in ("chosen", "best_by_validation"):
        if list(table[column]).count(True) != 1:
            raise _unusable(path, "compare_bases", f"has not one base that is {column}")
    return table


def _pass_seconds(layout: Layout, lock: Lock, bases: Iterable[str]) -> dict[str, float]:
    # A base that is not in compare.backbones was passed by stage features.
    folders = {base: layout.bases / base for base in bases}
    made = {
        base: folder if lock.maker(f"{Layout().bases}/{base}") else layout.features
        for base, folder in folders.items()
    }
    found = {base: pass_seconds(layout, lock, folder) for base, folder in made.items()}
    return {base: seconds for base, seconds in found.items() if seconds}


def _drawings(figures: Path) -> tuple[Listed, ...]:
    try:
        drawings = tuple(read_listing(figures))
    except FileNotFoundError:
        raise _missing(figures / LISTING, "visualize") from None
    except (ValueError, TypeError):
        problem = "is not what stage visualize writes"
        raise _unusable(figures / LISTING, "visualize", problem) from None
    for drawing in drawings:
        if not (figures / drawing.file).is_file():
            raise _missing(figures / drawing.file, "visualize")
    return drawings


def _excluded(path: Path) -> dict[str, int]:
    reasons = _csv(path, "split", "reason")["reason"]
    # Behind a reason's colon stands what differs from picture to picture.
    kinds = [str(reason).partition(":")[0] for reason in reasons]
    in_order = sorted(Counter(kinds).items(), key=lambda item: (-item[1], item[0]))
    return dict(in_order)


def _reproduction(layout: Layout, lock: Lock) -> Reproduction:
    git = git_state(Path.cwd())
    return Reproduction(
        revision=git.get("git.revision"),
        dirty=git.get("git.dirty") == "true",
        lock_digest=results_digest(lock),
        requirements_sha256=sha256(layout.requirements) if layout.requirements.exists() else None,
        environment={
            name.removeprefix("environment."): value for name, value in environment().items()
        },
    )
