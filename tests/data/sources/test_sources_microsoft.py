"""The download that goes on where it stopped, against a server on this machine."""

import hashlib
import io
import socket
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest

from dogs_vs_cats.data.sources import obtain
from dogs_vs_cats.data.sources.microsoft import Microsoft
from dogs_vs_cats.project.errors import PipelineError

CLASSES = ("cat", "dog")


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy stands between the tests and their server."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def bring(server: Any, tmp_path: Path) -> dict[str, Any]:
    source = Microsoft(tmp_path / "cache", f"{server.url}/some/cats.zip", backoff=0.001)
    return obtain(source, CLASSES, tmp_path / "raw/archive.zip")


def break_off(server: Any, tmp_path: Path, after: int) -> None:
    """Let a first run fail when ``after`` bytes have arrived."""
    server.drops = [after, 0, 0, 0]
    with pytest.raises(PipelineError, match="broke off"):
        bring(server, tmp_path)
    assert server.drops == []
    assert list((tmp_path / "raw").iterdir()) == []
    server.asked.clear()


def ranges(server: Any) -> list[str | None]:
    return [asked.headers["Range"] for asked in server.asked]


def archive(tmp_path: Path) -> bytes:
    return (tmp_path / "raw/archive.zip").read_bytes()


def test_the_archive_arrives_and_nothing_else_stays(server: Any, tmp_path: Path) -> None:
    description = bring(server, tmp_path)
    assert archive(tmp_path) == server.content
    assert (description["source"], description["file"]) == ("microsoft", "cats.zip")
    assert description["sha256"] == hashlib.sha256(server.content).hexdigest()
    assert ranges(server) == [None]
    assert [p.name for p in tmp_path.rglob("*")] == ["raw", "archive.zip"]


def test_a_dropped_connection_is_taken_up_in_the_same_run(server: Any, tmp_path: Path) -> None:
    server.drops = [131_072, 65_536]
    bring(server, tmp_path)
    assert archive(tmp_path) == server.content
    assert ranges(server) == [None, "bytes=131072-", "bytes=196608-"]
    assert [asked.headers["If-Range"] for asked in server.asked] == [None, '"first"', '"first"']


def test_an_interrupted_download_goes_on_in_the_next_run(server: Any, tmp_path: Path) -> None:
    break_off(server, tmp_path, after=131_072)
    bring(server, tmp_path)
    assert ranges(server) == ["bytes=131072-"]
    assert archive(tmp_path) == server.content


def test_an_interruption_by_the_user_leaves_no_archive(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    server.drops = [131_072]
    with monkeypatch.context() as patched:
        patched.setattr("time.sleep", interrupt)
        with pytest.raises(KeyboardInterrupt):
            bring(server, tmp_path)
    assert list((tmp_path / "raw").iterdir()) == []
    server.asked.clear()
    bring(server, tmp_path)
    assert ranges(server) == ["bytes=131072-"]
    assert archive(tmp_path) == server.content


def test_a_server_that_ignores_ranges_starts_anew(server: Any, tmp_path: Path) -> None:
    break_off(server, tmp_path, after=131_072)
    server.ranges = False
    bring(server, tmp_path)
    assert ranges(server) == ["bytes=131072-"]
    assert archive(tmp_path) == server.content


def test_a_server_that_sends_short_parts_is_asked_for_the_next(server: Any, tmp_path: Path) -> None:
    server.drops, server.longest = [131_072], 100_000
    bring(server, tmp_path)
    assert ranges(server) == [None, "bytes=131072-", "bytes=231072-"]
    assert archive(tmp_path) == server.content


def test_a_changed_file_starts_anew(server: Any, tmp_path: Path, newer_archive: bytes) -> None:
    break_off(server, tmp_path, after=131_072)
    server.etag, server.content = '"second"', newer_archive
    bring(server, tmp_path)
    assert [asked.headers["If-Range"] for asked in server.asked] == ['"first"']
    assert archive(tmp_path) == newer_archive


def test_a_part_that_was_not_asked_for_is_not_appended(server: Any, tmp_path: Path) -> None:
    break_off(server, tmp_path, after=131_072)
    server.lies = True
    bring(server, tmp_path)
    assert ranges(server) == ["bytes=131072-", None]
    assert archive(tmp_path) == server.content


def test_a_file_that_became_shorter_starts_anew(server: Any, tmp_path: Path) -> None:
    whole = server.content
    server.content = whole + bytes(500_000)
    break_off(server, tmp_path, after=len(whole) // 65_536 * 65_536 + 131_072)
    server.content = whole
    bring(server, tmp_path)
    assert [asked is None for asked in ranges(server)] == [False, True]
    assert archive(tmp_path) == whole


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_etag_a_part_is_not_trusted(
    server: Any, tmp_path: Path, etag: str | None
) -> None:
    server.etag = etag
    server.drops = [131_072]
    bring(server, tmp_path)
    assert ranges(server) == [None, None]
    assert archive(tmp_path) == server.content


def test_a_server_that_never_finishes_is_not_asked_for_ever(server: Any, tmp_path: Path) -> None:
    server.etag = None
    server.drops = [131_072] * 20
    with pytest.raises(PipelineError, match="broke off after 131,072 of"):
        bring(server, tmp_path)
    assert len(server.asked) == 4


def test_a_busy_server_is_asked_again(server: Any, tmp_path: Path) -> None:
    server.refusals["cats.zip"] = (503, "busy")
    with pytest.raises(PipelineError, match=r"127\.0\.0\.1 answered 503 .* run .* again later"):
        bring(server, tmp_path)
    assert len(server.asked) == 4


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_is_explained_at_once(server: Any, tmp_path: Path, status: int) -> None:
    server.refusals["cats.zip"] = (status, "<p>no</p>")
    with pytest.raises(PipelineError, match=f"answered {status}") as raised:
        bring(server, tmp_path)
    assert "kaggle (needs an account), folder (your own pictures) or sample" in str(raised.value)
    assert len(server.asked) == 1
    assert list((tmp_path / "raw").iterdir()) == []


def test_no_network_is_explained(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_name(*_: object, **__: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr("socket.getaddrinfo", no_name)
    with pytest.raises(PipelineError, match="No network") as raised:
        bring(server, tmp_path)
    assert "Pool" not in str(raised.value)


@pytest.mark.parametrize("content", [b"<html>a page</html>", b"", "half", "no dogs"])
def test_a_bad_archive_is_explained_and_not_kept(
    server: Any, tmp_path: Path, content: bytes | str, archive_without_dogs: bytes
) -> None:
    whole = server.content
    server.content = {"half": whole[: len(whole) // 2], "no dogs": archive_without_dogs}.get(
        content, content
    )
    with pytest.raises(PipelineError, match=r"not a whole zip|no pictures of dog"):
        bring(server, tmp_path)
    server.content = whole
    bring(server, tmp_path)
    assert archive(tmp_path) == whole
    assert ranges(server) == [None, None]


def test_a_download_shows_its_progress(server: Any, tmp_path: Path, terminal: io.StringIO) -> None:
    server.drops = [131_072]
    with redirect_stderr(terminal):
        bring(server, tmp_path)
    assert "cats.zip: 100%" in terminal.getvalue()
