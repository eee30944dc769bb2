"""What one person pushes, another pulls: real remotes, over the protocols that people use."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_project import COMMON, TinyProject, make_tiny_project

BUCKET = "pictures"
PICTURES = 16
OTHER_FILES = ("archive", "manifest", "model", "training", "evaluation")


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of an S3-compatible server with one bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        # A user's own account must not be asked.
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        empty = tmp_path_factory.mktemp("aws") / "empty"
        empty.touch()
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, str(empty))
        patch.setenv("AWS_ACCESS_KEY_ID", "tester")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        url = f"http://{host}:{port}"
        boto3.client("s3", endpoint_url=url).create_bucket(Bucket=BUCKET)
        yield url
    server.stop()


@pytest.fixture(params=["folder", "S3"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> TinyProject:
    """A project whose default remote is committed, and holds its data."""
    project = make_tiny_project(tmp_path / "first")
    if request.param == "folder":
        project.dvc("remote", "add", "--default", "shared", str(tmp_path / "remote"))
    else:
        project.dvc("remote", "add", "--default", "shared", f"s3://{BUCKET}/{tmp_path.name}")
        url = request.getfixturevalue("s3")
        project.dvc("remote", "modify", "shared", "endpointurl", url)
    project.commit("Share the data")
    assert "pushed" in project.dvc("push")
    return project


def clone(project: TinyProject, folder: Path) -> TinyProject:
    """What a stranger gets: git's files, an empty cache."""
    project.git("clone", "--quiet", ".", str(folder))
    return TinyProject(folder)


def audit(project: TinyProject, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return project.start(sys.executable, "-m", "dogs_vs_cats", "audit", *arguments)


def bytes_of_data(project: TinyProject) -> list[str]:
    """Where the bytes of each data version are, as the audit tells."""
    versions = json.loads(audit(project, "versions", "--json").stdout)["versions"]
    return [version["bytes"]["state"] for version in versions]


@pytest.fixture
def stages_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Tells which stages have really run since the project was made."""
    log = tmp_path / "log"
    monkeypatch.setenv("TINY_LOG", str(log))

    def read() -> list[str]:
        lines = log.read_text().split()
        log.write_text("")
        return lines

    return read


def test_after_clone_and_pull_nothing_has_to_run_and_the_audit_passes(
    stages_run: Callable[[], list[str]], shared: TinyProject, tmp_path: Path
) -> None:
    assert stages_run() == ["download", "split", "train", "evaluate"]
    stranger = clone(shared, tmp_path / "second")
    assert bytes_of_data(stranger) == ["remote"]
    assert audit(stranger, "check").returncode == 1  # nothing is there until it is pulled
    stranger.dvc("pull")
    stranger.dvc("repro")
    assert stages_run() == []
    assert stranger.git("status", "--porcelain") == ""
    for path in ("data/manifest.csv", "data/splits/train/cat/cat.0.jpg"):
        assert (stranger.folder / path).read_bytes() == (shared.folder / path).read_bytes()
    checked = audit(stranger, "check", "--json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(checked.stdout)["files"] == PICTURES + len(OTHER_FILES)
    assert bytes_of_data(stranger) == ["here"]


def test_a_model_trained_elsewhere_travels_back(shared: TinyProject, tmp_path: Path) -> None:
    second = clone(shared, tmp_path / "second")
    second.dvc("pull")
    second.set_epochs(3)
    second.dvc("repro")
    second.commit("Three epochs")
    assert "pushed" in second.dvc("push")
    shared.git("pull", "--quiet", str(second.folder), "HEAD")
    assert "modified" in audit(shared, "check").stdout
    shared.dvc("pull")
    assert audit(shared, "check").returncode == 0
    model = "data/models/small_convnet.keras"
    assert (shared.folder / model).read_bytes() == (second.folder / model).read_bytes()


def test_what_was_never_pushed_is_called_lost(shared: TinyProject, tmp_path: Path) -> None:
    shared.write("pipeline/download.py", COMMON + 'write("data/raw/archive.zip", "more")\n')
    shared.dvc("repro")
    shared.commit("Not pushed")
    assert bytes_of_data(clone(shared, tmp_path / "second")) == ["lost", "remote"]
