"""Two revisions of the whole comparison, side by side on one machine: ``make bench-against``.

Each is cloned, set up by its own ``make setup`` from its own lock, and brought as far as the
weights. Then their stages take turns, so that a machine that slows down slows both.
"""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click
import pandas as pd

from benchmarks.jobs import Result
from benchmarks.measuring import ROOT
from benchmarks.run import FOLDER, RESULTS, describe, out_option, write
from dogs_vs_cats.evaluation.significance import exact_mcnemar
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.errors import PipelineError

STAGES = ("features", "views", *(f"train_{method}" for method in METHODS), "evaluate")
GIB = 2**30


def clone(revision: str, folder: Path) -> str:
    """A clone of a revision with an environment of its own, ready to run its stages.

    Returns:
        The commit.

    Raises:
        PipelineError: there is no such revision, or something fails; the end of what was said.
    """
    if not folder.exists():
        _run(["git", "clone", "--quiet", "--no-checkout", str(ROOT), str(folder)], ROOT)
    commit = _run(["git", "rev-parse", "--verify", f"{revision}^{{commit}}"], ROOT).strip()
    _run(["git", "fetch", "--quiet", str(ROOT), commit], folder)
    _run(["git", "checkout", "--quiet", "--force", commit], folder)
    _run(["make", "setup"], folder)
    _run([*_dvc(folder), "repro", "validate", "weights"], folder)
    return commit


def run_stage(folder: Path, name: str) -> Result:
    """Run one stage of a clone, whatever DVC believes.

    Returns:
        ``seconds`` (wall), ``cpu_seconds``, and ``peak_bytes`` of the largest process.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        [*_dvc(folder), "repro", "--single-item", "--force", name],
        cwd=folder,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise PipelineError(f"{name} failed in {folder}:\n{said[-2000:].strip()}")
    return {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * 1024,
    }


def judged(then: Path, now: Path) -> dict[str, Result]:
    """Each method's test accuracy in both clones, and the exact McNemar test between them.

    Args:
        then: a clone in which ``evaluate`` has run.
        now: another, on the same test pictures.
    """
    found = {}
    for method in METHODS:
        right = []
        for folder in (then, now):
            table = pd.read_csv(folder / f"reports/predictions/{method}.csv", dtype=str)
            right.append((table["actual"] == table["predicted"]).set_axis(table["file"]))
        before, after = right
        only_then, only_now = int((before & ~after).sum()), int((after & ~before).sum())
        found[method] = {
            "then": float(before.mean()),
            "now": float(after.mean()),
            "only_then": only_then,
            "only_now": only_now,
            "p": exact_mcnemar(only_then, only_now),
        }
    return found


def in_words(content: Result) -> str:
    """The result as Markdown tables."""
    lines = [
        f"{content['machine']['device']}, {content['machine']['precision']}; {content['then'][:7]}"
        f" against {content['now'][:7]}, rounds: {content['rounds']}",
        "",
        "| stage | then, s | now, s | ratio | peak then, GiB | peak now, GiB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, of_stage in (*content["stages"].items(), ("all", content["all"])):
        then, now = of_stage["then"], of_stage["now"]
        lines.append(
            f"| {name} | {then['seconds']:.1f} | {now['seconds']:.1f}"
            f" | {now['seconds'] / then['seconds']:.2f}"
            f" | {then['peak_bytes'] / GIB:.2f} | {now['peak_bytes'] / GIB:.2f} |"
        )
    if content["accuracy"]:
        lines += [
            "",
            "| method | test accuracy then | now | right only then | only now | p (McNemar) |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
    for method, reached in content["accuracy"].items():
        lines.append(
            f"| {method} | {reached['then']:.1%} | {reached['now']:.1%}"
            f" | {reached['only_then']} | {reached['only_now']} | {reached['p']:.3f} |"
        )
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--against", "revision", required=True, help="The revision to compare with.")
@click.option("--revision", "present", default="HEAD", show_default=True, help="The other one.")
@click.option("--only", multiple=True, type=click.Choice(STAGES), help="One stage.")
@click.option("--rounds", type=click.IntRange(min=1), default=1, show_default=True)
@click.option(
    "--clones",
    type=FOLDER,
    default=ROOT / ".against",
    help="Where the two are cloned; what is there from an earlier call is used.",
)
@out_option(RESULTS)
def command(
    revision: str, present: str, only: Sequence[str], rounds: int, clones: Path, out: Path
) -> None:
    """Run two revisions side by side, stage by stage, and compare times and accuracies.

    The pictures come from the source in params.yaml: set DOGS_VS_CATS_ARCHIVE to your archive. A
    stage that is left out has to have run before in both clones, if another needs it.
    """
    if only and out == RESULTS:
        raise PipelineError("A part of the stages is not to be kept: add --out FOLDER.")
    folders = {"then": clones / "then", "now": clones / "now"}
    commits = {
        side: clone(name, folders[side]) for side, name in (("then", revision), ("now", present))
    }
    stages: dict[str, Any] = {}
    for name in [name for name in STAGES if not only or name in only]:
        turns: dict[str, list[Result]] = {side: [] for side in folders}
        for number in range(rounds):
            for side in list(folders)[:: -1 if number % 2 else 1]:
                turns[side].append(run_stage(folders[side], name))
                click.echo(f"{name} {side}: {turns[side][-1]['seconds']:.1f} s", err=True)
        stages[name] = {side: _summary(of_side) for side, of_side in turns.items()}
    content = {
        "machine": describe(),
        **commits,
        "rounds": rounds,
        "stages": stages,
        "all": {side: _total([each[side] for each in stages.values()]) for side in folders},
        "accuracy": judged(*folders.values()) if "evaluate" in stages else {},
    }
    out.mkdir(parents=True, exist_ok=True)
    write(out / "against.json", content, in_words(content))
    click.echo(in_words(content))


def _summary(turns: Sequence[Result]) -> Result:
    return {
        "seconds": median(turn["seconds"] for turn in turns),
        "cpu_seconds": median(turn["cpu_seconds"] for turn in turns),
        "peak_bytes": max(turn["peak_bytes"] for turn in turns),
    }


def _total(stages: Sequence[Result]) -> Result:
    return {
        "seconds": sum(each["seconds"] for each in stages),
        "cpu_seconds": sum(each["cpu_seconds"] for each in stages),
        "peak_bytes": max(each["peak_bytes"] for each in stages),
    }


def _dvc(folder: Path) -> list[str]:
    return [str(folder / ".venv/bin/dvc")]


def _environment(folder: Path) -> dict[str, str]:
    """The clone's own programs and code, and a store of its own."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    own.pop("PYTHONPATH", None)
    return own | {"PATH": f"{folder / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"}


def _run(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise PipelineError(
            f"`{' '.join(command)}` failed in {folder}:\n{done.stdout[-2000:].strip()}"
        )
    return done.stdout


if __name__ == "__main__":
    stage.run(command)
