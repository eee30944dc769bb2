"""What other programs have set for themselves neither stops this one nor changes its files."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from dogs_vs_cats.project.surroundings import without_steering

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("backend", "in_kernel", "left"),
    [
        ("module://matplotlib_inline.backend_inline", False, None),
        ("module://matplotlib_inline.backend_inline", True, "as it was"),
        ("tkagg", False, "as it was"),
    ],
)
def test_a_kernels_way_of_drawing_stays_in_the_kernel(
    backend: str, in_kernel: bool, left: str | None
) -> None:
    kernel = "sys.modules['ipykernel'] = None; " if in_kernel else ""
    code = f"import os, sys; {kernel}import dogs_vs_cats; print(os.environ.get('MPLBACKEND'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"MPLBACKEND": backend, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(backend if left else None)


def test_a_clone_that_turns_line_ends_has_the_same_bytes(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")

    def git(*arguments: str, folder: Path = tmp_path) -> str:
        command = ["git", "-c", "core.autocrlf=true", "-C", str(folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    git("init", "--quiet")
    (tmp_path / ".gitattributes").write_bytes((ROOT / ".gitattributes").read_bytes())
    for name in ("dvc.yaml", "params.yaml", "docs/demo-report.png", "reports/seeds.csv"):
        (tmp_path / Path(name).name).write_bytes((ROOT / name).read_bytes())
    git("add", ".")
    git("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "first")
    git("clone", "--quiet", "--config", "core.autocrlf=true", ".", "clone")
    for path in tmp_path.iterdir():
        if path.is_file():
            assert (tmp_path / "clone" / path.name).read_bytes() == path.read_bytes(), path.name


HOSTILE = {
    "KERAS_BACKEND": "jax",
    "KERAS_MAX_EPOCHS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "7",
}
TRAINING = """
import numpy as np

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.project import stage

def main():
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Conv2D(8, 3), keras.layers.Flatten(), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("adam", "mse")
    x = np.random.default_rng(0).random((64, 24, 24, 3), np.float32)
    model.fit(x, x.mean((1, 2, 3)), epochs=3, verbose=0, shuffle=False)
    print(keras.config.backend(), [w.sum().item().hex() for w in model.get_weights()])

stage.run(main)
"""


def python(code: str, variables: Mapping[str, str], folder: Path) -> str:
    """What a script in a folder writes; it must end well."""
    script = folder / "script.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_training_gives_the_same_numbers_whatever_variables_are_set(tmp_path: Path) -> None:
    plain = python(TRAINING, {}, tmp_path)
    assert plain.startswith("tensorflow")
    assert python(TRAINING, HOSTILE, tmp_path) == plain


def test_kerass_own_settings_in_the_home_folder_change_no_number(tmp_path: Path) -> None:
    plain = python(TRAINING, {}, tmp_path)
    settings = tmp_path / ".keras" / "keras.json"
    settings.parent.mkdir()
    settings.write_text(
        '{"floatx": "float64", "epsilon": 0.1, "backend": "jax",'
        ' "image_data_format": "channels_first"}'
    )
    assert python(TRAINING, {"HOME": str(tmp_path)}, tmp_path) == plain


def test_no_library_sets_what_a_stage_would_start_again_without(tmp_path: Path) -> None:
    code = """
import os
import mlflow, openvino, pandas, sklearn
import dogs_vs_cats.compute.backend
from dogs_vs_cats.project.surroundings import without_steering
assert without_steering(os.environ) == dict(os.environ)
"""
    python(code, {}, tmp_path)


def test_of_xlas_flags_only_the_place_of_cuda_stays() -> None:
    flags = "--xla_cpu_enable_fast_math=true --xla_gpu_cuda_data_dir=/opt/cuda"
    kept = without_steering({"XLA_FLAGS": flags, "HOME": "/root"})
    assert kept == {"XLA_FLAGS": "--xla_gpu_cuda_data_dir=/opt/cuda", "HOME": "/root"}
    assert without_steering({"XLA_FLAGS": "--xla_cpu_enable_fast_math=true"}) == {}


def test_runs_stay_where_the_project_keeps_them() -> None:
    mine = {"MLFLOW_TRACKING_URI": "http://server", "MLFLOW_TRACKING_TOKEN": "t"}
    others = {"MLFLOW_RUN_ID": "1", "MLFLOW_EXPERIMENT_NAME": "e", "MLFLOW_REGISTRY_URI": "uc"}
    assert without_steering(mine | others) == mine


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_terminal_of_few_signs_stops_nothing(tmp_path: Path, encoding: str) -> None:
    code = """
from dogs_vs_cats.project import stage
stage.run(lambda: print("\u2212 \ud55c"))
"""
    said = python(code, {"PYTHONIOENCODING": encoding}, tmp_path)
    assert said.strip() == r"\u2212 \ud55c"


def test_a_users_style_changes_no_figure(tmp_path: Path) -> None:
    code = """
import hashlib
from pathlib import Path
from dogs_vs_cats.visualization.drawing import save_figure, styled_figure
with styled_figure(4, 3) as figure:
    figure.add_subplot().plot([1, 3, 2], label="x")
    figure.axes[0].legend()
save_figure(figure, Path("a.svg"))
print(hashlib.sha256(Path("a.svg").read_bytes()).hexdigest())
"""
    settings = tmp_path / "matplotlibrc"
    settings.write_text("font.size: 20\naxes.facecolor: red\nlines.linestyle: --\n")
    hostile = python(code, {"MATPLOTLIBRC": str(settings)}, tmp_path)
    settings.unlink()
    assert hostile == python(code, {}, tmp_path)
