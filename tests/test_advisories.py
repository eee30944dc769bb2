"""The check of the locked packages for known faults: found, none, or no advisories to be had."""

import json
import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest

ADVISORIES = Path(__file__).parents[1] / ".ci" / "advisories.py"
SOUND = {"name": "numpy", "version": "2.4", "vulns": []}
FAULTY = {"name": "pip", "version": "1.0", "vulns": [{"id": "PYSEC-0", "fix_versions": ["1.1"]}]}
UNKNOWN = {"name": "keras", "skip_reason": "not found"}


def status(monkeypatch: pytest.MonkeyPatch, out: str, errors: str = "") -> Any:
    """The exit status where pip-audit says this."""
    ended = subprocess.CompletedProcess([], 1, out, errors)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ended)
    return runpy.run_path(str(ADVISORIES))["main"]()


@pytest.mark.parametrize(
    ("out", "errors", "why"),
    [
        ("", "Traceback\nConnectionError: no route", "ConnectionError: no route"),
        ("<html>", "", "pip-audit said nothing"),
        (json.dumps({"dependencies": [UNKNOWN]}), "None found", "knows none of them"),
    ],
)
def test_without_advisories_one_line_says_so(
    out: str,
    errors: str,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status(monkeypatch, out, errors) == 0
    said = capsys.readouterr().out
    assert said.startswith("No advisories can be reached")
    assert why in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(("packages", "expected"), [([SOUND, UNKNOWN], 0), ([SOUND, FAULTY], 1)])
def test_a_known_fault_ends_with_1(
    packages: list[Any],
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status(monkeypatch, json.dumps({"dependencies": packages})) == expected
    said = capsys.readouterr().out
    assert ("pip 1.0: PYSEC-0, mended in 1.1" in said) == bool(expected)
    assert f"of {len(packages)} packages were checked" in said
