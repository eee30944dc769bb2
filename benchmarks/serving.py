"""1,000 requests from 16 clients, a tenth of them broken: ``make bench-serving``.

``dogs-vs-cats serve`` and ``mlflow models serve`` hold the same model and are asked one after the
other; answers are held against what the model says of the picture alone.
"""

import base64
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import click
import requests

from benchmarks.data import CLASSES, of_project
from benchmarks.jobs import Result
from benchmarks.run import RESULTS, describe, out_option, project_option, write
from dogs_vs_cats import load_model, predict
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.errors import PipelineError

TOLERANCE = 1e-4
"""Of a probability: other pictures in a batch change the last digits of float32."""
BROKEN_EVERY = 10
PORT = 8765
_PYTHON = Path(sys.executable).parent

Ask = Callable[[bytes], tuple[int, float | None]]
"""The bytes of a file to a status and the probability of the second class."""


def ours(content: bytes) -> tuple[int, float | None]:
    answer = requests.post(
        f"http://127.0.0.1:{PORT}/predict", files={"files": ("a.jpg", content)}, timeout=120
    )
    rows = answer.json().get("pictures", ()) if answer.ok else ()
    return answer.status_code, rows[0]["probabilities"][CLASSES[1]] if rows else None


def mlflows(content: bytes) -> tuple[int, float | None]:
    answer = requests.post(
        f"http://127.0.0.1:{PORT}/invocations",
        json={"inputs": [base64.b64encode(content).decode()]},
        timeout=120,
    )
    return answer.status_code, (
        answer.json()["predictions"][0][f"probability_{CLASSES[1]}"] if answer.ok else None
    )


SERVERS: dict[str, tuple[Ask, tuple[str, ...], str]] = {
    "dogs-vs-cats serve": (ours, ("dogs-vs-cats", "serve", "--port", str(PORT)), "/ready"),
    "mlflow models serve": (
        mlflows,
        (
            *("mlflow", "models", "serve", "--model-uri", "models:/dogs-vs-cats@champion"),
            *("--env-manager", "local", "--port", str(PORT)),
        ),
        "/ping",
    ),
}
"""How each is asked, started, and known to be ready."""


@contextmanager
def served(command: Sequence[str], project: Path, alive: str) -> Iterator[None]:
    """A server for the time of the block.

    Raises:
        PipelineError: it does not start.
    """
    environment = {
        "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db",
        **os.environ,
        "PATH": f"{_PYTHON}{os.pathsep}{os.environ['PATH']}",
    }
    process = subprocess.Popen(
        command,
        cwd=project,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(600):
            try:
                if requests.get(f"http://127.0.0.1:{PORT}{alive}", timeout=5).ok:
                    break
            except requests.RequestException:
                time.sleep(0.2)
            if process.poll() is not None:
                raise PipelineError(f"{' '.join(command)} ended with {process.returncode}.")
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # MLflow's starts processes of its own
        process.wait(60)


def load(
    ask: Ask, contents: Sequence[bytes], right: Sequence[float | None], clients: int
) -> Result:
    """Ask about all, from so many clients at once.

    Returns:
        ``seconds``, ``requests_per_second``, ``median_ms``, ``p95_ms``, ``statuses``, ``wrong``
        (answers that are not the model's).
    """
    took: list[float] = []
    statuses: Counter[int] = Counter()
    wrong, lock = 0, threading.Lock()

    def one(number: int) -> None:
        nonlocal wrong
        started = time.perf_counter()
        status, told = ask(contents[number])
        seconds, expected = time.perf_counter() - started, right[number]
        differs = (told is None) != (expected is None) or (
            told is not None and expected is not None and abs(told - expected) > TOLERANCE
        )
        with lock:
            took.append(seconds)
            statuses[status] += 1
            wrong += differs

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(one, range(len(contents))))
    whole = time.perf_counter() - started
    return {
        "seconds": whole,
        "requests_per_second": len(contents) / whole,
        "median_ms": 1000 * statistics.median(took),
        "p95_ms": 1000 * statistics.quantiles(took, n=20)[-1],
        "statuses": dict(statuses),
        "wrong": wrong,
    }


def table(content: Result) -> str:
    """The results in Markdown."""
    lines = [
        f"{content['requests']:,} requests from {content['clients']} clients, one picture each, one"
        f" in {BROKEN_EVERY} broken; {content['model']}, {content['machine']['device']}.",
        "",
        "| server | requests a second | median, ms | 95 % below, ms | statuses | wrong answers |",
        "| --- | ---: | ---: | ---: | --- | ---: |",
    ]
    for name, of in content["servers"].items():
        statuses = ", ".join(f"{each}: {count}" for each, count in sorted(of["statuses"].items()))
        lines.append(
            f"| {name} | {of['requests_per_second']:.1f} | {of['median_ms']:,.0f} |"
            f" {of['p95_ms']:,.0f} | {statuses} | {of['wrong']} |"
        )
    return "\n".join([*lines, ""])


@click.command()
@click.option("--requests", "count", type=click.IntRange(min=20), default=1000, show_default=True)
@click.option("--clients", type=click.IntRange(min=1), default=16, show_default=True)
@project_option
@out_option(RESULTS)
def command(count: int, clients: int, project: Path, out: Path) -> None:
    """Ask both servers of a project's champion about its test pictures, many clients at once."""
    if out == RESULTS and count < 1000:
        raise PipelineError("So few requests are not to be kept: add --out FOLDER.")
    layout = of_project(project, needed=("splits", "models"))
    machine = describe()
    champion = load_model(None, project)
    paths = sorted((layout.splits / "test").rglob("*.jpg"))
    chosen = [paths[number * len(paths) // count % len(paths)] for number in range(count)]
    told = dict(zip(chosen, predict(champion, chosen)[f"probability_{CLASSES[1]}"], strict=True))
    broken = [number % BROKEN_EVERY == 0 for number in range(count)]
    contents = [
        b"broken" if bad else path.read_bytes() for path, bad in zip(chosen, broken, strict=True)
    ]
    right = [None if bad else float(told[path]) for path, bad in zip(chosen, broken, strict=True)]
    results = {}
    for name, (ask, words, alive) in SERVERS.items():
        with served([str(_PYTHON / words[0]), *words[1:]], project, alive):
            ask(contents[1])
            results[name] = load(ask, contents, right, clients)
    content = {
        "machine": machine,
        "model": champion.about.method,
        "requests": count,
        "clients": clients,
        "servers": results,
    }
    write(out / "serving.json", content, table(content))
    click.echo(table(content))


if __name__ == "__main__":
    stage.run(command)
