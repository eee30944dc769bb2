import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from dogs_vs_cats.compute.device import Device
from dogs_vs_cats.tracking.lineage import file_md5
from dogs_vs_cats.tracking.runs import live_run
from tests.campaigns.bad_servers import bad_server

DEVICE = Device("CPU: X, 2 cores", "float32")
LONG = 60
"""Seconds: less than MLflow's own retries and timeout take, more than a slow machine needs."""


@pytest.fixture
def dead_server() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://user:secret@127.0.0.1:{server.getsockname()[1]}"


def test_a_run_is_there_with_params_and_epochs_while_its_method_trains(project: Any) -> None:
    with live_run("frozen_base", DEVICE) as run:
        run.log_epoch(1, {"loss": 0.7, "val_accuracy": 0.5})
        run.log_epoch(2, {"loss": 0.6, "val_accuracy": 0.6})
        (seen,) = project.runs().values()
        history = project.client().get_metric_history(seen.info.run_id, "loss")
    assert seen.info.run_name == "frozen_base"
    assert seen.info.status == "RUNNING"
    assert seen.data.params == project.shown_params
    assert [(metric.step, metric.value) for metric in history] == [(1, 0.7), (2, 0.6)]
    assert seen.data.tags["device"] == "CPU: X, 2 cores"
    assert seen.data.tags["precision"] == "float32"
    assert seen.data.tags["environment.tensorflow"]


def test_a_finished_run_is_tied_to_its_model_file(project: Any) -> None:
    path = project.model("frozen_base")
    with live_run("frozen_base", DEVICE) as run:
        run.finish(file_md5(path), {"best_epoch": 2})
    (seen,) = project.runs().values()
    assert seen.info.status == "FINISHED"
    assert seen.data.tags["dvc.model_md5"] == file_md5(path)
    assert seen.data.metrics == {"best_epoch": 2}


def test_a_run_that_raised_failed(project: Any) -> None:
    with pytest.raises(ZeroDivisionError), live_run("frozen_base", DEVICE):
        _ = 1 / 0
    (seen,) = project.runs().values()
    assert seen.info.status == "FAILED"


def test_an_interrupted_run_was_killed(project: Any) -> None:
    with pytest.raises(KeyboardInterrupt), live_run("frozen_base", DEVICE):
        raise KeyboardInterrupt
    (seen,) = project.runs().values()
    assert seen.info.status == "KILLED"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_process_that_is_told_to_end_leaves_a_killed_run(
    project: Any, number: signal.Signals, code: int
) -> None:
    script = """
        import time
        from types import SimpleNamespace
        from dogs_vs_cats.project.stage import end_cleanly
        from dogs_vs_cats.tracking.runs import live_run

        def main():
            with live_run("frozen_base", SimpleNamespace(name="CPU", precision="float32")):
                print("training", flush=True)
                time.sleep(300)

        end_cleanly(main)
    """
    with subprocess.Popen(
        (sys.executable, "-c", textwrap.dedent(script)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "training\n"
        process.send_signal(number)
        assert process.communicate(timeout=LONG) == ("", "")
    assert process.returncode == code
    (seen,) = project.runs().values()
    assert seen.info.status == "KILLED"


def test_a_run_that_is_interrupted_while_it_begins_was_killed(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dogs_vs_cats.tracking.store.Store.log_params", interrupted)
    with pytest.raises(KeyboardInterrupt), live_run("frozen_base", DEVICE):
        pass
    (seen,) = project.runs().values()
    assert seen.info.status == "KILLED"


def test_an_experiment_in_a_copy_is_shown_in_the_projects_store_by_its_name(
    project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(project.root / name, copy)
    monkeypatch.chdir(copy)
    monkeypatch.setenv("DVC_ROOT", str(project.root))
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-rats")
    with live_run("frozen_base", DEVICE):
        pass
    (seen,) = project.runs().values()
    assert seen.data.tags["dvc.experiment"] == "puffy-rats"
    # Neither store nor artifacts: only the id that tells the copy from other workspaces.
    assert {path.name for path in copy.iterdir()} == {".dvc", "dvc.yaml", "params.yaml"}


def test_a_training_goes_on_without_a_store_after_one_warning(
    project: Any,
    dead_server: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", dead_server)
    started = time.monotonic()
    with live_run("frozen_base", DEVICE) as run:
        run.log_epoch(1, {"loss": 0.7})
        run.finish(file_md5(project.model("frozen_base")), {"best_epoch": 1})
    said = capsys.readouterr()
    assert time.monotonic() - started < LONG
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "127.0.0.1" in said.err
    assert "secret" not in said.err


@pytest.mark.parametrize("kind", ["silent", "body a byte a second", "503, Retry-After an hour"])
def test_a_training_does_not_wait_long_for_a_store_that_does_not_answer(
    project: Any,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    started = time.monotonic()
    with bad_server(kind) as address:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        with live_run("frozen_base", DEVICE) as run:
            run.log_epoch(1, {"loss": 0.7})
    assert time.monotonic() - started < LONG
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("name", ["dvc.yaml", "params.yaml"])
@pytest.mark.parametrize("content", [None, "stages: [", "{}"])
def test_a_training_goes_on_where_its_parameters_cannot_be_told_after_one_warning(
    project: Any, capsys: pytest.CaptureFixture[str], name: str, content: str | None
) -> None:
    path = project.root / name
    path.unlink()
    if content is not None:
        path.write_text(content)
    with live_run("frozen_base", DEVICE) as run:
        run.log_epoch(1, {"loss": 0.7})
        run.finish(file_md5(project.model("frozen_base")), {"best_epoch": 1})
    said = capsys.readouterr()
    if (name, content) == ("params.yaml", "{}"):  # a file that can be read and says nothing
        (seen,) = project.runs().values()
        assert {*seen.data.params} == {"pictures.train", "pictures.test"}
        assert said.err == ""
    else:
        assert project.runs() == {}
        assert said.err.startswith("warning: this training is not shown live in MLflow")
        assert said.err.count("\n") == 1


def test_a_store_that_breaks_during_training_costs_one_warning(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with live_run("frozen_base", DEVICE) as run:
        (project.root / "mlflow.db").write_bytes(b"no database")
        for epoch in range(1, 4):
            run.log_epoch(epoch, {"loss": 0.7})
        run.finish(file_md5(project.model("frozen_base")), {})
    assert capsys.readouterr().err.count("\n") == 1


def test_the_first_use_of_the_local_store_says_nothing(project: Any) -> None:
    (project.root / "mlflow.db").unlink()
    script = """
        from types import SimpleNamespace
        from dogs_vs_cats.tracking.runs import live_run
        with live_run("frozen_base", SimpleNamespace(name="CPU", precision="float32")):
            pass
    """
    done = subprocess.run(
        (sys.executable, "-c", textwrap.dedent(script)), capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(project.runs()) == 1


def test_a_store_is_made_by_one_of_those_that_open_it_first(project: Any) -> None:
    (project.root / "mlflow.db").unlink()
    script = """
        from pathlib import Path
        from dogs_vs_cats.tracking.store import open_store
        open_store(Path.cwd())
    """
    command = (sys.executable, "-c", textwrap.dedent(script))
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate()[1] for process in processes] == [b""] * 3
