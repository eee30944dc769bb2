"""Downloads that go on where they stopped, also in a later run."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests import PreparedRequest, Response, Session
from tqdm import tqdm

from dogs_vs_cats.data.sources.source import UnavailableError
from dogs_vs_cats.project.files import naming, write_json

ANEW = "Run `dvc repro` again to download it anew."
"""How a download mends an archive that is no good."""
RETRIES = 3
"""Attempts after one that brought nothing new."""

_TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and between two pieces of the answer."""
_PIECE = 1 << 16
"""Bytes; what a dropped connection loses at most."""
_PASSING = {408, 429, 500, 502, 503, 504}
"""HTTP statuses that a server may not repeat."""
_BROKEN = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
"""What ends an answer that another try may complete."""
_NO_ANSWER: dict[type[requests.RequestException], str] = {
    requests.exceptions.ProxyError: "The proxy gave no way to {host}. Check HTTPS_PROXY and"
    " NO_PROXY, then run `dvc repro` again.",
    requests.exceptions.SSLError: "The certificate of {host} cannot be trusted. Check this"
    " machine's clock, and name your proxy's certificate in REQUESTS_CA_BUNDLE if there is one.",
    **dict.fromkeys(
        (requests.ConnectionError, requests.Timeout),
        "No network: {host} cannot be reached. Check the connection (and HTTPS_PROXY, if you are"
        " behind a proxy), then run `dvc repro` again.",
    ),
    requests.RequestException: "{host} gave an answer that makes no sense ({kind}). A login page"
    " of the network may stand in between. Open a page in a browser, then run `dvc repro` again.",
}
"""What to do when nothing useful was answered; the first kind that fits counts."""


class _Mark(NamedTuple):
    """What the server said of a file of which a part is here."""

    validator: str | None
    """A strong ETag, or a date, by which the server knows whether the file is still the same."""
    size: int | None
    """Bytes of the whole file."""


def fetch(
    request: PreparedRequest, target: Path, cache: Path, name: str, backoff: float = 1.0
) -> None:
    """Bring what ``request`` answers to ``target``, with a progress bar.

    What has come so far outlives a failure in ``cache``, with a note on what the server said of
    it; the next call asks for the rest alone, if the server still has the same file, and starts
    anew otherwise.

    Args:
        request: a request that may be sent several times.
        target: written when the whole file is here, with the size that the server declared.
        cache: folder for the unfinished file; removed when nothing is left in it.
        name: of the file in ``cache``, and of the progress bar.
        backoff: seconds before the first retry, doubled with each one that brings nothing new.

    Raises:
        requests.HTTPError: the server refused.
        UnavailableError: the answer broke off, again and again.
        requests.RequestException: there was no answer.
    """
    cache.mkdir(parents=True, exist_ok=True)
    part = cache / f"{name}.part"
    answered = False
    failures = furthest = 0
    with (
        Session() as session,
        tqdm(desc=name, unit="B", unit_scale=True, unit_divisor=1024, disable=None) as bar,
    ):
        while True:
            try:
                for _ in _pieces(session, request, part, bar):
                    answered = True
                break
            except requests.HTTPError as error:
                if error.response.status_code not in _PASSING or failures == RETRIES:
                    raise
            except _BROKEN:
                here = _size(part)
                # Counted from the start of the file, or a server that cannot resume and always
                # breaks off would be asked for ever.
                if here > furthest:
                    failures, furthest = 0, here
                if failures == RETRIES:
                    if not answered:
                        raise
                    size = _read_mark(part).size
                    of = f" of {size:,}" if size else ""
                    raise UnavailableError(
                        f"The download broke off after {here:,}{of} bytes. Run `dvc repro` again:"
                        " it goes on from there."
                    ) from None
            time.sleep(backoff * 2**failures)
            failures += 1
    shutil.move(part, target)
    _forget(part)
    with suppress(OSError):
        cache.rmdir()


def _pieces(
    session: Session, request: PreparedRequest, part: Path, bar: "tqdm[Any]"
) -> Iterator[None]:
    """Write one answer to ``part``, piece by piece; yields first when the answer has begun."""
    mark, start = _read_mark(part), _size(part)
    if mark.size is not None and start == mark.size:
        return
    ask = request.copy()
    # A compressed answer would have another length than the file.
    ask.headers["Accept-Encoding"] = "identity"
    if start and mark.validator:
        ask.headers["Range"] = f"bytes={start}-"
        ask.headers["If-Range"] = mark.validator
    assert ask.url is not None
    settings = session.merge_environment_settings(ask.url, {}, True, None, None)
    with session.send(ask, timeout=_TIMEOUT, **settings) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            _forget(part)
            raise requests.ConnectionError("the server's file has become shorter")
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            start, mark = 0, _mark_of(response)
            part.unlink(missing_ok=True)
            write_json(_mark_path(part), mark._asdict())
        elif not _continues(response, start, mark.size):
            _forget(part)
            raise requests.ConnectionError("the server sent another part than was asked for")
        bar.total, bar.n = mark.size, start
        bar.refresh()
        yield
        with naming(part), part.open("ab") as file:
            for piece in response.iter_content(_PIECE):
                file.write(piece)
                bar.update(len(piece))
                yield
    if mark.size is not None and _size(part) != mark.size:
        raise requests.ConnectionError("the answer ended early")


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _continues(response: Response, start: int, size: int | None) -> bool:
    named = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    return named is not None and int(named[1]) == start and named[2] in ("*", str(size))


def _mark_of(response: Response) -> _Mark:
    etag = response.headers.get("ETag", "")
    # A weak ETag promises equal meaning, not equal bytes.
    strong = etag if etag.startswith('"') else None
    size = response.headers.get("Content-Length")
    return _Mark(strong or response.headers.get("Last-Modified"), int(size) if size else None)


def _mark_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _read_mark(part: Path) -> _Mark:
    try:
        return _Mark(**json.loads(_mark_path(part).read_text(encoding="utf-8")))
    except (FileNotFoundError, TypeError, ValueError):
        return _Mark(None, None)


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _mark_path(part).unlink(missing_ok=True)


@contextmanager
def explained() -> Iterator[None]:
    """Turn what ``requests`` raises into an :class:`UnavailableError` that says what to do."""
    try:
        yield
    except requests.HTTPError as error:
        status = error.response.status_code
        advice = (
            "The server is busy or out of order: run `dvc repro` again later."
            if status in _PASSING
            else "The archive has moved or may not be read from here: run `dvc repro` again, and if"
            " that does not help, use another source."
        )
        host = urlsplit(error.response.url).hostname
        raise UnavailableError(
            f"{host} answered {status} instead of the archive. {advice}"
        ) from None
    except requests.RequestException as error:
        # The text of these errors may hold a signed address, so it is not shown.
        url = error.request.url if error.request is not None else None
        host = (urlsplit(url).hostname if url else None) or "the server"
        text = next(text for kind, text in _NO_ANSWER.items() if isinstance(error, kind))
        raise UnavailableError(text.format(host=host, kind=type(error).__name__)) from None
