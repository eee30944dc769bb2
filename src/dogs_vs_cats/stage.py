"""What every stage script shares: clean endings and readable failures."""

import errno
import sys
from collections.abc import Callable

from dogs_vs_cats.errors import PipelineError


def run(main: Callable[[], None]) -> None:
    """Run a stage and end the process as a command line tool should.

    A :class:`PipelineError`, a full disk and a refused file become one line on standard error and
    exit code 1; Ctrl-C ends with 130. Any other exception is a defect of ours and keeps its
    traceback.
    """
    try:
        main()
    except PipelineError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            sys.exit(f"error: {error.strerror}{where}. Free some space and run again.")
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            sys.exit(f"error: {error.strerror}{where}. Let this user read and write it.")
        raise
