"""A server on this machine that plays Kaggle, its storage, and any other host of a zip."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest


@dataclass
class Asked:
    """A request that the server has seen."""

    path: str
    headers: Message


@dataclass
class Server:
    """What to answer; tests change it while the server runs."""

    port: int = 0
    content: bytes = b""
    etag: str | None = '"first"'
    ranges: bool = True
    longest: int | None = None
    """Bytes of the longest part that is sent at a time."""
    lies: bool = False
    """Whether a part of the file is said to begin elsewhere than was asked for."""
    drops: list[int] = field(default_factory=list)
    """For each of the next answers: after how many bytes of the file the connection breaks."""
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    """By the end of the path: status, and Kaggle's message or, if it begins with <, a page."""
    token_is_known: bool = True
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked_for(self, end: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path.endswith(end)]


class _Handler(BaseHTTPRequestHandler):
    server_state: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self) -> None:
        state = self.server_state
        # A proxy is asked with the whole address, any other server with its path.
        path = urlsplit(self.path).path
        state.asked.append(Asked(path, self.headers))
        refusal = next((r for end, r in state.refusals.items() if path.endswith(end)), None)
        if refusal:
            self._refuse(*refusal)
        elif path.endswith("IntrospectToken"):
            self._json(200, {"active": state.token_is_known, "username": "someone"})
        elif path.endswith("DownloadDataFiles"):
            self.send_response(302)
            self.send_header("Location", "http://storage.invalid/archive.zip?signature=secret")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._file()

    def _refuse(self, status: int, message: str) -> None:
        if not message.startswith("<"):
            self._json(status, {"code": status, "message": message})
            return
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(message)))
        self.end_headers()
        self.wfile.write(message.encode())

    def _json(self, status: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _file(self) -> None:
        state, start = self.server_state, 0
        wanted = self.headers["Range"]
        if wanted and state.ranges and self.headers["If-Range"] == state.etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start and start >= len(state.content):
            self.send_error(416)
            return
        size = len(state.content)
        end = min(size, start + (state.longest or size)) if start else size
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start - state.lies}-{end - 1}/{size}")
        if state.etag:
            self.send_header("ETag", state.etag)
        self.send_header("Content-Length", str(end - start))
        self.end_headers()
        stop = start + state.drops.pop(0) if state.drops else end
        self.wfile.write(state.content[start:stop])
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server(content=archive_bytes())
    handler = type("Handler", (_Handler,), {"server_state": state})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    state.port = running.server_port
    # By default shutdown waits for half a second.
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield state
    running.shutdown()
    thread.join()
    running.server_close()


def archive_bytes(*, size: int = 300_000, classes: tuple[str, ...] = ("cat", "dog")) -> bytes:
    """A zip as Kaggle serves it: two files of each class in an inner train.zip."""
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        for label in classes:
            for number in range(2):
                archive.writestr(f"train/{label}.{number}.jpg", bytes(size // 4))
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("train.zip", inner.getvalue())
        archive.writestr("sampleSubmission.csv", "id,label\n")
    return outer.getvalue()


@pytest.fixture
def kaggle_archive() -> bytes:
    return archive_bytes()


@pytest.fixture
def newer_archive() -> bytes:
    return archive_bytes(size=400_000)


@pytest.fixture
def archive_without_dogs() -> bytes:
    return archive_bytes(classes=("cat",))


@pytest.fixture
def terminal() -> io.StringIO:
    """A terminal that remembers what it showed, to redirect standard error to."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    return Terminal()
