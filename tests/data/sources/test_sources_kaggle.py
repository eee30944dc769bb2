"""Kaggle's own client against a server on this machine that plays Kaggle.

The client knows the address http://localhost of Kaggle's developers; a proxy setting brings
what goes there, and to the storage that Kaggle refers to, to the test's server.
"""

import base64
import io
import json
import os
import socket
import sys
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest

from dogs_vs_cats.data.sources import obtain
from dogs_vs_cats.data.sources.kaggle import Kaggle
from dogs_vs_cats.project.errors import PipelineError

KEY_PAIR = {"username": "someone", "key": "k3y"}
BASIC = "Basic " + base64.b64encode(b"someone:k3y").decode()


@pytest.fixture
def home(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder without credentials, for a client that has not been imported yet."""
    for name in list(os.environ):
        if name.startswith("KAGGLE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setenv("http_proxy", server.url)
    for name in list(sys.modules):
        if name.split(".")[0] == "kaggle":
            monkeypatch.delitem(sys.modules, name)
    return folder


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def bring(tmp_path: Path) -> dict[str, Any]:
    source = Kaggle(tmp_path / "cache", backoff=0.001)
    return obtain(source, ("cat", "dog"), tmp_path / "raw/archive.zip")


def failure(tmp_path: Path) -> str:
    """The message of a failure, which must leave no archive and name the other sources."""
    with pytest.raises(PipelineError) as raised:
        bring(tmp_path)
    assert list((tmp_path / "raw").iterdir()) == []
    message = str(raised.value)
    for other in ("DOGS_VS_CATS_ARCHIVE", "microsoft", "folder", "sample"):
        assert other in message
    assert "secret" not in message
    return message


@pytest.mark.parametrize(
    ("variables", "files", "authorization"),
    [
        pytest.param({"KAGGLE_API_TOKEN": "t0k"}, {}, "Bearer t0k", id="token variable"),
        pytest.param(
            {"KAGGLE_API_TOKEN": "HOME/mine"}, {"mine": "t0k\n"}, "Bearer t0k", id="named file"
        ),
        pytest.param({}, {".kaggle/access_token": "t0k\n"}, "Bearer t0k", id="token file"),
        pytest.param({}, {".kaggle/access_token.txt": "t0k"}, "Bearer t0k", id="token text file"),
        pytest.param(
            {"KAGGLE_USERNAME": "someone", "KAGGLE_KEY": "k3y"}, {}, BASIC, id="key variables"
        ),
        pytest.param({}, {".kaggle/kaggle.json": KEY_PAIR}, BASIC, id="key file"),
        pytest.param({}, {".config/kaggle/kaggle.json": KEY_PAIR}, BASIC, id="XDG key file"),
        pytest.param(
            {"KAGGLE_CONFIG_DIR": "HOME/mine"}, {"mine/kaggle.json": KEY_PAIR}, BASIC, id="key dir"
        ),
        pytest.param(
            {},
            {
                ".kaggle/credentials.json": {
                    "refresh_token": "r",
                    "access_token": "t0k",
                    "access_token_expiration": "2999-01-01T00:00:00+00:00",
                    "username": "someone",
                }
            },
            "Bearer t0k",
            id="login",
        ),
    ],
)
def test_every_kind_of_credential_brings_the_archive(
    server: Any,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    variables: dict[str, str],
    files: dict[str, object],
    authorization: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("HOME", str(home)))
    for name, content in files.items():
        write(home / name, content)
    description = bring(tmp_path)
    assert (tmp_path / "raw/archive.zip").read_bytes() == server.content
    assert (description["source"], description["file"]) == ("kaggle", "dogs-vs-cats.zip")
    [asked] = server.asked_for("DownloadDataFiles")
    assert asked.headers["Authorization"] == authorization
    assert {a.headers["Authorization"] for a in server.asked_for("archive.zip")} == {None}
    assert capfd.readouterr() == ("", "")


def test_no_credentials(server: Any, home: Path, tmp_path: Path, capfd: Any) -> None:
    message = failure(tmp_path)
    assert "No Kaggle credentials found" in message
    assert "https://www.kaggle.com/settings/api" in message
    assert "KAGGLE_API_TOKEN" in message
    assert server.asked == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{'username': 'someone'}", "is not JSON"),
        ("", "is not JSON"),
        ("\udcff", "is not JSON"),
        ("5", "holds no text under username and key"),
        ('["username", "key"]', "holds no text under username and key"),
        ({"username": "someone"}, "holds no text under key"),
    ],
)
def test_a_broken_key_file(
    server: Any, home: Path, tmp_path: Path, content: object, problem: str
) -> None:
    path = home / ".kaggle/kaggle.json"
    path.parent.mkdir()
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_bytes(text.encode(errors="surrogateescape"))
    message = failure(tmp_path)
    assert f'{path} {problem}. It must hold {{"username": "NAME", "key": "KEY"}}' in message
    assert "https://www.kaggle.com/settings/api" in message


@pytest.mark.parametrize("content", ["{", "[]", {"username": "someone"}])
def test_a_broken_login_file(server: Any, home: Path, tmp_path: Path, content: object) -> None:
    write(home / ".kaggle/credentials.json", content)
    message = failure(tmp_path)
    assert f"{home / '.kaggle/credentials.json'} " in message
    assert "Run `kaggle auth login` again" in message


@pytest.mark.parametrize("answer", ["inactive", 404, 401])
def test_an_access_token_that_kaggle_refuses(
    server: Any, home: Path, tmp_path: Path, answer: object
) -> None:
    write(home / ".kaggle/access_token", "old")
    server.token_is_known = False
    if isinstance(answer, int):
        server.refusals["IntrospectToken"] = (answer, "no")
    message = failure(tmp_path)
    assert "~/.kaggle/access_token" in message
    assert "Create a new token" in message


def with_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_USERNAME", "someone")
    monkeypatch.setenv("KAGGLE_KEY", "k3y")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, ["(401)", "Create a new token"]),
        (
            403,
            [
                "(403)",
                "https://www.kaggle.com/competitions/dogs-vs-cats/data",
                "Data tab",
                "accept there",
                "Kaggle says: words of its own",
            ],
        ),
        (404, ["(404)", "pip install --upgrade kaggle"]),
        (429, ["answered 429", "later"]),
        (500, ["answered 500", "later"]),
    ],
)
@pytest.mark.parametrize("form", ["words of its own", "<p>a page</p>"])
def test_each_refusal_has_its_own_message(
    server: Any,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    words: list[str],
    form: str,
) -> None:
    with_key(monkeypatch)
    server.refusals["DownloadDataFiles"] = (status, form)
    message = failure(tmp_path)
    for word in words:
        assert word in message or ("says" in word and form.startswith("<"))


@pytest.mark.parametrize("credential", ["key", "token"])
def test_no_network(
    server: Any,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    credential: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def no_name(*_: object, **__: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    with_key(monkeypatch)
    if credential == "token":
        monkeypatch.setenv("KAGGLE_API_TOKEN", "t0k")
    monkeypatch.delenv("http_proxy")
    monkeypatch.setattr("socket.getaddrinfo", no_name)
    assert "No network: localhost cannot be reached" in failure(tmp_path)
    assert capfd.readouterr() == ("", "")


def test_a_proxy_that_is_not_there(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_key(monkeypatch)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert "HTTPS_PROXY" in failure(tmp_path)


def test_a_login_page_of_the_network(
    server: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", "t0k")
    server.refusals["IntrospectToken"] = (200, "<p>Welcome to our wireless network</p>")
    assert "login page" in failure(tmp_path)


def test_a_refusal_by_the_storage(
    server: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_key(monkeypatch)
    server.refusals["archive.zip"] = (403, "<p>no</p>")
    assert "403" in failure(tmp_path)


def test_a_truncated_archive(
    server: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_key(monkeypatch)
    server.content = server.content[: len(server.content) // 2]
    message = failure(tmp_path)
    assert "not a whole zip archive" in message
    assert "download it anew" in message


def test_an_archive_without_dogs(
    server: Any,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    archive_without_dogs: bytes,
) -> None:
    with_key(monkeypatch)
    server.content = archive_without_dogs
    assert "no pictures of dog" in failure(tmp_path)


def test_an_interrupted_download_goes_on_in_the_next_run(
    server: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_key(monkeypatch)
    # The client's own request for the file is the first one; its answer is not read.
    server.drops = [len(server.content), 131_072, 0, 0, 0]
    message = failure(tmp_path)
    assert f"broke off after 131,072 of {len(server.content):,} bytes" in message
    server.asked.clear()
    bring(tmp_path)
    assert (tmp_path / "raw/archive.zip").read_bytes() == server.content
    assert server.asked_for("archive.zip")[-1].headers["Range"] == "bytes=131072-"


def test_a_download_shows_its_progress_even_when_the_client_is_verbose(
    server: Any,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    terminal: io.StringIO,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with_key(monkeypatch)
    monkeypatch.setenv("VERBOSE", "true")
    # A client that reads its answer to print it would stumble here.
    server.drops = [0]
    with redirect_stderr(terminal):
        bring(tmp_path)
    assert "dogs-vs-cats.zip: 100%" in terminal.getvalue()
    assert capsys.readouterr().out == ""


def test_a_folder_that_the_client_cannot_make(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home / "file", "")
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(home / "file/folder"))
    assert "KAGGLE_CONFIG_DIR" in failure(tmp_path)
