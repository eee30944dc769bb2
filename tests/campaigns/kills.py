"""Stages that are killed at random moments: the same stage, run again, ends as if undisturbed.

``python -m tests.campaigns.kills --count 200 --seed 0``: the stages of a tiny project of drawn
pictures, each killed in turn by SIGKILL, SIGTERM and Ctrl-C, then run again; of every twenty kills
one meets a whole ``dvc repro`` in a project of its own, unless ``--stages`` names some. These need
what the others made: ``--project`` keeps it from one time to the next.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from tests.campaigns.counts import Counts, options
from tests.campaigns.tiny import STAGES, Tiny, ended, script

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
CODES = {signal.SIGTERM: (143, -signal.SIGTERM), signal.SIGINT: (130, -signal.SIGINT)}
"""What the shell shows as 143 and 130: our own ending, and that of Python before our code runs."""
FADING = 20
"""Seconds in which what a killed process had started must have ended."""


def run(
    project: Tiny, stages: Sequence[str], count: int, seed: int, whole: Tiny | None = None
) -> Counts:
    """Kill stages ``count`` times; with ``whole``, every twentieth time all of them in there.

    Each stage runs once undisturbed before, which also says how long it takes.
    """
    counts, rng = Counts(), random.Random(seed)
    good: dict[str, dict[str, str]] = {}
    seconds: dict[str, float] = {}
    for stage in stages:
        undisturbed = project.stage(stage)
        if undisturbed.code:
            counts.fault(-1, stage, f"does not even run: {undisturbed.said[-300:]}")
            return counts
        good[stage], seconds[stage] = project.outputs(stage), undisturbed.seconds
    for number in tqdm(range(count), disable=None):
        number_of_signal = SIGNALS[number % len(SIGNALS)]
        if whole and number % 20 == 19:
            kill_all(whole, number, number_of_signal, rng.uniform(0, sum(seconds.values())), counts)
            continue
        stage = stages[number // len(SIGNALS) % len(stages)]
        before = project.running()
        process = project.start(script(stage))
        started = time.perf_counter()
        time.sleep(rng.uniform(0, seconds[stage]))
        kind = f"{stage}, {number_of_signal.name} after {time.perf_counter() - started:.2f} s"
        in_time = process.poll() is None
        if in_time:
            send(process.pid, number_of_signal)
        end = ended(process, started)
        counts.add(f"{number_of_signal.name if in_time else 'too late'}")
        if "Traceback" in end.said or "hangs" in end.said:
            counts.fault(number, kind, end.said[-600:])
        if alive(process.pid):
            counts.fault(number, kind, "leaves processes behind")
            os.killpg(process.pid, signal.SIGKILL)
        if wrong := changed(good[stage], project.outputs(stage)):
            counts.fault(number, kind, f"leaves other outputs: {wrong}")
        if number_of_signal is not signal.SIGKILL:
            if end.code not in (*CODES[number_of_signal], 0):
                counts.fault(number, kind, f"ends with {end.code}: {end.said[-300:]}")
            if project.partial():
                counts.fault(number, kind, f"leaves {project.partial()}")
            if project.running() != before:
                counts.fault(number, kind, "leaves its run RUNNING")
        again = project.stage(stage)
        if again.code or project.outputs(stage) != good[stage] or project.partial():
            counts.fault(number, kind, f"does not recover: {again.said[-600:]}{project.partial()}")
    if whole:
        finish(whole, project, counts)
    return counts


def send(group: int, number: signal.Signals) -> None:
    """As it comes in life: Ctrl-C reaches all of a terminal's group, ``kill`` one process."""
    (os.killpg if number is signal.SIGINT else os.kill)(group, number)


def alive(group: int) -> bool:
    """Whether processes of a group are still there after a while."""
    deadline = time.monotonic() + FADING
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True


def changed(good: dict[str, str], found: dict[str, str]) -> list[str]:
    """Files that are there and are not as they must be; those that are missing are none."""
    return [name for name, digest in found.items() if good.get(name) != digest]


def kill_all(
    whole: Tiny, number: int, number_of_signal: signal.Signals, after: float, counts: Counts
) -> None:
    """Kill ``dvc repro`` and all that it started."""
    process = whole.start([sys.executable, "-m", "dvc", "repro"])
    started = time.perf_counter()
    time.sleep(after)
    if process.poll() is None:
        os.killpg(process.pid, number_of_signal)
    end = ended(process, started)
    counts.add(f"{number_of_signal.name} of dvc repro")
    # DVC itself may say how it was ended.
    if "hangs" in end.said or "pipeline/" in end.said.partition("Traceback")[2]:
        counts.fault(number, f"dvc repro, {number_of_signal.name}", end.said[-600:])
    if number_of_signal is not signal.SIGKILL and alive(process.pid):
        counts.fault(number, "dvc repro", "leaves processes behind")


def finish(whole: Tiny, project: Tiny, counts: Counts) -> None:
    """Run all stages to their end, which must be that of the undisturbed ones."""
    end = ended(whole.start([sys.executable, "-m", "dvc", "repro"]), time.perf_counter())
    for stage in STAGES:
        if whole.outputs(stage) != project.outputs(stage):
            counts.fault(-1, stage, f"another end after kills of dvc repro: {end.said[-600:]}")
    if end.code or whole.partial():
        counts.fault(-1, "dvc repro", f"ends with {end.code}, {whole.partial()}: {end.said[-600:]}")
    counts.add("last dvc repro")


if __name__ == "__main__":
    asked = options(__doc__, count=200, stages=STAGES)
    with TemporaryDirectory() as folder:
        disturbed = None
        if not asked.stages:
            disturbed = Tiny(Path(folder) / "disturbed")
            disturbed.prepare()
        finished = Tiny(asked.project or Path(folder) / "finished")
        finished.prepare()
        if not asked.stages:  # the last stages also read dvc.lock
            made = ended(
                finished.start([sys.executable, "-m", "dvc", "repro"]), time.perf_counter()
            )
            assert not made.code, made.said
        run(finished, asked.stages or STAGES, asked.count, asked.seed, disturbed).end()
