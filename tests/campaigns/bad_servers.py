"""Servers on 127.0.0.1 that take MLflow's requests and answer as no server should."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import requests

HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form></form></body></html>"
HOUR = {"Retry-After": "3600"}
_TYPES = b"""{"experiment": {"experiment_id": [7], "name": {"a": 1}, "lifecycle_stage": 3,
"tags": "none"}, "run": [1, 2], "runs": {"a": 1}, "error_code": {"a": [1]}}"""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def answer(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """A whole answer; headers may contradict its body."""
    own = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    own |= {"Connection": "close"} | (headers or {})
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in own.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def _drip(connection: socket.socket, content: bytes) -> None:
    for at in range(len(content)):
        connection.sendall(content[at : at + 1])
        time.sleep(1)


def _for_ever(connection: socket.socket, content: bytes, pause: float) -> None:
    while True:
        connection.sendall(content)
        time.sleep(pause)


def _endless_body(connection: socket.socket) -> None:
    connection.sendall(answer(200, b'{"experiment": "', {"Content-Length": str(10**12)}))
    _for_ever(connection, b"x" * 100_000, 0.05)


def _slow_body(connection: socket.socket) -> None:
    connection.sendall(answer(200, headers={"Content-Length": "5000"}))
    _drip(connection, b"{" * 5000)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _endless_continue(connection: socket.socket) -> None:
    _for_ever(connection, b"HTTP/1.1 100 Continue\r\n\r\n", 0.5)


def _endless_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    _for_ever(connection, b"X: y\r\n", 0.5)


Misbehaviour = bytes | Callable[[socket.socket], None]
KINDS: dict[str, Misbehaviour] = {
    "silent": lambda connection: time.sleep(600),
    "closes at once": lambda connection: None,
    "resets": _reset,
    "head a byte a second": lambda connection: _drip(connection, answer(200, b"{}")),
    "body a byte a second": _slow_body,
    "endless body": _endless_body,
    "endless headers": _endless_headers,
    "100 for ever": _endless_continue,
    "503, Retry-After an hour": answer(503, b"busy", HOUR),
    "429, Retry-After an hour": answer(429, b'{"message": "slow down"}', HOUR),
    "503, Retry-After a date": answer(503, b"", {"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}),
    "500 of MLflow": answer(500, b'{"error_code": "INTERNAL_ERROR", "message": "disk I/O error"}'),
    "500, HTML": answer(500, HTML, {"Content-Type": "text/html"}),
    "502, HTML": answer(502, HTML, {"Content-Type": "text/html"}),
    "400, HTML": answer(400, HTML, {"Content-Type": "text/html"}),
    "401": answer(401, b"You are not authenticated.", {"WWW-Authenticate": "Basic"}),
    "403": answer(403, b"Permission denied"),
    "403 of MLflow": answer(403, b'{"error_code": "PERMISSION_DENIED", "message": "no"}'),
    "404, HTML": answer(404, HTML, {"Content-Type": "text/html"}),
    "404 of another service": answer(404, b'{"detail": "Not Found"}'),
    "login page": answer(200, HTML, {"Content-Type": "text/html"}),
    "empty 200": answer(200),
    "204": answer(204),
    "empty object": answer(200, b"{}"),
    "JSON of another service": answer(200, b'{"status": "ok", "experiments": 3}'),
    "a list": answer(200, b"[1, 2, 3]"),
    "wrong types": answer(200, _TYPES),
    "truncated JSON": answer(200, b'{"experiment": {"experiment_id": "1", "na'),
    "closes in mid-answer": answer(200, b'{"experiment": {', {"Content-Length": "300"}),
    "not UTF-8": answer(200, b'{"experiment": "\xff\xfe\x00"}'),
    "gzip that is none": answer(200, b"no gzip", {"Content-Encoding": "gzip"}),
    "escape sequences": answer(400, b"\x1b[31mred\x1b[0m\x07 \x9b2J"),
    "redirect loop": answer(302, headers={"Location": "/again"}),
    "redirect to a closed port": answer(307, headers={"Location": "http://127.0.0.1:9/"}),
    "TLS on a plain port": b"\x15\x03\x01\x00\x02\x02\x46",
    "garbage": bytes(range(256)) * 8,
}
"""What a server does with each request; a connection is closed afterwards."""
CLOSED, NO_TLS = "closed port", "plain answer on a TLS port"
FROM_THE_START = (CLOSED, NO_TLS, *KINDS)


@contextmanager
def bad_server(kind: str, good: str | None = None, requests_before: int = 0) -> Iterator[str]:
    """The address of a server that misbehaves.

    Args:
        kind: how; of ``FROM_THE_START``, or of ``KINDS`` if there is a good one.
        good: address of an MLflow server whose answers it passes on before.
        requests_before: how many.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        address = f"{'https' if kind == NO_TLS else 'http'}://127.0.0.1:{server.getsockname()[1]}"
        if kind == CLOSED:
            server.close()
            yield address
            return
        left = [requests_before]
        lock = threading.Lock()

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError, ValueError):
                if kind == NO_TLS:
                    connection.sendall(answer(400, b"plain HTTP"))
                    return
                request = _read(connection)
                with lock:
                    left[0] -= 1
                    is_good = left[0] >= 0
                if good and is_good:
                    connection.sendall(_passed_on(good, request))
                    return
                does = KINDS[kind]
                if isinstance(does, bytes):
                    connection.sendall(does)
                else:
                    does(connection)

        def listen() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        yield address
        server.shutdown(socket.SHUT_RDWR)


def _read(connection: socket.socket) -> Request:
    file = connection.makefile("rb")
    method, path, _ = file.readline().decode("latin-1").split()
    headers = {}
    while line := file.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if "chunked" in headers.get("transfer-encoding", ""):
        body = b""
        while size := int(file.readline(), 16):
            body += file.read(size)
            file.readline()
        file.readline()
    else:
        body = file.read(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)


def _passed_on(good: str, request: Request) -> bytes:
    kept = {k: v for k, v in request.headers.items() if k in ("content-type", "accept")}
    got = requests.request(
        request.method, good + request.path, headers=kept, data=request.body, timeout=60
    )
    kind = {"Content-Type": got.headers.get("Content-Type", "")}
    return answer(got.status_code, got.content, kind)
