"""What stage scripts and commands share: clean endings and readable failures."""

import errno
import io
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.git import is_shallow
from dogs_vs_cats.project.surroundings import without_steering
from dogs_vs_cats.project.text import printable

_LAYOUT = "\n\t"
"""What messages are laid out with."""


class Terminated(KeyboardInterrupt):
    """SIGTERM, as containers, ``timeout`` and ``kill`` send it: ends as cleanly as Ctrl-C."""


def run(main: Callable[[], None]) -> None:
    """Run a stage with the code of the folder that it runs in, and end as :func:`end_cleanly` does.

    DVC runs a queued experiment in a folder of its own and records the code there, where Python
    finds the checkout's that is installed, which may have been edited since. The process then
    starts again with the folder's code. It does so too without the user's variables that would
    change numbers, as libraries have looked at them already.
    """
    environment = without_steering(os.environ)
    source = Path("src").resolve()
    if (source / "dogs_vs_cats").is_dir() and not Path(__file__).resolve().is_relative_to(source):
        paths = (str(source), os.environ.get("PYTHONPATH"))
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    if environment != dict(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)

    def guarded() -> None:
        _require_that_results_stay()
        main()

    end_cleanly(guarded)


def _require_that_results_stay() -> None:
    """Stop an experiment beside the workspace that would train, end well, and leave nothing.

    In a shallow clone, DVC (3.67) runs ``--temp`` and ``--queue`` to their end and drops them.
    """
    root = Path(os.environ.get("DVC_ROOT") or Path.cwd()).resolve()
    if Path.cwd().is_relative_to(root / ".dvc") and is_shallow(root):
        raise PipelineError(
            f"This experiment's results would be lost, as {root} is a shallow clone: DVC keeps none"
            " from beside its workspace. Run `git fetch --unshallow` there first, or `dvc exp run`"
            " without --temp and --queue."
        )


def end_cleanly(main: Callable[[], None]) -> None:
    """Call ``main`` and end the process as a command line tool should.

    A :class:`PipelineError`, a lack of memory and whatever the system says of a file (full,
    refused, missing, broken) become one line on standard error and exit code 1; Ctrl-C ends with
    130, SIGTERM with 143. Any other exception is a defect of ours and keeps its traceback.
    """

    def terminated(*_: Any) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without a sign, in whatever encoding it is, sees its escape.
            stream.reconfigure(errors="backslashreplace")
    try:
        main()
    except PipelineError as error:
        sys.exit(f"error: {printable(str(error), keep=_LAYOUT)}")
    except Terminated:
        sys.exit(143)
    except KeyboardInterrupt:
        sys.exit(130)
    except MemoryError as error:
        sys.exit(f"error: Out of memory. {error}".rstrip())
    except OSError as error:
        if not error.strerror:  # of a connection, or of a library that makes up its own
            raise
        sys.exit(f"error: {_told(error)}")


def end_with_parent() -> None:
    """Let this process, one of a pool's, end when the one that started it is killed.

    It would wait for work for ever: its siblings keep open what work comes through.
    """
    parent = multiprocessing.parent_process()
    assert parent

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _told(error: OSError) -> str:
    # Of a copy, the second name is where it should have gone.
    name = error.filename2 or error.filename
    where = f": {printable(os.fsdecode(name))}" if name else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            mend = " Free some space and run again."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            mend = " Let this user read and write it."
        case _:
            mend = ""
    if name and tempfile.tempdir and Path(os.fsdecode(name)).is_relative_to(tempfile.tempdir):
        mend += " It lies in the temporary folder; the variable TMPDIR can name another one."
    return f"{error.strerror}{where}.{mend}"
