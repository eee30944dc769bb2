"""Measure: ``python -m benchmarks``; ``--help`` names the options."""

import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.data import of_project, small_part
from benchmarks.measuring import ROOT, Job, alone
from benchmarks.subjects import SUBJECTS, Plan, Section
from benchmarks.summary import draw, table
from dogs_vs_cats import stage
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.errors import PipelineError
from dogs_vs_cats.files import scratch_directory, whole_file, write_json
from dogs_vs_cats.params import read_settings

RESULTS = ROOT / "benchmarks" / "results"
NEEDED = {"comparison": ("features", "epochs")}
VERSIONS = ("tensorflow", "keras", "numpy")


def measure(plan: Plan, names: Sequence[str], done: dict[str, Section], out: Path) -> None:
    """Measure subjects and write the results after each, so that an early end loses little."""
    machine = describe()
    for name in names:
        for needed in NEEDED.get(name, ()):
            if needed not in done:
                raise PipelineError(f"{name} builds on {needed}: add --only {needed}.")
        click.echo(f"{name} …", err=True)
        done[name] = SUBJECTS[name](plan, done)
        write(out, machine, {each: done[each] for each in SUBJECTS if each in done})


def write(out: Path, machine: Section, subjects: dict[str, Section]) -> None:
    """The numbers, the table and the chart."""
    content = {"machine": machine, "subjects": subjects}
    write_json(out / "benchmarks.json", content)
    with whole_file(out / "benchmarks.md") as path:
        path.write_text(table(content), encoding="utf-8")
    draw(content, out / "benchmarks.svg")


def describe() -> dict[str, Any]:
    """What the results hold for."""
    found = alone(Job("ours:describe"))
    return {
        **{name: found[name] for name in ("device", "precision", "gpus")},
        "versions": {name: importlib.metadata.version(name) for name in VERSIONS},
    }


def earlier(out: Path, machine: Section) -> dict[str, Section]:
    """The subjects that were measured before on the same machine with the same versions."""
    path = out / "benchmarks.json"
    if not path.exists():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    subjects: dict[str, Section] = content["subjects"] if content["machine"] == machine else {}
    return subjects


def peer_pythons(values: Sequence[str]) -> dict[str, str]:
    """``NAME=PATH`` as a mapping.

    Raises:
        PipelineError: one has another form.
    """
    pairs = [value.partition("=") for value in values]
    if wrong := [value for value in values if not all(value.partition("="))]:
        raise PipelineError(f"--peer-python takes NAME=PATH; received {wrong[0]!r}.")
    return {name: path for name, _, path in pairs}


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(SUBJECTS)), help="One subject.")
@click.option("--rounds", type=click.IntRange(min=1), help="Turns of each side. [default: 3]")
@click.option(
    "--data",
    "project",
    type=click.Path(path_type=Path),
    default=ROOT,
    help="A project in which dvc repro was run. [default: this one]",
)
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, help="Where results go.")
@click.option("--quick", is_flag=True, help="Few pictures, one round: to see that all works.")
@click.option("--from-timings", is_flag=True, help="Whole trainings' times, of reports/timings.")
@click.option("--demo-seconds", type=float, help="What a demo took, for the start-up's share.")
@click.option("--run-demo", is_flag=True, help="Run the demo to know what it takes.")
@click.option("--peer-python", multiple=True, help="NAME=PATH of the interpreter of a peer.")
def command(
    only: tuple[str, ...],
    rounds: int | None,
    project: Path,
    out: Path,
    quick: bool,
    from_timings: bool,
    demo_seconds: float | None,
    run_demo: bool,
    peer_python: tuple[str, ...],
) -> None:
    """Measure this project against the usual way, against the machine and against its peers.

    A subject that is measured alone takes its place among the earlier results of this machine.
    """
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    classes = read_settings("classes", ClassSettings, ROOT / "params.yaml").names
    data = of_project(project)
    with scratch_directory(out / "scratch") as scratch:
        if quick:
            data = small_part(data, classes, 48, 24, scratch / "small")
        plan = Plan(
            data=data,
            classes=classes,
            scratch=scratch,
            rounds=rounds or (1 if quick else 3),
            pictures=64 if quick else 800,
            growth=32 if quick else 200,
            timings=project.resolve() / "reports" / "timings" if from_timings else None,
            demo_seconds=demo_seconds,
            run_demo=run_demo,
            peer_pythons=peer_pythons(peer_python),
        )
        names = [name for name in SUBJECTS if not only or name in only]
        done = {} if quick else earlier(out, describe())
        measure(plan, names, done, out)
    click.echo((out / "benchmarks.md").read_text(encoding="utf-8"))
    click.echo(f"Results: {out}")


def main() -> None:
    command()


if __name__ == "__main__":
    stage.run(main)
