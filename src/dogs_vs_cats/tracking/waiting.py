"""Waiting for a tracking server: as long as is said here, whatever it does."""

import contextlib
import ctypes
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dogs_vs_cats.tracking.messages import unusable

if TYPE_CHECKING:
    from mlflow import MlflowClient

T = TypeVar("T")

_BYTES_PER_SECOND = 250_000
"""A file on its way gets more time at this rate."""
_NAMED = {
    "create_logged_model": "model_id",
    "create_registered_model": "name",
    "create_run": "info.run_id",
    "get_experiment": "name",
    "get_experiment_by_name": "name",
    "get_logged_model": "model_id",
    "get_model_version_by_alias": "name",
    "get_registered_model": "name",
    "get_run": "info.run_id",
}
"""What is never empty in an answer of MLflow. It takes an empty page for an answer."""


class Patience:
    """How long a server is waited for.

    Args:
        seconds: for a call, with all its repetitions.
        timeout: seconds without a byte after which MLflow gives a request up.
        retries: how often MLflow repeats a request.
        whole: seconds for all calls together, of which each has one for free.

    The user's own settings of MLflow's timeout and retries win, within ``seconds`` and ``whole``.
    """

    def __init__(self, seconds: float, timeout: int, retries: int, whole: float = math.inf) -> None:
        self._seconds, self._whole = seconds, whole
        self._settings = {
            "MLFLOW_HTTP_REQUEST_TIMEOUT": str(timeout),
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": str(retries),
            # Servers may say an hour.
            "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER": "false",
        }

    def wait(self, action: Callable[[], T], moved: Callable[[], int] = lambda: 0) -> T:
        """What an action returns or raises.

        Args:
            action: what talks to the server.
            moved: bytes that it has moved, or that it is to move; they give it time.

        Raises:
            TimeoutError: it takes too long.
        """
        started = time.monotonic()
        try:
            with self._little_patience():
                return _within(min(self._seconds, self._whole), action, moved)
        finally:
            self._whole -= max(0, time.monotonic() - started - 1)

    @contextlib.contextmanager
    def _little_patience(self) -> Iterator[None]:
        """MLflow's own patience is many minutes, for services that limit the rate of requests."""
        ours = {name: value for name, value in self._settings.items() if name not in os.environ}
        os.environ.update(ours)
        try:
            yield
        finally:
            for name in ours:
                os.environ.pop(name, None)  # gone, if two threads wait


class PatientClient:
    """MLflow's client of a server, whose calls end in time and fail with a clear message.

    Only what MLflow itself answers is raised as an ``MlflowException``: all else, pages of a proxy
    and silence among it, is a :class:`PipelineError` that says what it is.
    """

    def __init__(self, client: "MlflowClient", patience: Patience) -> None:
        self._client, self._patience = client, patience

    def with_patience(self, patience: Patience) -> "PatientClient":
        """The same client, more or less patient."""
        return PatientClient(self._client, patience)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if not callable(method):
            return method

        def call(*args: Any, **options: Any) -> Any:
            files = args[1] if name in ("log_artifact", "log_model_artifacts") else None
            size = _bytes(Path(files)) if files else 0
            with told_as_it_is(self._client.tracking_uri):
                answer = self._patience.wait(lambda: method(*args, **options), lambda: size)
                if name in _NAMED and answer is not None and not attrgetter(_NAMED[name])(answer):
                    raise ValueError("its answer is empty")
            return answer

        return call


@contextlib.contextmanager
def told_as_it_is(uri: str) -> Iterator[None]:
    """Raise what is not MLflow's own answer as a :class:`PipelineError` that says what it is."""
    from mlflow.exceptions import MlflowException, RestException

    try:
        yield
    except RestException as error:
        if "error_code" in error.json:
            raise
        raise unusable(error, is_mlflow=False) from None
    except MlflowException as error:
        if not uri.startswith("http"):
            raise
        page = "!= 200" in error.message or "valid JSON" in error.message
        raise unusable(error, is_mlflow=not page) from None
    except OSError as error:
        raise unusable(error) from None
    except Exception as error:  # what MLflow's client raises where an answer has other fields
        raise unusable(error, is_mlflow=not uri.startswith("http")) from None


def _within(seconds: float, action: Callable[[], T], moved: Callable[[], int]) -> T:
    """See :meth:`Patience.wait`.

    The action has a thread of its own: no setting of MLflow or requests ends a call that gets a
    byte a second. Once it is too late, the thread is left alone, and told to end at its next step
    in Python, so that it neither reads nor writes on.
    """
    done: Future[T] = Future()

    def work() -> None:
        try:
            done.set_result(action())
        except BaseException as error:
            done.set_exception(error)

    # A daemon, so that the process does not wait for it either.
    thread = threading.Thread(target=work, daemon=True)
    started = time.monotonic()
    thread.start()
    try:
        while thread.is_alive():
            limit = seconds + moved() / _BYTES_PER_SECOND
            left = started + limit - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no whole answer within {limit:.0f} seconds")
            thread.join(left)
    finally:
        if thread.is_alive():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
            )
    return done.result()


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
