"""All that a GPU is asked to prove: ``make bench-gpu``; without one it says so and ends with 1."""

from dataclasses import replace
from pathlib import Path

import click

from benchmarks.jobs import Result
from benchmarks.measuring import Job, alone, interleaved, spreads
from benchmarks.run import RESULTS, earlier, measure, out_option, planned, project_option
from benchmarks.subjects import Plan
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import write_json

PASS_BATCH = 256
"""Pictures: enough to fill a GPU."""


def refusals(seen: Result) -> list[str]:
    """What is not as it should be on a GPU, in words; empty if all is well."""
    places = [*seen["variables_on"], *seen["optimizer_on"], seen["result_on"]]
    checks = {
        "variables, optimizer or results are not on the GPU": all("GPU" in p for p in places),
        "GPU memory does not grow on demand": all(seen["memory_growth"]),
        "layers do not compute in the precision of this GPU": seen["compute_dtype"]
        == seen["precision"],
    }
    return [problem for problem, holds in checks.items() if not holds]


def trainings(plan: Plan) -> Result:
    """Each method over all of its epochs: seconds and best validation accuracy."""
    return {method: alone(plan.job("ours:whole_training", method=method)) for method in METHODS}


def xla(plan: Plan) -> Result:
    """VGG16's pass and a training step with XLA and without."""
    precision = plan.precisions[0]

    def off_and_on(job: Job, number: str) -> Result:
        sides = {
            name: replace(job, arguments={**job.arguments, "jit_compile": jit})
            for name, jit in (("off", False), ("on", True))
        }
        return spreads(interleaved(sides, plan.rounds), number)

    whole_pass = plan.job("machine:arithmetic", precision=precision, batch_size=PASS_BATCH)
    step = Job("machine:training_step", {"precision": precision})
    return {
        "vgg16_pictures_per_second": off_and_on(whole_pass, "pictures_per_second"),
        "augmented_convnet_steps_per_second": off_and_on(step, "steps_per_second"),
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
    seen = alone(Job("machine:placement"))
    if not seen["gpus"]:
        raise PipelineError("TensorFlow sees no GPU, so nothing was measured. Try make setup GPU=1")
    if problems := refusals(seen):
        raise PipelineError(f"The GPU is not used as it should be: {'; '.join(problems)}.")
    with planned(project, out, rounds) as (plan, machine):
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
