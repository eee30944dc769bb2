"""Five ways to teach a convnet what few pictures show, compared with evidence.

For notebooks and scripts it offers what :mod:`dogs_vs_cats.notebook` has, imported when it is used.
"""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dogs_vs_cats.notebook import load_model, manifest, predict, results

    __version__: str

__all__ = ["__version__", "load_model", "manifest", "predict", "results"]

# Every dependency asks the environment before it says or sends anything, and asks at import:
# this is the only moment early enough to keep them quiet. A user's own setting wins.
for _name, _value in {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "true",
    "GX_ANALYTICS_ENABLED": "false",
}.items():
    os.environ.setdefault(_name, _value)

# All is written for one of Keras' backends, whatever the user takes for other work.
os.environ["KERAS_BACKEND"] = "tensorflow"

# A notebook's kernel hands its way of drawing to what it starts, as `!dvc repro`. Outside the
# kernel it shows nothing, and where it is not installed Matplotlib ends with an error.
if os.environ.get("MPLBACKEND", "").startswith("module://") and "ipykernel" not in sys.modules:
    del os.environ["MPLBACKEND"]

if not TYPE_CHECKING:  # a type checker would take any name for one that is here

    def __getattr__(name):
        if name == "__version__":
            from importlib.metadata import PackageNotFoundError, version

            try:
                value = version("dogs-vs-cats")
            except PackageNotFoundError:  # the source alone, on PYTHONPATH
                value = "unknown"
        elif name in __all__:
            from dogs_vs_cats import notebook

            value = getattr(notebook, name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
