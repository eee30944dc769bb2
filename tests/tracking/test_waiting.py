import threading
import time
from pathlib import Path

import pytest

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.store import open_store
from dogs_vs_cats.tracking.waiting import Patience
from tests.campaigns.bad_servers import CLOSED, bad_server
from tests.campaigns.servers import attempts, campaign

NOT_MLFLOW = "answers, but not as MLflow 3 does"


def impatient() -> Patience:
    return Patience(seconds=3, timeout=2, retries=0)


def test_what_ends_in_time_returns_or_raises() -> None:
    assert impatient().wait(lambda: 7) == 7
    with pytest.raises(KeyError, match="x"):
        impatient().wait(lambda: {}["x"])
    with pytest.raises(TimeoutError, match="of its own"):
        impatient().wait(lambda: _raise(TimeoutError("of its own")))


def _raise(error: Exception) -> None:
    raise error


def test_what_takes_too_long_is_left_and_ends_at_its_next_step() -> None:
    steps: list[int] = []
    ended = threading.Event()

    def endless() -> None:
        try:
            while True:
                time.sleep(0.01)
                steps.append(1)
        finally:
            ended.set()

    with pytest.raises(TimeoutError, match="no whole answer within 0 seconds"):
        Patience(seconds=0.2, timeout=1, retries=0).wait(endless)
    assert ended.wait(10)


def test_files_get_the_time_that_they_need() -> None:
    patience = Patience(seconds=0.1, timeout=1, retries=0)
    patience.wait(lambda: time.sleep(0.5), lambda: 10**6)
    with pytest.raises(TimeoutError):
        patience.wait(lambda: time.sleep(5), lambda: 10)


def test_all_calls_together_have_a_limit() -> None:
    patience = Patience(seconds=30, timeout=1, retries=0, whole=2.5)
    patience.wait(lambda: time.sleep(0.1))
    patience.wait(lambda: time.sleep(2))
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        patience.wait(lambda: time.sleep(30))
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (CLOSED, "Connection refused"),
        ("503, Retry-After an hour", "503"),
        ("429, Retry-After an hour", "429"),
        ("body a byte a second", "no whole answer within 3 seconds"),
        ("500 of MLflow", "500"),
        ("401", "refuses this user: .*You are not authenticated(.|\n)*MLFLOW_TRACKING_USERNAME"),
        ("403", "refuses this user: .*Permission denied(.|\n)*MLFLOW_TRACKING_TOKEN"),
        ("login page", f"{NOT_MLFLOW}: .*Sign in(.|\n)*a login page"),
        ("empty 200", f"{NOT_MLFLOW}: its answer is empty\n"),
        ("404, HTML", f"{NOT_MLFLOW}: .*404"),
        ("404 of another service", f"{NOT_MLFLOW}: .*Not Found"),
        ("JSON of another service", NOT_MLFLOW),
        ("wrong types", NOT_MLFLOW),
        ("truncated JSON", NOT_MLFLOW),
        ("redirect loop", "redirects"),
    ],
)
def test_a_bad_server_is_told_as_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, says: str
) -> None:
    with bad_server(kind) as address:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        with pytest.raises(PipelineError, match=says):
            open_store(tmp_path, impatient())


def test_a_few_of_the_campaigns_attempts(tmp_path: Path) -> None:
    few = [attempt for attempt in attempts(seed=1) if attempt.good_requests is None][:3]
    assert campaign(few, tmp_path, at_once=3).faults == []
