"""Does the pipeline give the same bytes where the user's surroundings are hostile?

``python -m tests.campaigns.surroundings`` clones the checkout's commit twice, into a plain folder
and into one whose name holds a blank, a percent sign, a number sign and an umlaut, and runs ``make
demo`` in both, on pictures that take minutes. The second has a home folder full of settings of
other programs, and variables that are set by notebooks, clusters and other projects; where this
runs as root, it belongs to another user, so that git refuses it. All that ``dvc.lock`` records must
be the same: code, parameters, data, models, figures.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dogs_vs_cats.project.yaml_text import load_yaml
from tests.test_pipeline import TINY

ROOT = Path(__file__).parents[2]
HOSTILE_FOLDER = "My Projects 100% #1/Hündchen"

HOME = {
    ".keras/keras.json": '{"floatx": "float64", "epsilon": 0.01, "backend": "jax",'
    ' "image_data_format": "channels_first"}',
    ".config/matplotlib/matplotlibrc": "font.size: 20\nfigure.facecolor: red\n"
    "axes.facecolor: red\nsavefig.bbox: tight\nlines.linestyle: --\npath.simplify: False\n",
    ".gitconfig": "[core]\nautocrlf = true\neol = crlf\nquotepath = true\nfsmonitor = true\n"
    "hooksPath = /nonexistent\n[color]\nui = always\n[diff]\nexternal = false\nnoprefix = true\n"
    "[log]\nshowSignature = true\ndecorate = full\n[status]\nshort = true\nbranch = true\n"
    "[commit]\ngpgSign = true\n[user]\nname = A\nemail = a@b.c\n",
    ".config/dvc/config": "[core]\n    autostage = true\n    check_update = true\n"
    "    remote = elsewhere\n[cache]\n    type = symlink\n",
    ".great_expectations/great_expectations.conf": "[anonymous_usage_statistics]\nenabled = yes\n",
}
"""Files in the home folder, as other programs keep them."""

VARIABLES = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "KERAS_BACKEND": "jax",
    "KERAS_MAX_EPOCHS": "1",
    "KERAS_MAX_STEPS_PER_EPOCH": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_USE_LEGACY_KERAS": "1",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
    "TF_SET_ONEDNN_FPMATH_MODE": "BF16",
    "ONEDNN_DEFAULT_FPMATH_MODE": "BF16",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "Nehalem",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 AVX512F",
    "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
    "MLFLOW_REGISTRY_URI": "http://127.0.0.1:9",
    "MLFLOW_EXPERIMENT_NAME": "of something else",
    "MLFLOW_RUN_ID": "0123456789abcdef0123456789abcdef",
    "GX_CLOUD_ACCESS_TOKEN": "of something else",
    "PYTHONHASHSEED": "7",
    "PYTHONSTARTUP": "/nonexistent.py",
    "PYTHONIOENCODING": "latin-1",
    "LC_ALL": "C",
    "TZ": "Asia/Kathmandu",
    "COLUMNS": "20",
    "CDPATH": "/",
    "GIT_PAGER": "false",
}
"""Variables as notebooks, clusters, shells and other projects set them."""


def demo(
    folder: Path, home: Path, variables: Mapping[str, str], owner: str = ""
) -> dict[str, object]:
    """Clone the commit into a folder, run the demo on few pictures, and return its ``dvc.lock``.

    Args:
        folder: is made.
        home: the user's.
        variables: beside those that every shell has.
        owner: a user's number, who the clone is given to, if this one may.
    """
    environment = {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        **variables,
    }

    def call(*command: str, place: Path | None = None) -> None:
        subprocess.run(command, cwd=place, env=environment, check=True)

    call("git", "clone", "--quiet", str(ROOT), str(folder))
    if owner:
        call("chown", "-R", owner, str(folder))
    (folder / ".venv").symlink_to(sys.prefix)
    script = folder / "src" / "dogs_vs_cats" / "cli" / "demo.py"
    text = script.read_text(encoding="utf-8")
    settings = {**TINY, "sample": {"pictures_per_class": 40}}
    script.write_text(text.replace("(WORKSPACE, SETTINGS)", f"(WORKSPACE, {settings!r})"))
    # As the environment is linked: neither made anew nor asked which checkout it is of.
    environment["PYTHONPATH"] = str(folder / "src")
    call("make", "-o", ".venv/installed-requirements.lock", "demo", place=folder)
    lock: dict[str, object] = load_yaml((folder / ".demo" / "dvc.lock").read_bytes())["stages"]
    return lock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without", nargs="*", default=[], help="variables and files to leave out")
    options = parser.parse_args()
    left_out = set(options.without)
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        (scratch / "plain home").mkdir()
        home = scratch / "home"
        for name, text in HOME.items():
            if name not in left_out:
                (home / name).parent.mkdir(parents=True, exist_ok=True)
                (home / name).write_text(text, encoding="utf-8")
        plain = demo(scratch / "plain", scratch / "plain home", {})
        variables = {name: v for name, v in VARIABLES.items() if name not in left_out}
        owner = "12345" if os.geteuid() == 0 else ""
        hostile = demo(scratch / HOSTILE_FOLDER, home, variables, owner)
    differing = [name for name in plain | hostile if plain.get(name) != hostile.get(name)]
    print(f"{len(plain)} stages; other bytes in: {', '.join(differing) or 'none'}")
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
