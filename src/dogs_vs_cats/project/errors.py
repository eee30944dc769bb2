"""The one exception whose message is written for the person at the terminal."""


class PipelineError(Exception):
    """Something the user can mend.

    The message says what was wrong, where, and what to do next. Stage scripts print it without a
    traceback and exit with 1 (see :func:`dogs_vs_cats.project.stage.end_cleanly`).
    """
