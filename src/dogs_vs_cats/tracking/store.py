"""The MLflow store: where it is, and opening it quickly, quietly or not at all."""

import contextlib
import fcntl
import logging
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from requests import RequestException

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.quiet import uncollected

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "dogs-vs-cats"
DEFAULT_URI = "sqlite:///mlflow.db"
"""Relative to the project root; artifacts lie in ``mlartifacts`` beside the file."""

_SQLITE = "sqlite:///"
_OVERTAKEN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "BAD_REQUEST")
"""What MLflow says of a thing that is gone, of a deleted run that is written to, and of an equal
thing that another process has just written."""
_ATTEMPTS = 4

T = TypeVar("T")


class OvertakenError(Exception):
    """Something that was just there has been deleted by another process."""


@dataclass(frozen=True)
class Store:
    """An experiment in a store that answers."""

    client: "MlflowClient"
    experiment_id: str
    name: str
    """The store's URI for people: without a password, local paths relative to the project."""

    @contextlib.contextmanager
    def errors_explained(self) -> Iterator[None]:
        """Turn what MLflow raises while the store is used into a :class:`PipelineError`."""
        from mlflow.exceptions import MlflowException

        try:
            yield
        except (MlflowException, RequestException) as error:
            raise _unusable(self.name, error) from None

    def repeated(self, action: Callable[[], T]) -> T:
        """Do something that can be done twice, again if another process came between.

        Of equal things, processes that write at the same time agree on one, and delete the others
        that each of them is still busy with.
        """
        from mlflow.exceptions import MlflowException

        for left in reversed(range(_ATTEMPTS)):
            try:
                return action()
            except OvertakenError:
                if not left:
                    raise PipelineError(
                        f"Other processes keep changing MLflow's store {self.name}. Run again."
                    ) from None
            except MlflowException as error:
                if not left or error.error_code not in _OVERTAKEN:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def log_params(self, run_id: str, params: Mapping[str, str]) -> None:
        """Log parameters, which a run never changes."""
        from mlflow.entities import Param

        self.client.log_batch(run_id, params=[Param(name, v) for name, v in params.items()])

    def log_metrics(
        self,
        run_id: str,
        steps: Mapping[int, Mapping[str, float]],
        model_id: str | None = None,
    ) -> None:
        """Log metrics by step; with ``model_id`` also as metrics of that model."""
        from mlflow.entities import Metric

        now = time.time_ns() // 1_000_000
        metrics = [
            Metric(name, float(value), now, step, model_id)
            for step, values in steps.items()
            for name, value in values.items()
        ]
        self.client.log_batch(run_id, metrics=metrics)

    def runs(self, condition: str) -> list[Any]:
        """Active runs that meet a condition in MLflow's search syntax, oldest first."""
        return list(
            self.client.search_runs(
                [self.experiment_id], condition, order_by=["attributes.start_time ASC"]
            )
        )

    def delete(self, run_id: str) -> None:
        """Delete a run and the models logged with it, as MLflow does: they can be restored."""
        for model in self.models(run_id):
            self.client.delete_logged_model(model.model_id)
        self.client.delete_run(run_id)

    def models(self, run_id: str) -> list[Any]:
        """Models that were logged with a run, whole or not."""
        return list(
            self.client.search_logged_models(
                [self.experiment_id], filter_string=f"source_run_id = '{run_id}'"
            )
        )


def project_root() -> Path:
    """The project's folder; for an experiment in a temporary copy, the project it came from.

    DVC names it to each stage that it runs.
    """
    return Path(os.environ.get("DVC_ROOT") or Path.cwd()).resolve()


def store_name() -> str:
    """The URI of the store that the project uses, for people: without a password."""
    return _without_password(_uri())


