"""A training as a live run in MLflow: params at the start, metrics of each epoch as they happen."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import Params
from dogs_vs_cats.tracking.environment import environment, git_state, workspace_id
from dogs_vs_cats.tracking.lineage import declared_params
from dogs_vs_cats.tracking.store import Store, little_patience, open_store, project_root, reason
from dogs_vs_cats.visualization.colours import COLOURS

if TYPE_CHECKING:
    from dogs_vs_cats.compute.device import Device


class LiveRun:
    """A run in MLflow while its method trains, as :func:`live_run` gives it.

    Once the store has failed, it is left alone: a training of hours must not end, nor wait again
    and again, because of its records. ``track`` writes the run later.
    """

    def __init__(self) -> None:
        self._store: Store | None = None
        self._run_id = ""

    def log_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Log an epoch's metrics. Epochs count from 1."""
        self._try(lambda store: store.log_metrics(self._run_id, {epoch: metrics}))

    def finish(self, model_md5: str, metrics: Mapping[str, float]) -> None:
        """Log what was reached, tie the run to its model file and mark it as finished."""

        def write(store: Store) -> None:
            store.log_metrics(self._run_id, {0: metrics})
            store.client.set_tag(self._run_id, "dvc.model_md5", model_md5)
            self._end(store, "FINISHED")

        self._try(write)

    def _begin(self, method: Method, params: Params, device: "Device") -> None:
        try:
            self._store = open_store(project_root())
        except Exception as error:
            self._give_up(error)
            return

        def write(store: Store) -> None:
            tags = {"origin": "training", "device": device.name, "precision": device.precision}
            run = store.client.create_run(
                store.experiment_id, run_name=method, tags=run_tags(method) | tags
            )
            self._run_id = run.info.run_id
            pipeline = Layout().pipeline.read_bytes()
            values = params.model_dump(by_alias=True)
            declared = declared_params(pipeline, f"train_{method}", values)
            store.log_params(self._run_id, run_params(method, declared))

        self._try(write)

    def _end(self, store: Store, status: str) -> None:
        store.client.set_terminated(self._run_id, status)
        self._store = None

    def _try(self, action: Callable[[Store], None]) -> None:
        if self._store is not None:
            try:
                with little_patience():
                    action(self._store)
            except Exception as error:  # whatever it is, the training is worth more
                self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._store = None
        print(
            "warning: this training is not shown live in MLflow; `track` adds it later."
            f" {reason(error)}",
            file=sys.stderr,
        )


@contextmanager
def live_run(method: Method, params: Params, device: "Device") -> Iterator[LiveRun]:
    """Show a training in MLflow while it runs.

    The run is RUNNING until :meth:`LiveRun.finish`; KILLED if the block is interrupted, FAILED if
    it raises or ends without ``finish``. Nothing that MLflow does raises here: the first failure
    is one line on standard error.

    Args:
        method: what is trained; the run's name.
        params: of which the run shows those that its stage in ``dvc.yaml`` follows from.
        device: what it runs on.
    """
    run = LiveRun()
    run._begin(method, params, device)
    try:
        yield run
    except KeyboardInterrupt:
        run._try(lambda store: run._end(store, "KILLED"))
        raise
    finally:
        # Does nothing after any other end.
        run._try(lambda store: run._end(store, "FAILED"))


def run_params(method: Method, settings: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as a run shows them, sorted by name.

    The method's own lose its name (``frozen_base.epochs`` is ``epochs`` in the run of
    ``frozen_base``), so that the five methods line up in one column.
    """
    own = f"{method}."
    return {name.removeprefix(own): str(value) for name, value in sorted(settings.items())}


def run_tags(method: str) -> dict[str, str]:
    """Tags of a run that this process makes: method, environment, revision, workspace.

    Args:
        method: a method, or ``comparison``.
    """
    workspace = Path.cwd()
    tags = {
        "method": method,
        "dvc.workspace": workspace_id(workspace),
        # MLflow's pages show the revision only beside a source.
        "mlflow.source.name": f"pipeline/{'train' if method in METHODS else 'track'}.py",
        "mlflow.source.type": "LOCAL",
    }
    if colour := {str(name): colour for name, colour in COLOURS.items()}.get(method):
        # Its pages take a run's colour from here; else two methods may get the same one.
        tags["mlflow.runColor"] = colour
    if experiment := os.environ.get("DVC_EXP_NAME"):
        tags["dvc.experiment"] = experiment
    return tags | environment() | git_state(workspace)
