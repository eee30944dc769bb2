"""All that a GPU is asked to prove: ``make bench-gpu``; without one it says so and ends with 1."""

from pathlib import Path

import click
from dogs_vs_cats.params import read_settings

from benchmarks.data import of_project
from benchmarks.measuring import ROOT, Job, alone, column, interleaved, spread
from benchmarks.run import (
    RESULTS,
    describe,
    earlier,
    measure,
    out_option,
    precisions_of,
    project_option,
)
from benchmarks.subjects import Plan, Section
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import scratch_directory, write_json
from dogs_vs_cats.settings import ClassSettings

PASS_BATCH = 256
"""Pictures: enough to fill a GPU."""


def refusals(seen: Section) -> list[str]:
    """What is not as it should be on a GPU, in words; empty if all is well."""
    places = [*seen["variables_on"], *seen["optimizer_on"], seen["result_on"]]
    checks = {
        "variables, optimizer or results are not on the GPU": all("GPU" in p for p in places),
        "GPU memory does not grow on demand": all(seen["memory_growth"]),
        "layers do not compute in the precision of this GPU": seen["compute_dtype"]
        == seen["precision"],
    }
    return [problem for problem, holds in checks.items() if not holds]


def trainings(plan: Plan) -> Section:
    """Each method over all of its epochs: seconds and best validation accuracy."""
    return {
        method: alone(plan.job("ours:whole_training", method=method, scratch=str(plan.scratch)))
        for method in METHODS
    }


def xla(plan: Plan) -> Section:
    """VGG16's pass and a training step with XLA and without."""
    precision = plan.precisions[0]
    passes = {
        name: plan.job(
            "machine:arithmetic", precision=precision, jit_compile=jit, batch_size=PASS_BATCH
        )
        for name, jit in (("off", False), ("on", True))
    }
    steps = {
        name: Job("machine:training_step", {"precision": precision, "jit_compile": jit})
        for name, jit in (("off", False), ("on", True))
    }
    of_pass, of_step = interleaved(passes, plan.rounds), interleaved(steps, plan.rounds)
    return {
        "vgg16_pictures_per_second": {
            name: spread(column(each, "pictures_per_second")) for name, each in of_pass.items()
        },
        "augmented_convnet_steps_per_second": {
            name: spread(column(each, "steps_per_second")) for name, each in of_step.items()
        },
    }


PARTS = {"trainings": trainings, "xla": xla}
"""What only a GPU is asked; the results are in ``gpu.json``."""
MEASURED = ("features", "augmented_input", "epochs", "growth", "machine")
"""Subjects of ``make bench``, with results of the same form."""


@click.command()
@click.option("--only", multiple=True, type=click.Choice([*PARTS, *MEASURED]), help="One of them.")
@project_option
@out_option(RESULTS / "gpu")
@click.option("--rounds", type=click.IntRange(min=1), default=3, help="Turns of each side.")
def command(only: tuple[str, ...], project: Path, out: Path, rounds: int) -> None:
    """Check device placement, run the five methods and the benchmarks, and write what was seen.

    What is measured alone takes its place among the earlier results of this machine.
    """
    seen = alone(Job("gpu:placement"))
    if not seen["gpus"]:
        raise PipelineError("TensorFlow sees no GPU, so nothing was measured. Try make setup GPU=1")
    if problems := refusals(seen):
        raise PipelineError(f"The GPU is not used as it should be: {'; '.join(problems)}.")
    data = of_project(project)
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    machine = describe()
    with scratch_directory(out / "scratch") as scratch:
        plan = Plan(
            data=data,
            classes=read_settings("classes", ClassSettings, ROOT / "params.yaml").names,
            scratch=scratch,
            rounds=rounds,
            precisions=precisions_of(machine),
        )
        found = {**earlier(out / "gpu.json", machine), "placement": seen}
        for name in PARTS:
            if not only or name in only:
                click.echo(f"{name} …", err=True)
                found[name] = PARTS[name](plan)
            write_json(out / "gpu.json", {"machine": machine, "subjects": found})
        measured = [name for name in MEASURED if not only or name in only]
        measure(plan, measured, earlier(out / "benchmarks.json", machine), machine, out)
    click.echo(f"Results: {out}")


if __name__ == "__main__":
    stage.run(command)
