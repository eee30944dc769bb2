"""``TF_CONFIG``, which tells each worker of a training the addresses of all, checked beforehand.

TensorFlow trains alone without it, meets a broken one with a traceback, and waits without end for
an address that does not exist. Checking takes no TensorFlow.
"""

import contextlib
import errno
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from dogs_vs_cats.project.errors import PipelineError

EXAMPLE = json.dumps(
    {
        "cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]},
        "task": {"type": "worker", "index": 0},
    }
)


@dataclass(frozen=True)
class Cluster:
    """The workers of one training, and which of them this process is."""

    addresses: tuple[tuple[str, int], ...]
    """Host and port of each worker."""
    number: int
    """This worker's place among them, from 0."""

    @property
    def others(self) -> list[str]:
        """The addresses of all workers but this one."""
        return [
            f"{host}:{port}"
            for number, (host, port) in enumerate(self.addresses)
            if number != self.number
        ]


def cluster_of_environment() -> Cluster:
    """What ``TF_CONFIG`` says, if a training can begin with it.

    Raises:
        PipelineError: it is missing or malformed, a worker's host is unknown, or another process
            of this machine uses this worker's port.
    """
    text = os.environ.get("TF_CONFIG", "")
    try:
        cluster = _parse(text)
    except (ValueError, KeyError, TypeError, AttributeError):
        found = f"is {text!r}" if text else "is not set"
        raise PipelineError(
            f"compute.strategy is multi_worker, and the environment variable TF_CONFIG {found}. Set"
            " it on every machine to the addresses of all workers, and that machine's index among"
            f" them, such as\n{EXAMPLE}\nWorker 0 writes the results."
        ) from None
    for host, port in cluster.addresses:
        try:
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise PipelineError(
                f"TF_CONFIG names a worker {host}:{port}, and this machine does not know {host}"
                f" ({error}). Correct it on every machine, or give the IP address."
            ) from None
    _check_free(cluster.addresses[cluster.number][1])
    return cluster


@contextlib.contextmanager
def waiting_for_workers(cluster: Cluster) -> Iterator[None]:
    """Say whom the block waits for, and let Ctrl-C end the process meanwhile.

    The wait is inside TensorFlow, which does not return to Python for the interrupt.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    if cluster.others:
        print(
            f"Worker {cluster.number} waits for {', '.join(cluster.others)}; Ctrl-C ends it.",
            file=sys.stderr,
            flush=True,
        )
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _parse(text: str) -> Cluster:
    config = json.loads(text)
    workers, task = config["cluster"]["worker"], config["task"]
    if [*config["cluster"]] != ["worker"] or task["type"] != "worker":
        raise ValueError("other tasks than workers")
    number = task["index"]
    if not (isinstance(workers, list) and isinstance(number, int) and 0 <= number < len(workers)):
        raise ValueError("no such worker")
    addresses = []
    for address in workers:
        host, _, port = address.rpartition(":")
        if not host or int(port) not in range(1, 2**16):
            raise ValueError("not an address")
        addresses.append((host.strip("[]"), int(port)))
    return Cluster(tuple(addresses), number)


def _check_free(port: int) -> None:
    # On any address, as TensorFlow binds it: a worker may be known to the others by the address of
    # a service in front of it.
    try:
        socket.create_server(("", port)).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise PipelineError(f"Port {port} of TF_CONFIG cannot be opened: {error}.") from None
        raise PipelineError(
            f"Port {port}, which TF_CONFIG gives to this worker, is used by another process of this"
            " machine. End it, or choose another port on every machine."
        ) from None
