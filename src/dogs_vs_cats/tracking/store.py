"""The MLflow store: where it is, and opening it quickly, quietly or not at all."""

import contextlib
import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from requests import RequestException

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.quiet import uncollected
from dogs_vs_cats.tracking.home import ARTIFACTS, bring_home
from dogs_vs_cats.tracking.messages import DEFAULT_URI, store_name, tracking_uri, unusable
from dogs_vs_cats.tracking.migrations import let_migrations_be_found
from dogs_vs_cats.tracking.waiting import Patience, PatientClient

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "dogs-vs-cats"
COMPLETE = {"dvc.tracked": "complete"}
"""Tag of a run that has all that ``track`` logs."""

_SQLITE = "sqlite:///"
_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""What MLflow says of a thing that is gone or was never there, of an unknown alias, and of a
deleted run that is written to."""
_OVERTAKEN = (*_ABSENT, "BAD_REQUEST")
"""The last: of an equal thing that another process has just written."""

T = TypeVar("T")


class OvertakenError(PipelineError):
    """Something that was just there has been deleted by another process."""

    def __init__(self, store: str) -> None:
        super().__init__(f"Other processes keep changing MLflow's store {store}. Run again.")


@dataclass(frozen=True)
class Store:
    """An experiment in a store that answers."""

    client: "MlflowClient"
    experiment_id: str
    name: str
    """The store's URI for people: without a password, local paths relative to the project."""
    patience: Patience

    @contextlib.contextmanager
    def errors_explained(self) -> Iterator[None]:
        """Turn what MLflow raises while the store is used into a :class:`PipelineError`."""
        from mlflow.exceptions import MlflowException

        try:
            yield
        except (MlflowException, RequestException) as error:
            raise unusable(error) from None

    def repeated(self, action: Callable[[], T], attempts: int = 4) -> T:
        """Do something that can be done twice, again if another process came between.

        Of equal things, processes that write at the same time agree on one, and delete the others
        that each of them is still busy with.
        """
        from mlflow.exceptions import MlflowException

        try:
            return action()
        except (OvertakenError, MlflowException) as error:
            overtaken = isinstance(error, OvertakenError) or error.error_code in _OVERTAKEN
            if attempts == 1 or not overtaken:
                raise
        return self.repeated(action, attempts - 1)

    def known(self, question: Callable[[], T]) -> T | None:
        """What MLflow answers; None if it does not know what it is asked about."""
        from mlflow.exceptions import MlflowException

        try:
            return question()
        except MlflowException as error:
            if error.error_code not in _ABSENT:
                raise
        return None

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

    def runs(self, tags: Mapping[str, str], condition: str = "") -> list[Any]:
        """Active runs with these tags, oldest first; of equal age, by id.

        Args:
            tags: by name.
            condition: what else they meet, in MLflow's search syntax.
        """
        conditions = [f"tags.`{name}` = '{value}'" for name, value in tags.items()]
        found = self.client.search_runs(
            [self.experiment_id],
            " AND ".join(filter(None, (*conditions, condition))),
            order_by=["attributes.start_time ASC", "attributes.run_id ASC"],
        )
        return list(found)

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run, in the order given."""
        for name, value in tags.items():
            self.client.set_tag(run_id, name, value)

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


def open_store(root: Path, patience: Patience | None = None, experiment: str = EXPERIMENT) -> Store:
    """Open the store that ``MLFLOW_TRACKING_URI`` names, or the project's own.

    A server that does not answer is given up after seconds. Store and experiment are made where
    there are none.

    Args:
        root: the project root.
        patience: with a server, here and in all that is done with the store; else 20 seconds
            here and half a minute for each later call.
        experiment: its name.

    Raises:
        PipelineError: the store cannot be used; the message names it.
    """
    with _opening(root, patience) as (client, artifacts):
        found = client.get_experiment_by_name(experiment)
        found = found or _create_experiment(client, artifacts, experiment)
        return _store(client, found, patience)


def existing_store(root: Path) -> Store | None:
    """As :func:`open_store`, but None where there is no store or no experiment in it.

    For questions, which should leave nothing behind.
    """
    if (database := _database(root)) and not database.exists():
        return None
    with _opening(root) as (client, _):
        experiment = client.get_experiment_by_name(EXPERIMENT)
        return _store(client, experiment) if experiment else None


@contextlib.contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Let one process at a time into the block, of all in this project and its copies."""
    path = root / ".dvc" / "tmp" / "mlflow.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with _locked(path):
        yield


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time into the block, of all that name this file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # released also when the process ends
        yield
    finally:
        os.close(descriptor)


