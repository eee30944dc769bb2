"""Starting the sides of a benchmark, taking turns between them, and summing up what they say."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.jobs import Measure, Result
from dogs_vs_cats.project.errors import PipelineError

ROOT = Path(__file__).parents[1]

Results = Mapping[str, list[Result]]
"""What each side said, a round after another; the worker adds its peak memory."""


class NotInstalledError(Exception):
    """The package that a side needs is not there."""


@dataclass(frozen=True)
class Job:
    """A function of ``benchmarks.jobs`` and its arguments, which JSON can carry."""

    target: str
    """``module:function`` within ``benchmarks.jobs``."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    python: str = sys.executable
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables beside those of this process."""


@contextmanager
def started(job: Job) -> Iterator[Measure]:
    """One round at a time of a job that has set up in a process of its own.

    The process (see :mod:`benchmarks.worker`) ends with the block.

    Raises:
        NotInstalledError: it lacks a package.
        PipelineError: it ended; the end of what it wrote on standard error is given.
    """
    arguments = [f"benchmarks.jobs.{job.target}", json.dumps(job.arguments)]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors,
        subprocess.Popen(
            [job.python, "-m", "benchmarks.worker", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT / "src"),  # this checkout's code, whatever is installed
                "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # the sides share a GPU
                **job.environment,
            },
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        requests, answers = process.stdin, process.stdout

        def answer() -> Result:
            line = answers.readline()
            if not line:
                process.wait()  # it may still be writing why
                errors.seek(0)
                last = errors.read()[-2000:].strip()
                raise PipelineError(f"benchmarks.jobs.{job.target} failed:\n{last}")
            result: Result = json.loads(line)
            if "not_installed" in result:
                raise NotInstalledError(result["not_installed"])
            return result

        def measure() -> Result:
            with contextlib.suppress(BrokenPipeError):  # it has ended: the answer says why
                print(file=requests, flush=True)
            return answer()

        try:
            answer()
            yield measure
        except BaseException:
            process.kill()
            raise


def alone(job: Job) -> Result:
    """One round of a job in a fresh process."""
    with started(job) as measure:
        return measure()


def take_turns(
    sides: Mapping[str, Measure], rounds: int, once: Collection[str] = ()
) -> dict[str, list[Result]]:
    """Each side once in every round: a machine that slows down slows all of them.

    Args:
        sides: what is measured.
        rounds: how often.
        once: sides that take part in the first round alone, because they are long.
    """
    results: dict[str, list[Result]] = {name: [] for name in sides}
    for number in range(rounds):
        for name, measure in sides.items():
            if number == 0 or name not in once:
                results[name].append(measure())
    return results


def interleaved(
    jobs: Mapping[str, Job], rounds: int, once: Collection[str] = (), optional: bool = False
) -> dict[str, list[Result]]:
    """:func:`take_turns` between a process for each job, all set up before the first round.

    Where they are ``optional``, jobs that lack a package are left out.
    """
    with ExitStack() as stack:
        sides = {}
        for name, job in jobs.items():
            with contextlib.suppress(*([NotInstalledError] if optional else [])):
                sides[name] = stack.enter_context(started(job))
        return take_turns(sides, rounds, once)


def spread(values: list[float]) -> dict[str, float]:
    """``median``, ``min`` and ``max``."""
    return {"median": median(values), "min": min(values), "max": max(values)}


def column(results: list[Result], name: str) -> list[float]:
    """One number of every round."""
    return [result[name] for result in results]


def spreads(results: Results, name: str) -> dict[str, dict[str, float]]:
    """The spread of each side's number."""
    return {side: spread(column(of_side, name)) for side, of_side in results.items()}


def compared(results: Results, name: str, side: str, other: str) -> dict[str, dict[str, float]]:
    """:func:`spreads`, and ``ratio``: that of one side's number over another's."""
    numbers = (column(results[each], name) for each in (side, other))
    return {**spreads(results, name), "ratio": ratio(*numbers)}


def ratio(numerator: list[float], denominator: list[float]) -> dict[str, float]:
    """Spread of one side's numbers over the other's, round by round.

    A side with fewer rounds than the other (a long one is measured less often) stands with its
    median in the rounds that it lacks.
    """
    above, below = median(numerator), median(denominator)
    return spread(
        [
            (above if a is None else a) / (below if b is None else b)
            for a, b in zip_longest(numerator, denominator)
        ]
    )


def peak_memory(results: Results) -> dict[str, dict[str, int]]:
    """The largest peaks of each side over the rounds, in bytes."""
    return {
        side: {
            name: max(int(result[name]) for result in of_side)
            for name in ("peak_bytes", "peak_anonymous_bytes")
        }
        for side, of_side in results.items()
    }
