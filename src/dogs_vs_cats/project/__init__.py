"""What all rooms share. Stages and commands import it before anything that takes seconds."""

import sys
from typing import Any


def _quiet_when_interrupted(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)


# Ctrl-C is no defect, also not before `stage.end_cleanly` catches it. A notebook's own hook stays.
if sys.excepthook is sys.__excepthook__:
    sys.excepthook = _quiet_when_interrupted
