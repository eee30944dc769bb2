"""The check of the locked packages against PyPI's advisories: found, none, or not to be had."""

import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

ADVISORIES = Path(__file__).parents[1] / ".ci" / "advisories.py"


def answer(status: int, body: bytes) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = status, body
    return response


def outcome(monkeypatch: pytest.MonkeyPatch, got: Any, found: int = 0) -> tuple[int, list[str]]:
    """Exit status, and pip-audit's arguments where it was run."""
    commands: list[list[str]] = []

    def get(*_: Any, **__: Any) -> requests.Response:
        if isinstance(got, Exception):
            raise got
        assert isinstance(got, requests.Response)
        return got

    def run(command: list[str]) -> Any:
        commands.append(command)
        return subprocess.CompletedProcess(command, found)

    monkeypatch.setattr(requests, "get", get)
    monkeypatch.setattr(subprocess, "run", run)
    status = runpy.run_path(str(ADVISORIES))["main"]()
    return status, commands[0] if commands else []


@pytest.mark.parametrize(
    "got",
    [
        requests.ConnectionError(),
        requests.Timeout(),
        answer(404, b""),
        answer(503, b""),
        answer(200, b"<html>"),
        answer(200, b"{}"),
        answer(200, b"null"),
    ],
)
def test_without_advisories_one_line_says_so(
    got: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome(monkeypatch, got) == (0, [])
    said = capsys.readouterr().out
    assert said.startswith("No advisories can be reached")
    assert said.count("\n") == 1


@pytest.mark.parametrize("found", [0, 1])
def test_with_advisories_pip_audit_decides(found: int, monkeypatch: pytest.MonkeyPatch) -> None:
    status, command = outcome(monkeypatch, answer(200, b'{"vulnerabilities": []}'), found)
    assert status == found
    assert {"--strict", "requirements-gpu.lock"} <= {*command}
