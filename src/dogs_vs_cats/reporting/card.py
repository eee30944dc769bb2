"""A model card for each method: what it is, what it can, and where it should not be used.

In the form of M. Mitchell et al., *Model Cards for Model Reporting*, 2019 (arXiv:1810.03993), with
the YAML head that Hugging Face's hub reads.
"""

from typing import Any

from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.data.reading.classes import Classes
from dogs_vs_cats.evaluation.confusion import class_accuracy
from dogs_vs_cats.evaluation.words import counted, display_name, listed, points
from dogs_vs_cats.methods import Method
from dogs_vs_cats.project.yaml_text import dump_yaml
from dogs_vs_cats.reporting.class_tables import MOST_SHOWN
from dogs_vs_cats.reporting.classes import alternatives
from dogs_vs_cats.reporting.comparison import markdown
from dogs_vs_cats.reporting.decisions import on_card
from dogs_vs_cats.reporting.results import Results
from dogs_vs_cats.reporting.weaknesses import losses

FROM_SCRATCH: tuple[Method, ...] = ("small_convnet", "augmented_convnet")
"""Methods without a base."""


def model_card(results: Results, method: Method, classes: Classes) -> str:
    """The card in Markdown.

    Args:
        results: what the other stages wrote.
        method: whose model it is.
        classes: their names.
    """
    scores, reached = results.evaluation[method], results.training[method]
    interval = f"{scores['accuracy_low']:.1%} to {scores['accuracy_high']:.1%}, 95 %"
    return f"""---
{dump_yaml(_head(results, method, classes))}---

# {display_name(method).capitalize()}: {markdown(alternatives(classes))}

Tells which of {counted(len(classes), "class")} a picture shows: {markdown(listed(_few(classes)))}.
{_network(results, method)} {reached["parameters"]:,} parameters, of which
{reached["trainable_parameters"]:,} were trained.

The `.keras` file takes uint8 RGB pictures of any size, upright, resizes them as the training did,
and gives the probability of each class.

## Data

{_data(results)}

## How good it is

On {counted(scores["pictures"], "test picture")} that it saw neither in training nor in selection:

| | |
| --- | --- |
| accuracy | {scores["accuracy"]:.1%} ({interval}) |
| ROC AUC | {scores["roc_auc"]:.4f} |
| log loss | {scores["log_loss"]:.3f} nats |
| expected calibration error | {scores["expected_calibration_error"]:.3f} |
| accuracy on validation, epoch {reached["best_epoch"]} | {reached["validation_accuracy"]:.1%} |

{_by_class(scores["confusion"])}

{_robustness(results, method)}

## Deciding

Chosen on the validation pictures, and shown on the test pictures; unasked it answers raw.
{on_card(scores["decision"], scores)}

## Use and limits

Meant for learning how convnets are trained from few pictures, and as a start for a model of one's
own. It names one of its classes whatever a picture shows: what it was not trained on gets a
probability too, often a high one. {_calibration(scores)} Its figures hold for pictures like those
above; on others it has to be tested again before anything depends on it.

## How to verify

{_revision(results)}
In a clone of the project `dogs-vs-cats verify` trains it again and compares, and
`dogs-vs-cats audit run data/models/{method}.keras` names the pictures, parameters and code that
made it.
"""


def _revision(results: Results) -> str:
    made = results.reproduction
    changed = ", changed since" if made.dirty else ""
    at = f"Git revision {made.revision}{changed}; results" if made.revision else "Results"
    return f"{at} {made.lock_digest} in dvc.lock."


def _head(results: Results, method: Method, classes: Classes) -> dict[str, Any]:
    scores = results.evaluation[method]
    reached = [
        {"type": "accuracy", "value": round(scores["accuracy"], 4), "name": "Test accuracy"},
        {"type": "roc_auc", "value": round(scores["roc_auc"], 4), "name": "Test ROC AUC"},
    ]
    task = {"type": "image-classification", "name": "Image classification"}
    data = {
        "name": str(results.source["file"]),
        "type": str(results.source["source"]),
        "split": "test",
    }
    result = {"task": task, "dataset": data, "metrics": reached}
    return {
        "license": "other",
        "library_name": "keras",
        "pipeline_tag": "image-classification",
        "tags": [*classes[:MOST_SHOWN], method],
        "model-index": [{"name": method, "results": [result]}],
    }


def _few(classes: Classes) -> list[str]:
    more = len(classes) - MOST_SHOWN
    return [*classes[:MOST_SHOWN], *([f"{more} more"] if more > 0 else [])]


def _network(results: Results, method: Method) -> str:
    if method in FROM_SCRATCH:
        return "A small convnet (four convolutions, two dense layers), trained from scratch;"
    backbone = BACKBONES[results.base]
    return f"A head on {backbone.title} ({markdown(backbone.reference)}), trained on ImageNet;"


def _data(results: Results) -> str:
    counts = results.validation["counts"]
    sizes = [f"{sum(counts[split].values()):,} to {what}" for split, what in _SPLITS.items()]
    excluded = sum(results.excluded.values())
    source = results.source
    return (
        f"{markdown(str(source['file']))}, source {source['source']}, SHA-256 `{source['sha256']}`."
        f" Terms: {markdown(str(source['licence']))}. {listed(sizes)}, each in one split alone;"
        f" {counted(excluded, 'file')} left out, with reasons in `data/excluded.csv`."
    )


_SPLITS = {"train": "learn from", "validation": "choose by", "test": "judge on"}


def _by_class(confusion: dict[str, dict[str, int]]) -> str:
    right = {name: class_accuracy(confusion, name) for name in confusion}
    shown = sorted(right, key=right.__getitem__)[:MOST_SHOWN]
    what = "By class" if len(shown) == len(right) else "The classes it tells worst"
    return f"{what}: {listed([f'{markdown(name)} {right[name]:.1%}' for name in shown])}."


def _robustness(results: Results, method: Method) -> str:
    lost = losses(results.robustness)
    if lost.empty:
        return "How it stands altered pictures was not measured."
    told = [f"{name} {points(lost[method][name])}" for name in lost.index]
    return (
        "Points of accuracy that it loses on altered test pictures, mean of three strengths:"
        f" {listed(told)}."
    )


def _calibration(scores: dict[str, Any]) -> str:
    error = scores["expected_calibration_error"]
    fit = "are off by" if error > 0.05 else "fit, to"
    return f"On average its probabilities {fit} {error:.3f}."
