"""The usual way's test accuracy, by training it to its end: hours without a GPU."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import click

from benchmarks.data import of_project
from benchmarks.jobs import Result
from benchmarks.measuring import Job, started
from benchmarks.run import RESULTS, describe, out_option, project_option, write
from benchmarks.subjects import REFERENCE_EPOCHS
from dogs_vs_cats.evaluation.metrics import wilson_interval
from dogs_vs_cats.evaluation.words import display_name
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import scratch_directory
from dogs_vs_cats.project.layout import Layout

CHAINS: tuple[tuple[Method, ...], ...] = (
    ("small_convnet", "augmented_convnet", "feature_extraction"),
    ("frozen_base", "fine_tuning"),
)
"""Trained side by side, since nothing is timed; fine-tuning begins with the frozen base's model."""
EPOCHS_A_ROUND = 10
"""Epochs from one look at the test pictures to the next."""


def chains_of(methods: Sequence[str]) -> list[list[Method]]:
    """:data:`CHAINS` with those of the methods that are asked for, or with all if none is.

    Raises:
        PipelineError: fine-tuning has nothing to begin with.
    """
    if "fine_tuning" in methods and "frozen_base" not in methods:
        raise PipelineError("fine_tuning begins with frozen_base's model: add --only frozen_base.")
    chains = [[each for each in chain if each in (methods or METHODS)] for chain in CHAINS]
    return [chain for chain in chains if chain]


def train(method: Method, arguments: Mapping[str, Any]) -> Iterator[Result]:
    """The usual way's training of a method: ``epochs`` and ``accuracy`` after every round."""
    start = "frozen_base" if method == "fine_tuning" else None
    own = {"method": method, "epochs": EPOCHS_A_ROUND, "start": start}
    job = Job("reference:accuracy", {**own, **arguments})
    with started(job) as measure:
        for epochs in range(EPOCHS_A_ROUND, REFERENCE_EPOCHS[method] + 1, EPOCHS_A_ROUND):
            yield {"epochs": epochs, **measure()}


def read_ours(project: Path) -> dict[str, Result]:
    """What this project reached on the same test pictures, a method each.

    Raises:
        PipelineError: ``reports/evaluation.json`` is missing or damaged.
    """
    path = Layout(project).reports / "evaluation.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        names = ("accuracy", "pictures")
        return {method: {name: found[method][name] for name in names} for method in METHODS}
    except (OSError, ValueError, KeyError, TypeError):
        raise PipelineError(
            f"{path} does not say what the five methods reached. Run `make repro` first."
        ) from None


def read_earlier(path: Path) -> dict[str, Result]:
    """What was trained before, a method each.

    Raises:
        PipelineError: the file is damaged.
    """
    if not path.exists():
        return {}
    try:
        found: dict[str, Result] = json.loads(path.read_text(encoding="utf-8"))
        table(found)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise PipelineError(f"{path} is damaged. Delete it and train again.") from None
    return found


def table(found: Mapping[str, Result]) -> str:
    """Both ways' accuracies in Markdown, for what was trained so far."""
    lines = [
        "Test accuracy with a 95 % confidence interval. The usual way: one training, without a"
        " seed, judged after its last epoch.",
        "",
        "| method | ours | the usual way | after epochs | computed in |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    for method in METHODS:
        if method not in found:
            continue
        of, whole = found[method], REFERENCE_EPOCHS[method]
        last, pictures = of["rounds"][-1], of["ours"]["pictures"]
        of_whole = "" if last["epochs"] == whole else f" of {whole}"
        lines.append(
            f"| {display_name(method)} | {_interval(of['ours']['accuracy'], pictures)} |"
            f" {_interval(last['accuracy'], pictures)} | {last['epochs']}{of_whole} |"
            f" {of['policy']} |"
        )
    return "\n".join([*lines, ""])


def _interval(accuracy: float, pictures: int) -> str:
    low, high = wilson_interval(round(accuracy * pictures), pictures)
    return f"{accuracy:.1%} ({low:.1%} to {high:.1%})"


def _rank(trained: Result) -> tuple[int, bool]:
    return len(trained["rounds"]), trained["policy"] == "float32"


@click.command()
@click.option("--only", multiple=True, type=click.Choice(METHODS), help="One method.")
@click.option(
    "--policy",
    type=click.Choice(("float32", "mixed_bfloat16")),
    default="float32",
    show_default=True,
    help="Keras' dtype policy. float32 is the usual one.",
)
@project_option
@out_option(RESULTS)
def command(only: tuple[str, ...], policy: str, project: Path, out: Path) -> None:
    """Train the usual way to its end and compare its test accuracy with this project's.

    Results are written after every ten epochs: a run that is ended early leaves what it reached,
    but not in place of a longer training, nor of one in float32 that is as long. A method that is
    trained alone takes its place among the earlier results; fine_tuning needs frozen_base in the
    same run.
    """
    chains = chains_of(only)
    layout = of_project(project, needed=("splits", "weights"))
    ours, found = read_ours(project), read_earlier(out / "accuracy.json")
    common = {"machine": describe(), "policy": policy}
    lock = Lock()
    with scratch_directory(out / "scratch-accuracy") as scratch:
        arguments = {"root": str(layout.root), "scratch": str(scratch), "policy": policy}

        def train_to_the_end(method: Method) -> None:
            rounds: list[Result] = []
            for result in train(method, arguments):
                rounds.append(result)
                click.echo(f"{method}: {result['epochs']} epochs, {result['accuracy']:.1%}")
                trained = {**common, "ours": ours[method], "rounds": rounds}
                with lock:
                    if method not in found or _rank(trained) >= _rank(found[method]):
                        found[method] = trained
                        write(out / "accuracy.json", found, table(found))

        def train_chain(methods: Sequence[Method]) -> None:
            try:
                for method in methods:
                    train_to_the_end(method)
            except PipelineError as error:
                # The other chain may go on for hours before the command can end.
                click.echo(f"error: {error}", err=True)
                raise

        with ThreadPoolExecutor(len(chains)) as pool:
            list(pool.map(train_chain, chains))
    click.echo(table(found))


if __name__ == "__main__":
    stage.run(command)
