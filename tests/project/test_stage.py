import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from dogs_vs_cats.__main__ import cli
from dogs_vs_cats.project import stage
from dogs_vs_cats.project.errors import PipelineError

ROOT = Path(__file__).parents[2]


def failing(error: BaseException) -> "pytest.ExceptionInfo[SystemExit]":
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        stage.run(main)
    return ended


def test_a_users_mistake_is_one_line_without_traceback() -> None:
    assert failing(PipelineError("data/x is gone.")).value.code == "error: data/x is gone."


def test_a_message_cannot_steer_the_terminal() -> None:
    told = failing(PipelineError("a\x1b[2J.jpg:\n    gone")).value.code
    assert told == "error: a\\x1b[2J.jpg:\n    gone"


def test_a_full_disk_is_said_in_words() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "data/views/train.npy")
    message = str(failing(full).value.code)
    assert "No space left on device" in message
    assert "data/views/train.npy" in message


def test_a_copy_onto_a_full_disk_names_the_full_one() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "roomy/model", None, "full/model")
    assert str(failing(full).value.code).startswith("error: No space left on device: full/model.")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_stage_cleanly(tmp_path: Path, number: int, code: int) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import time\n"
        "from pathlib import Path\n"
        "from dogs_vs_cats.project import stage\n"
        "from dogs_vs_cats.project.files import whole_file\n"
        "def main():\n"
        "    with whole_file(Path('model')) as path:\n"
        "        path.touch()\n"
        "        print('begun', flush=True)\n"
        "        time.sleep(60)\n"
        "stage.run(main)\n"
    )
    process = subprocess.Popen(
        [sys.executable, script], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    process.stdout.readline()
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (code, b"")
    assert list(tmp_path.iterdir()) == [script]


def test_ctrl_c_during_imports_is_no_traceback(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("from dogs_vs_cats.project import stage\nraise KeyboardInterrupt\n")
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


@pytest.mark.parametrize("script", sorted((ROOT / "pipeline").glob("*.py")), ids=lambda p: p.stem)
def test_ctrl_c_during_any_stages_imports_is_no_traceback(script: Path, tmp_path: Path) -> None:
    for library in ("tqdm", "pandas", "PIL", "requests", "pydantic", "yaml", "tensorflow"):
        (tmp_path / f"{library}.py").write_text("raise KeyboardInterrupt\n")
    path = os.pathsep.join((str(tmp_path), str(ROOT / "src")))
    ended = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


def test_drawing_ends_with_the_process_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from concurrent.futures import ProcessPoolExecutor\n"
        "from multiprocessing import get_context\n"
        "import os, time\n"
        "from dogs_vs_cats.project.stage import end_with_parent\n"
        "if __name__ == '__main__':\n"
        "    pool = ProcessPoolExecutor(2, get_context('spawn'), end_with_parent)\n"
        "    list(pool.map(abs, [1, 2]))\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    # Ends only when no process holds its output open any more.
    ended = subprocess.run([sys.executable, script], capture_output=True, check=False, timeout=120)
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_file_that_may_not_be_written_is_named(number: int) -> None:
    refused = OSError(number, "No", "data/raw/archive.zip")
    message = str(failing(refused).value.code)
    assert "data/raw/archive.zip" in message
    assert "Let this user read and write it" in message


@pytest.mark.parametrize(
    "number", [errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EIO, errno.ENAMETOOLONG]
)
def test_whatever_the_system_says_of_a_file_is_one_line(number: int) -> None:
    wrong = OSError(number, os.strerror(number), "data/manifest.csv")
    assert failing(wrong).value.code == f"error: {os.strerror(number)}: data/manifest.csv."


def test_a_lack_of_memory_is_one_line() -> None:
    lacking = MemoryError("Unable to allocate 59.6 GiB")
    assert failing(lacking).value.code == "error: Out of memory. Unable to allocate 59.6 GiB"


def test_ctrl_c_ends_as_shells_expect() -> None:
    assert failing(KeyboardInterrupt()).value.code == 130


def test_ctrl_c_ends_commands_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(click.Group, "invoke", interrupted)
    assert CliRunner().invoke(cli, ["verify"]).exit_code == 130


def test_our_own_defects_keep_their_traceback() -> None:
    def main() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stage.run(main)


def test_a_stage_runs_the_code_that_lies_beside_it_whatever_is_installed(tmp_path: Path) -> None:
    package = tmp_path / "src" / "dogs_vs_cats"
    shutil.copytree(Path(stage.__file__).parent, package / "project")
    for name in ("__init__.py", "here.py"):
        (package / name).touch()
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "from dogs_vs_cats.project import stage\n"
        "def main():\n"
        "    from dogs_vs_cats import here\n"
        "    print(here.__file__, *sys.argv[1:])\n"
        "stage.run(main)\n"
    )
    ended = subprocess.run(
        [sys.executable, script.name, "argument"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == [str(package / "here.py"), "argument"]
