"""Starting the sides of a benchmark, taking turns between them, and summing up what they say."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from dogs_vs_cats.project.errors import PipelineError

ROOT = Path(__file__).parents[1]

Result = dict[str, Any]
"""What a side says of one round: numbers by name; the worker adds its peak memory."""


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


class Side(Protocol):
    def measure(self) -> Result: ...


class Worker:
    """A running side (see :mod:`benchmarks.worker`)."""

    def __init__(self, job: Job, process: "subprocess.Popen[str]", errors: Any) -> None:
        self._job, self._process, self._errors = job, process, errors

    def answer(self) -> Result:
        """The next line that it says.

        Raises:
            NotInstalledError: it lacks a package.
            PipelineError: it ended; the end of what it wrote on standard error is given.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()  # it may still be writing why
            self._errors.seek(0)
            last = self._errors.read()[-2000:].strip()
            raise PipelineError(f"benchmarks.jobs.{self._job.target} failed:\n{last}")
        result: Result = json.loads(line)
        if "not_installed" in result:
            raise NotInstalledError(result["not_installed"])
        return result

    def measure(self) -> Result:
        """Run one round."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended: the answer says why
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        return self.answer()


@contextmanager
def started(job: Job) -> Iterator[Worker]:
    """A worker that has set up; it ends with the block."""
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
        worker = Worker(job, process, errors)
        try:
            worker.answer()
            yield worker
        except BaseException:
            process.kill()
            raise


def alone(job: Job) -> Result:
    """One round of a job in a fresh process."""
    with started(job) as worker:
        return worker.measure()


def take_turns(sides: Mapping[str, Side], rounds: int) -> dict[str, list[Result]]:
    """Each side once in every round: a machine that slows down slows all of them."""
    results: dict[str, list[Result]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            results[name].append(side.measure())
    return results


def interleaved(jobs: Mapping[str, Job], rounds: int) -> dict[str, list[Result]]:
    """:func:`take_turns` between a process for each job, all set up before the first round."""
    with ExitStack() as stack:
        sides = {name: stack.enter_context(started(job)) for name, job in jobs.items()}
        return take_turns(sides, rounds)


def spread(values: list[float]) -> dict[str, float]:
    """``median``, ``min`` and ``max``."""
    return {"median": median(values), "min": min(values), "max": max(values)}


def ratio(numerator: list[float], denominator: list[float]) -> dict[str, float]:
    """Spread of one side's numbers over the other's, round by round.

    A side with fewer rounds than the other (a long one is measured less often) stands with its
    median in the rounds that it lacks.
    """
    rounds = max(len(numerator), len(denominator))

    def padded(values: list[float]) -> list[float]:
        return values + [median(values)] * (rounds - len(values))

    pairs = zip(padded(numerator), padded(denominator), strict=True)
    return spread([above / below for above, below in pairs])


def column(results: list[Result], name: str) -> list[float]:
    """One number of every round."""
    return [result[name] for result in results]


def peak_memory(results: list[Result]) -> dict[str, int]:
    """The largest peaks over the rounds, in bytes."""
    return {
        name: max(int(result[name]) for result in results)
        for name in ("peak_bytes", "peak_anonymous_bytes")
    }
