"""``dogs-vs-cats doctor`` tells what is here, finds what stands in the way, and shows no secret."""

import json
import shutil
import socket
import subprocess
from collections import namedtuple
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner, Result
from parameters import COMMITTED

from dogs_vs_cats.__main__ import cli
from dogs_vs_cats.diagnosis import checks
from dogs_vs_cats.project.yaml_text import dump_yaml

SECRET = "KGAT_0123456789abcdef"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose pictures are drawn, on a machine with room, without any credentials."""
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("DOGS_VS_CATS_ARCHIVE", "MLFLOW_TRACKING_URI", "DVC_ROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(checks, "MEMORY", 1)
    monkeypatch.setattr(checks, "DISK", 1)
    monkeypatch.chdir(tmp_path)
    write(source="sample")
    return tmp_path


def write(source: str, folder: str = "", **backbone: Any) -> None:
    data = {"source": source, "folder": folder}
    params = COMMITTED | {"data": data, "backbone": COMMITTED["backbone"] | backbone}
    Path("params.yaml").write_text(dump_yaml(params))


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["doctor", *arguments], catch_exceptions=False)


def findings(*arguments: str) -> dict[str, dict[str, str]]:
    document = json.loads(doctor("--json", *arguments).output)
    return {each["subject"]: each for each in document["findings"]}


def test_where_nothing_stands_in_the_way_it_says_so() -> None:
    result = doctor()
    assert result.exit_code == 0
    assert result.output.endswith("The pipeline can run here.\n")
    told = findings()
    assert {each["verdict"] for each in told.values()} <= {"ok", "note"}
    assert told["precision"]["value"].startswith(("bfloat16", "float32"))
    assert "vgg16" in told["weights"]["value"]


@pytest.mark.parametrize("name", ["MEMORY", "DISK"])
def test_too_little_room_is_a_problem(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(checks, name, 2**60)
    result = doctor()
    assert result.exit_code == 1
    assert f"problem: {name.lower()}: " in result.output
    assert result.output.endswith("cannot run here as it is set.\n")


def test_memory_is_what_the_container_allows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("1073741824\n")
    monkeypatch.setattr(checks, "_CGROUP_LIMIT", limit)
    assert findings()["memory"]["value"].endswith(" free of 1.0 GiB")
    limit.write_text("max\n")
    total = psutil.virtual_memory().total / 2**30
    assert findings()["memory"]["value"].endswith(f" free of {total:.1f} GiB")


def test_an_old_python_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    version = namedtuple("version", "major minor micro")(3, 10, 1)
    monkeypatch.setattr(checks.sys, "version_info", version)
    assert findings()["python"]["verdict"] == "problem"


def test_kaggle_without_credentials_is_a_problem() -> None:
    write(source="kaggle")
    assert findings()["pictures"]["verdict"] == "problem"
    assert "KAGGLE_API_TOKEN" in findings()["pictures"]["advice"]


def test_credentials_are_found_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    write(source="kaggle")
    monkeypatch.setenv("KAGGLE_API_TOKEN", SECRET)
    folder = Path("~/.kaggle").expanduser()
    folder.mkdir(parents=True)
    (folder / "kaggle.json").write_text(json.dumps({"username": "x", "key": SECRET}))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"https://me:{SECRET}@runs.example.org/")
    result = doctor("--json")
    assert result.exit_code == 0
    assert SECRET not in result.output
    assert SECRET not in doctor().output
    told = findings()["pictures"]["value"]
    assert "KAGGLE_API_TOKEN" in told
    assert "~/.kaggle/kaggle.json" in told
    assert "runs.example.org" in findings()["tracking"]["value"]


def test_a_copy_of_the_archive_stands_for_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(source="kaggle")
    archive = tmp_path / "dogs-vs-cats.zip"
    monkeypatch.setenv("DOGS_VS_CATS_ARCHIVE", str(archive))
    assert findings()["pictures"]["verdict"] == "problem"
    archive.touch()
    assert findings()["pictures"]["verdict"] == "ok"


def test_a_folder_is_looked_for_from_the_root(tmp_path: Path) -> None:
    write(source="folder", folder="mine")
    assert findings()["pictures"]["verdict"] == "problem"
    (tmp_path / "mine").mkdir()
    assert findings()["pictures"]["verdict"] == "ok"


def test_weights_that_must_be_downloaded_or_are_missing_are_told() -> None:
    write(source="sample", name="resnet50_v2")
    assert findings()["weights"]["verdict"] == "note"
    write(source="sample", weights="nowhere.weights.h5")
    assert findings()["weights"]["verdict"] == "problem"


def test_a_port_in_use_is_told_with_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = findings("--port", str(port))["port"]
    assert told["verdict"] == "note"
    assert f"PORT={port + 1}" in told["advice"]


def test_a_gpu_that_tensorflow_does_not_see_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = subprocess.run

    def answer(command: list[str], **options: Any) -> Any:
        if command[0] != "nvidia-smi":
            return ask(command, **options)
        return subprocess.CompletedProcess(command, 0, "NVIDIA T4, 570.86\n", "")

    monkeypatch.setattr(checks.subprocess, "run", answer)
    monkeypatch.setattr(checks.tf.config, "list_physical_devices", lambda kind: [])
    told = findings()
    assert told["gpu driver"]["value"] == "NVIDIA T4, 570.86"
    assert "GPU=1" in told["gpu"]["advice"]


def test_without_git_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert findings()["git"]["verdict"] == "problem"


def test_a_mistake_in_params_is_told_first() -> None:
    Path("params.yaml").write_text("data: 3\n")
    result = CliRunner().invoke(cli, ["doctor"])
    assert result.exit_code != 0
    assert "params.yaml" in str(result.exception)
