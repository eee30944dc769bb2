"""Measure: ``python -m benchmarks``; ``--help`` names the options."""

import importlib.metadata
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from benchmarks.data import linked, of_project, small_part
from benchmarks.jobs import Result
from benchmarks.measuring import ROOT, Job, alone
from benchmarks.subjects import PEERS, SUBJECTS, Plan
from benchmarks.summary import draw, table
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import scratch_directory, whole_file, write_json
from dogs_vs_cats.settings import read_params

RESULTS = ROOT / "benchmarks" / "results"
NEEDED = {"comparison": ("features", "epochs")}
MAY_RUN_APART = [peer for peer in PEERS if peer != "tensorflow"]
VERSIONS = ("tensorflow", "keras", "numpy")


def measure(
    plan: Plan, names: Sequence[str], done: dict[str, Result], machine: Result, out: Path
) -> None:
    """Measure subjects and write the results after each, so that an early end loses little.

    Args:
        plan: what to measure on.
        names: of subjects.
        done: what was measured before; the results join it.
        machine: see :func:`describe`.
        out: the folder of the results.

    Raises:
        PipelineError: a subject builds on another that is neither done nor asked for.
    """
    for name in names:
        for needed in NEEDED.get(name, ()):
            if needed not in (*done, *names):
                raise PipelineError(f"{name} builds on {needed}: add --only {needed}.")
    for name in names:
        click.echo(f"{name} …", err=True)
        done[name] = SUBJECTS[name](plan, done)
        subjects = {each: done[each] for each in SUBJECTS if each in done}
        content = {"machine": machine, "subjects": subjects}
        write(out / "benchmarks.json", content, table(content))
        draw(content, out / "benchmarks.svg")


def write(path: Path, content: Any, in_words: str) -> None:
    """The numbers, and their tables in Markdown beside them."""
    write_json(path, content)
    with whole_file(path.with_suffix(".md")) as markdown:
        markdown.write_text(in_words, encoding="utf-8")


def describe() -> Result:
    """What the results hold for."""
    found = alone(Job("ours:describe"))
    return {
        **{name: found[name] for name in ("device", "precision", "gpus")},
        "versions": {name: importlib.metadata.version(name) for name in VERSIONS},
    }


def precisions_of(machine: Result) -> tuple[str, ...]:
    """float32, and bfloat16 where ``compute.precision`` comes to it (see :func:`describe`)."""
    return tuple(dict.fromkeys((machine["precision"], "float32")))


def earlier(path: Path, machine: Result) -> dict[str, Result]:
    """The subjects of a file of results, if of the same machine with the same versions.

    Raises:
        PipelineError: the file is damaged.
    """
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        subjects: dict[str, Result] = content["subjects"] if content["machine"] == machine else {}
    except (ValueError, KeyError, TypeError):
        raise PipelineError(f"{path} is damaged. Delete it and measure again.") from None
    return subjects


def peer_pythons(values: Sequence[str]) -> dict[str, str]:
    """``NAME=PATH`` as a mapping.

    Raises:
        PipelineError: one has another form, names no peer, or names no program.
    """
    found = {}
    for value in values:
        name, _, path = value.partition("=")
        if not (name and path):
            raise PipelineError(f"--peer-python takes NAME=PATH; received {value!r}.")
        if name not in MAY_RUN_APART:
            raise PipelineError(f"--peer-python knows {', '.join(MAY_RUN_APART)}; not {name}.")
        if not shutil.which(path):
            raise PipelineError(f"--peer-python {name}: {path} is no program.")
        found[name] = path
    return found


@contextmanager
def planned(project: Path, out: Path, rounds: int, **options: Any) -> Iterator[tuple[Plan, Result]]:
    """A plan to measure a project's data, which nothing is written beside, and the machine.

    Raises:
        PipelineError: some of the data is missing.
    """
    params, layout = read_params(ROOT / "params.yaml"), of_project(project)
    out.mkdir(parents=True, exist_ok=True)
    with scratch_directory(out / "scratch") as scratch:
        machine = describe()
        links = linked(layout, scratch / "project")
        yield Plan(links, params, scratch, rounds, precisions_of(machine), **options), machine


FOLDER = click.Path(path_type=Path, resolve_path=True)
project_option = click.option(
    "--data",
    "project",
    type=FOLDER,
    default=ROOT,
    help="A project in which dvc repro was run with these params. [default: this one]",
)


def out_option(default: Path) -> Callable[[Any], Any]:
    """``--out``, with a folder of its own for each command."""
    return click.option("--out", type=FOLDER, default=default, help="Where results go.")


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(SUBJECTS)), help="One subject.")
@click.option("--rounds", type=click.IntRange(min=1), help="Turns of each side. [default: 3]")
@project_option
@out_option(RESULTS)
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
    if quick and out == RESULTS:
        raise PipelineError("--quick measures too little to be kept: add --out FOLDER.")
    with planned(
        project,
        out,
        rounds or (1 if quick else 3),
        timings=project / "reports" / "timings" if from_timings else None,
        demo_seconds=demo_seconds,
        run_demo=run_demo,
        peer_pythons=peer_pythons(peer_python),
    ) as (plan, machine):
        if quick:
            few = plan.scratch / "few"
            layout = small_part(plan.layout, 48, 24, few)
            plan = replace(plan, layout=layout, pictures=64, growth=32)
        names = [name for name in SUBJECTS if not only or name in only]
        done = {} if quick else earlier(out / "benchmarks.json", machine)
        measure(plan, names, done, machine, out)
    click.echo((out / "benchmarks.md").read_text(encoding="utf-8"))
    click.echo(f"Results: {out}")
