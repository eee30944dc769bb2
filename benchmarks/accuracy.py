"""The usual way's test accuracy: ``python -m benchmarks.accuracy``; hours without a GPU."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import click

from benchmarks.data import of_project
from benchmarks.measuring import Job, started
from benchmarks.run import RESULTS, describe, out_option, project_option
from benchmarks.subjects import REFERENCE_EPOCHS, Section
from dogs_vs_cats import stage
from dogs_vs_cats.errors import PipelineError
from dogs_vs_cats.files import scratch_directory, whole_file, write_json
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.words import display_name

CHAINS: tuple[tuple[Method, ...], ...] = (
    ("small_convnet", "augmented_convnet", "feature_extraction"),
    ("frozen_base", "fine_tuning"),
)
"""Trained side by side, since nothing is timed; fine-tuning begins with the frozen base's model."""
EPOCHS_A_ROUND = 10
"""Epochs from one look at the test pictures to the next."""


def train(method: Method, arguments: Mapping[str, Any]) -> Iterator[Section]:
    """The usual way's training of a method: ``epochs`` and ``accuracy`` after every round."""
    start = "frozen_base" if method == "fine_tuning" else None
    job = Job(
        "reference:accuracy",
        {"method": method, "epochs": EPOCHS_A_ROUND, "start": start, **arguments},
    )
    with started(job) as worker:
        for epochs in range(EPOCHS_A_ROUND, REFERENCE_EPOCHS[method] + 1, EPOCHS_A_ROUND):
            yield {"epochs": epochs, **worker.measure()}


def read_ours(project: Path) -> dict[str, dict[str, Any]]:
    """What this project reached on the same test pictures, a method each.

    Raises:
        PipelineError: ``reports/evaluation.json`` is missing or damaged.
    """
    path = project / "reports" / "evaluation.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        names = ("accuracy", "accuracy_low", "accuracy_high", "pictures")
        return {method: {name: found[method][name] for name in names} for method in METHODS}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PipelineError(f"{path} does not say what was reached: {error!r}.") from None


def chains_of(methods: Sequence[str]) -> list[list[Method]]:
    """Those of the methods that are asked for, all if none is.

    Raises:
        PipelineError: fine-tuning has nothing to begin with.
    """
    if "fine_tuning" in methods and "frozen_base" not in methods:
        raise PipelineError("fine_tuning begins with frozen_base's model: add --only frozen_base.")
    return [
        chosen
        for chain in CHAINS
        if (chosen := [method for method in chain if not methods or method in methods])
    ]


def read_earlier(path: Path) -> dict[str, Section]:
    """What was trained before, a method each."""
    if not path.exists():
        return {}
    try:
        found: dict[str, Section] = json.loads(path.read_text(encoding="utf-8"))["reference"]
    except (ValueError, KeyError, TypeError):
        raise PipelineError(f"{path} is damaged. Delete it and train again.") from None
    return found


def table(content: Mapping[str, Any]) -> str:
    """Both ways' accuracies in Markdown, for what was trained so far."""
    lines = [
        "Test accuracy: ours is reports/evaluation.json, with a 95 % confidence interval; the usual"
        " way is trained in float32 and judged after its last epoch.",
        "",
        "| method | ours | the usual way | after epochs |",
        "| --- | ---: | ---: | ---: |",
    ]
    for method in METHODS:
        if method not in content["reference"]:
            continue
        ours, last = content["ours"][method], content["reference"][method]["rounds"][-1]
        whole = REFERENCE_EPOCHS[method]
        of_whole = "" if last["epochs"] == whole else f" of {whole}"
        lines.append(
            f"| {display_name(method)} | {ours['accuracy']:.1%} ({ours['accuracy_low']:.1%} to"
            f" {ours['accuracy_high']:.1%}) | {last['accuracy']:.1%} |"
            f" {last['epochs']}{of_whole} |"
        )
    return "\n".join([*lines, ""])


def write(out: Path, content: Mapping[str, Any]) -> None:
    """The numbers and the table."""
    write_json(out / "accuracy.json", content)
    with whole_file(out / "accuracy.md") as path:
        path.write_text(table(content), encoding="utf-8")


@click.command()
@click.option("--only", multiple=True, type=click.Choice(METHODS), help="One method.")
@project_option
@out_option(RESULTS)
def command(only: tuple[str, ...], project: Path, out: Path) -> None:
    """Train the usual way to its end and compare its test accuracy with this project's.

    Results are written after every ten epochs: a run that is ended early leaves what it reached.
    A method that is trained alone takes its place among the earlier results.
    """
    chains = chains_of(only)
    project, out = project.resolve(), out.resolve()
    data = of_project(project, needed=("splits", "weights"))
    machine = describe()
    reference = read_earlier(out / "accuracy.json")
    content = {"ours": read_ours(project), "reference": reference}
    lock = Lock()
    with scratch_directory(out / "scratch-accuracy") as scratch:
        arguments = {"data": data.arguments(), "scratch": str(scratch)}

        def train_chain(methods: Sequence[Method]) -> None:
            for method in methods:
                rounds: list[Section] = []
                for result in train(method, arguments):
                    click.echo(f"{method}: {result['epochs']} epochs, {result['accuracy']:.1%}")
                    with lock:
                        rounds.append(result)
                        reference[method] = {"machine": machine, "rounds": rounds}
                        write(out, content)

        with ThreadPoolExecutor(len(chains)) as pool:
            list(pool.map(train_chain, chains))
    click.echo(table(content))


if __name__ == "__main__":
    stage.run(command)
