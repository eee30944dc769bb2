"""Bad tracking servers: a training goes on, all else ends with one message, soon.

``python -m tests.campaigns.servers --seed 0``: each kind of ``bad_servers`` meets a training, a
``track`` and a champion's fetch, and takes the place of a good server after some requests.
"""

import argparse
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.campaigns.asks import ASKS, ask
from tests.campaigns.bad_servers import FROM_THE_START, KINDS, bad_server
from tests.campaigns.counts import Counts
from tests.servers import QUIET, serving

PROCESSES = multiprocessing.get_context("forkserver")
# They are copies of one that has imported already, and so are there in no time.
PROCESSES.set_forkserver_preload(["mlflow.store.tracking.rest_store", "tests.campaigns.asks"])
PATIENCE = 60
"""Seconds that no process may take."""
SECRET = "pa55/w0rd@home"


@dataclass(frozen=True)
class Attempt:
    asks: str
    kind: str
    good_requests: int | None = None
    """Answered rightly before; None: wrong from the start."""


def attempts(seed: int) -> list[Attempt]:
    """All that a campaign tries, the telling ones at random places."""
    chance = random.Random(seed)
    tried = [Attempt(asks, kind) for kind in FROM_THE_START for asks in ASKS]
    most = {"training": 9, "track": 40, "champion": 5}
    tried += [Attempt(asks, kind, chance.randint(1, most[asks])) for kind in KINDS for asks in ASKS]
    chance.shuffle(tried)
    return tried


def faults(attempt: Attempt, project: Path, good: str | None) -> list[str]:
    """What is wrong with how the process ended that met the server."""
    with bad_server(attempt.kind, good, attempt.good_requests or 0) as address:
        uri = address.replace("://", f"://mlflow:{SECRET.replace('/', '%2F').replace('@', '%40')}@")
        process = PROCESSES.Process(target=ask, args=(attempt.asks, project, uri))
        started = time.monotonic()
        process.start()
        process.join(2 * PATIENCE)
        seconds = time.monotonic() - started
        process.kill()
        process.join()
    code = process.exitcode
    out, err = (project.joinpath(name).read_text() for name in ("out", "err"))
    found = [f"took {seconds:.0f} seconds"] * (seconds > PATIENCE)
    if "Traceback" in err or not (out + err).replace("\n", "").isprintable():
        found.append("traceback or escape sequences")
    if any(part in out + err for part in ("pa55", "w0rd", "home@")):
        found.append("the password is shown")
    late = attempt.good_requests is not None
    if attempt.asks == "training":
        is_warned = err.startswith("warning: this training is not") and err.count("\n") == 1
        right = (code, out) == (0, "trained\n") and (is_warned or (late and not err))
    else:
        right = code == 1 and not out and err.startswith("error: ") and err.count("error: ") >= 1
        right = (right and err.count("\n") <= 3) or (late and code == 0 and not err)
    return found if right else [*found, f"ended with {code}, {out!r}, {err!r}"]


def campaign(tried: Sequence[Attempt], folder: Path, at_once: int) -> Counts:
    """Make the attempts, some at once, each in a copy of a project of its own."""
    from tests.tracked_project import write_models, write_project  # TensorFlow, for no process

    counts = Counts()
    (folder / "models").mkdir()
    write_models(folder / "models")
    project = write_project(folder / "project", folder / "models").root
    command = (
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", "{port}"),
        *("--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/server.db"),
        *("--artifacts-destination", str(folder / "artifacts")),
    )

    def make(number: int, good: str | None) -> None:
        own = folder / str(number)
        shutil.copytree(project, own)
        wrong = faults(tried[number], own, good)
        late = "from the start" if tried[number].good_requests is None else "later"
        counts.add(f"{tried[number].asks} {late}")
        for what in wrong:
            counts.fault(number, str(tried[number]), what)
        shutil.rmtree(own)

    def make_all(good: str | None) -> None:
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(lambda number: make(number, good), range(len(tried))))

    if all(attempt.good_requests is None for attempt in tried):
        make_all(None)
        return counts
    with serving(command, folder, alive="/health") as good:
        environment = os.environ | QUIET | {"MLFLOW_TRACKING_URI": good}
        command = (sys.executable, "pipeline/track.py")
        subprocess.run(command, cwd=project, env=environment, check=True)
        make_all(good)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, help="the first so many (default: all)")
    parser.add_argument("--at-once", type=int, default=4)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        tried = attempts(options.seed)[: options.count]
        campaign(tried, Path(folder), options.at_once).end()


if __name__ == "__main__":
    main()