def _database(root: Path) -> Path | None:
    """The file of a local store; an absolute path in the URI stays as it is."""
    from sqlalchemy.engine import make_url

    uri = tracking_uri()
    return root / str(make_url(uri).database) if uri.startswith(_SQLITE) else None


@contextlib.contextmanager
def _opening(root: Path, patience: Patience | None = None) -> Iterator[tuple[Any, str | None]]:
    """A client, and where artifacts go if not where the server says; failures are explained."""
    uri, artifacts = tracking_uri(), None
    database = _database(root)
    try:
        if database:
            # Not joined by hand: a folder's name may hold what means something in an address. The
            # driver is named, as of plain `sqlite:///` MLflow takes the address for a path, and
            # makes that folder.
            from sqlalchemy.engine import URL

            uri = URL.create("sqlite+pysqlite", database=str(database)).render_as_string()
            artifacts = (database.parent / ARTIFACTS).as_uri()
            database.parent.mkdir(parents=True, exist_ok=True)
            # Ask the file once: MLflow would try for minutes.
            with contextlib.closing(sqlite3.connect(database)) as connection:
                connection.execute("PRAGMA schema_version")
        os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        with uncollected():
            from mlflow import MlflowClient

            let_migrations_be_found()
        logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # its errors are raised as well
        if database:
            with _locked(database.parent):  # MLflow makes the tables, one process at a time
                client: Any = MlflowClient(uri)
                bring_home(database, EXPERIMENT)
            yield client, artifacts
        else:
            patience = patience or Patience(seconds=20, timeout=5, retries=1)
            client = patience.wait(lambda: MlflowClient(uri))
            yield PatientClient(client, patience), artifacts
    except PipelineError:
        raise
    except Exception as error:  # of MLflow, of a database driver or of a missing one
        raise unusable(error) from None


def _store(client: Any, experiment: Any, patience: Patience | None = None) -> Store:
    if experiment.lifecycle_stage == "deleted":
        raise PipelineError(
            f"MLflow's experiment {experiment.name} was deleted. Bring it back with"
            f" `mlflow experiments restore --experiment-id {experiment.experiment_id}`"
            f" or remove it for good{_removal(experiment.experiment_id)}."
        )
    patience = patience or Patience(seconds=30, timeout=30, retries=3)
    if isinstance(client, PatientClient):
        client = client.with_patience(patience)
    return Store(client, str(experiment.experiment_id), store_name(), patience)


def _removal(experiment_id: str) -> str:
    if tracking_uri().startswith("http"):
        # `mlflow gc` needs the database behind the server.
        return " with `mlflow gc` where the server runs"
    # It has a default of its own for each, and what the variable says may hold a password.
    named = os.environ.get("MLFLOW_TRACKING_URI")
    uri = '"$MLFLOW_TRACKING_URI"' if named else DEFAULT_URI
    options = f"--backend-store-uri {uri} --tracking-uri {uri} --experiment-ids {experiment_id}"
    return f" with `mlflow gc {options}`"


def _create_experiment(client: "MlflowClient", artifacts: str | None, name: str) -> Any:
    from mlflow.exceptions import MlflowException

    # Where MLflow's pages are not divided by kind, they open on the runs.
    kind = {"mlflow.experimentKind": "custom_model_development"}
    try:
        return client.get_experiment(client.create_experiment(name, artifacts, tags=kind))
    except MlflowException:
        # Another process was faster.
        if experiment := client.get_experiment_by_name(name):
            return experiment
        raise
