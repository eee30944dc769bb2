"""Clones of one project that track into one store at once: one complete run of each method.

``python -m tests.campaigns.trackings --count 100``: of so many processes, some run at once; the
store, which the first ones make, is a file or, with ``--server``, an MLflow server.
"""

import argparse
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient

from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.tracking.store import COMPLETE, EXPERIMENT
from tests.campaigns.counts import Counts
from tests.servers import QUIET, serving
from tests.tracked_project import write_models, write_project


def campaign(count: int, at_once: int, folder: Path, uri: str) -> Counts:
    """Track ``count`` times and look at what the store holds then."""
    counts = Counts()
    (folder / "models").mkdir()
    write_models(folder / "models")
    project = write_project(folder / "project", folder / "models").root
    command = (sys.executable, "pipeline/track.py")
    environment = os.environ | QUIET | {"MLFLOW_TRACKING_URI": uri}

    def track(number: int) -> None:
        clone = folder / str(number)
        shutil.copytree(project, clone)
        ended = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)
        counts.add("trackings")
        if ended.returncode or ended.stderr:
            counts.fault(number, "track", f"{ended.returncode}, {ended.stderr!r}")
        shutil.rmtree(clone)

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(track, range(count)))
    for wrong in _wrong(uri):
        counts.fault(count, "store", wrong)
    return counts


def _wrong(uri: str) -> list[str]:
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    runs = client.search_runs([experiment.experiment_id])
    complete = sorted(r.info.run_name for r in runs if COMPLETE.items() <= r.data.tags.items())
    models = sorted(m.name for m in client.search_logged_models([experiment.experiment_id]))
    versions = client.search_model_versions("name = 'dogs-vs-cats'")
    of_versions = sorted(version.tags["method"] for version in versions)
    found = {"complete runs": complete, "models": models, "versions": of_versions}
    found["runs"] = sorted(run.info.run_name for run in runs)
    return [f"{what}: {names}" for what, names in found.items() if names != sorted(METHODS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--server", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        database = f"sqlite:///{folder}/mlflow.db"
        if not options.server:
            campaign(options.count, options.at_once, folder, database).end()
        command = (
            *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", "{port}"),
            *("--workers", "1", "--backend-store-uri", database),
            *("--artifacts-destination", str(folder / "artifacts")),
        )
        with serving(command, folder, alive="/health") as uri:
            counts = campaign(options.count, options.at_once, folder, uri)
        counts.end()


if __name__ == "__main__":
    main()