def open_store(root: Path) -> Store:
    """Open the store that ``MLFLOW_TRACKING_URI`` names, or the project's own.

    A server that does not answer is given up after seconds. Store and experiment are made where
    there are none.

    Args:
        root: the project root.

    Raises:
        PipelineError: the store cannot be used; the message names it.
    """
    with _opening(root) as (client, artifacts):
        experiment = client.get_experiment_by_name(EXPERIMENT)
        return _store(client, experiment or _create_experiment(client, artifacts))


def existing_store(root: Path) -> Store | None:
    """As :func:`open_store`, but None where there is no store or no experiment in it.

    For questions, which should leave nothing behind.
    """
    if _uri().startswith(_SQLITE) and not _database(root).exists():
        return None
    with _opening(root) as (client, _):
        experiment = client.get_experiment_by_name(EXPERIMENT)
        return _store(client, experiment) if experiment else None


@contextlib.contextmanager
def little_patience() -> Iterator[None]:
    """Let MLflow give up a server that does not answer after 10 seconds instead of many minutes.

    Its own patience is for services that limit the rate of requests. A user's setting wins.
    """
    limits = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
    ours = {name: value for name, value in limits.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            del os.environ[name]


def reason(error: Exception) -> str:
    """What an error says, in one line and without passwords."""
    return _without_password((str(error).splitlines() or [type(error).__name__])[0])


@contextlib.contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Let one process at a time into the block, of all in this project and its copies."""
    path = root / ".dvc" / "tmp" / "mlflow.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed or the process ends
        yield


def _quiet_client(uri: str) -> "MlflowClient":
    for variable, value in {
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    }.items():
        os.environ.setdefault(variable, value)
    with uncollected():
        from mlflow import MlflowClient

    logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # its errors are raised as well
    return MlflowClient(uri)


def _uri() -> str:
    return os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI


def _database(root: Path) -> Path:
    return root / _uri().removeprefix(_SQLITE)  # an absolute path stays as it is


@contextlib.contextmanager
def _opening(root: Path) -> Iterator[tuple["MlflowClient", str | None]]:
    """A client, and where artifacts go if not where the server says; failures are explained."""
    uri, artifacts = _uri(), None
    try:
        if uri.startswith(_SQLITE):
            database = _database(root)
            uri = f"{_SQLITE}{database}"
            artifacts = (database.parent / "mlartifacts").as_uri()
            _check_sqlite(database)
        client = _quiet_client(uri)
        with little_patience():
            yield client, artifacts
    except PipelineError:
        raise
    except Exception as error:  # of MLflow, of a database driver or of a missing one
        raise _unusable(store_name(), error) from None


def _store(client: "MlflowClient", experiment: Any) -> Store:
    if experiment.lifecycle_stage != "active":
        raise PipelineError(
            f"MLflow's experiment {EXPERIMENT} was deleted. Bring it back with"
            f" `mlflow experiments restore --experiment-id {experiment.experiment_id}`"
            " or remove it for good with `mlflow gc`."
        )
    return Store(client, str(experiment.experiment_id), store_name())


def _create_experiment(client: "MlflowClient", artifacts: str | None) -> Any:
    from mlflow.exceptions import MlflowException

    # Where MLflow's pages are not divided by kind, they open on the runs.
    kind = {"mlflow.experimentKind": "custom_model_development"}
    try:
        return client.get_experiment(client.create_experiment(EXPERIMENT, artifacts, tags=kind))
    except MlflowException:
        # Another process was faster.
        if experiment := client.get_experiment_by_name(EXPERIMENT):
            return experiment
        raise


def _check_sqlite(database: Path) -> None:
    """Ask the file once: MLflow would try for minutes."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA schema_version")


def _unusable(name: str, error: Exception) -> PipelineError:
    return PipelineError(
        f"MLflow's store {name} cannot be used: {reason(error)}\n"
        "Check the environment variable MLFLOW_TRACKING_URI; without it, runs are kept in"
        f" {DEFAULT_URI}."
    )


def _without_password(text: str) -> str:
    return re.sub(r"(://[^\s/:@]*):[^\s/@]*@", r"\1:***@", text)
