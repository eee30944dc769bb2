"""A ``TF_CONFIG`` that no training can begin with is found before TensorFlow waits for it."""

import json
import socket

import pytest

from dogs_vs_cats.cluster.tf_config import Cluster, cluster_of_environment
from dogs_vs_cats.project.errors import PipelineError


def given(monkeypatch: pytest.MonkeyPatch, *workers: object, number: object = 0) -> None:
    config = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": number}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))


def test_addresses_and_number_of_this_worker(
    monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    given(monkeypatch, "127.0.0.1:1", f"[::1]:{free_port}", number=1)
    cluster = cluster_of_environment()
    assert cluster == Cluster((("127.0.0.1", 1), ("::1", free_port)), 1)
    assert cluster.others == ["127.0.0.1:1"]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "is not set"),
        ("{", "is '{'"),
        ("[]", r"is '\[\]'"),
        ('{"cluster": {"worker": ["localhost:1", "localhost:2"]}}', "cluster"),
        ('{"cluster": {"ps": ["localhost:1"]}, "task": {"type": "ps", "index": 0}}', "cluster"),
    ],
)
def test_what_is_not_understood_is_shown_with_an_example(
    text: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(PipelineError, match=rf"(?s){found}.*such as\n{{\"cluster\""):
        cluster_of_environment()


@pytest.mark.parametrize("number", [-1, 1, 0.5, "0", None])
def test_a_number_that_no_worker_has(number: object, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, "localhost:1", number=number)
    with pytest.raises(PipelineError, match="such as"):
        cluster_of_environment()


@pytest.mark.parametrize("address", ["localhost", ":2222", "localhost:", "localhost:70000", 2222])
def test_an_address_is_a_host_and_a_port(address: object, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, address, "localhost:1")
    with pytest.raises(PipelineError, match="such as"):
        cluster_of_environment()


def test_an_unknown_host_is_named(monkeypatch: pytest.MonkeyPatch, free_port: int) -> None:
    given(monkeypatch, f"localhost:{free_port}", "worker.invalid:2222")
    with pytest.raises(PipelineError, match=r"worker worker\.invalid:2222, and .*does not know"):
        cluster_of_environment()


def test_a_port_that_is_taken_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        given(monkeypatch, "localhost:1", f"localhost:{port}", number=1)
        with pytest.raises(PipelineError, match=f"Port {port}, .* used by another process"):
            cluster_of_environment()
