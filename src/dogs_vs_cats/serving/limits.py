"""What a request may be: its bytes are counted as they come."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True)
class Limits:
    """Of a request."""

    files: int = 64
    file_bytes: int = 32 * 2**20
    """A phone's photo has 3 to 6 million, its panorama 20 million."""
    request_bytes: int = 128 * 2**20


class TooLargeError(Exception):
    """A request has more bytes than it may."""


class LimitBytes:
    """ASGI middleware: a body longer than ``most`` bytes is not read to its end, and gets a 413."""

    def __init__(self, app: Any, most: int) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received, refused = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most:
                raise TooLargeError
            return message

        async def answered(message: Message) -> None:
            nonlocal refused
            if received <= self._most:
                await send(message)
            elif not refused:  # whatever the application made of the error
                refused = True
                await self._refuse(send)

        try:
            await self._app(scope, counted, answered)
        except TooLargeError:
            if not refused:
                await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        body = b'{"detail":"A request may have %d MB."}' % (self._most // 2**20)
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})
