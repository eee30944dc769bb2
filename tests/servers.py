"""Server processes that tests start, wait for and stop."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

START_SECONDS = 120
# Nothing that a test starts tells anybody that it was used.
QUIET = {"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}


@contextmanager
def serving(command: Sequence[str], folder: Path, alive: str) -> Iterator[str]:
    """A server for the time of the block; gives its address.

    Args:
        command: starts it. ``{port}`` stands for a free port of 127.0.0.1.
        folder: where it runs, and where its output goes, which is shown if it does not start.
        alive: path that answers with success once the server is ready.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    uri, log = f"http://127.0.0.1:{port}", folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [word.format(port=port) for word in command],
            cwd=folder,
            env=os.environ | QUIET,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(uri + alive):
            assert process.poll() is None, f"the server ended:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"the server does not answer:\n{log.read_text()}"
            time.sleep(0.2)
        yield uri
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # it starts processes of its own
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False
