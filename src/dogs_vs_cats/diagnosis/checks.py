"""Whether the pipeline can run here, and on what: a check is a function in :data:`CHECKS`.

Nothing is changed, nothing is sent, and no credential is shown.
"""

import contextlib
import importlib.metadata
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from dogs_vs_cats.backbones.table import BACKBONES
from dogs_vs_cats.backbones.weights import package_of
from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.compute.cpu import cpu_cores, cpu_flags, cpu_name
from dogs_vs_cats.compute.device import precision_of
from dogs_vs_cats.data.sources.kaggle import ARCHIVE_VARIABLE
from dogs_vs_cats.diagnosis.finding import Finding, Situation
from dogs_vs_cats.diagnosis.repository import repository
from dogs_vs_cats.project.places import of_user
from dogs_vs_cats.tracking.messages import store_name

GIB = 2**30
MEMORY = 3 * GIB
"""The largest process of a `dvc repro` of 4,000 pictures stays below this (README)."""
DISK = 5 * GIB
"""Its files, with DVC's cache and MLflow's store: measured 4.6 GB."""
_PYTHONS = ((3, 11), (3, 13))
_INSTRUCTIONS = ("avx", "avx2", "avx512f", "avx512_bf16", "amx_bf16")
_KAGGLE_FILES = ("access_token", "kaggle.json", "credentials.json")
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def examine(situation: Situation) -> list[Finding]:
    """All checks, in their order."""
    return [finding for check in CHECKS for finding in check(situation)]


def system(situation: Situation) -> Iterator[Finding]:
    yield Finding("platform", f"{platform.system()} {platform.release()}, {platform.machine()}")
    lowest, highest = (".".join(map(str, version)) for version in _PYTHONS)
    fits = _PYTHONS[0] <= sys.version_info[:2] <= _PYTHONS[1]
    yield Finding(
        "python",
        platform.python_version(),
        "ok" if fits else "problem",
        "" if fits else f"The locked packages exist for Python {lowest} to {highest}.",
    )


def processor(situation: Situation) -> Iterator[Finding]:
    has = [each for each in _INSTRUCTIONS if each in cpu_flags()]
    value = f"{cpu_name()}, {cpu_cores()} cores ({', '.join(has) or 'no vector instructions told'})"
    if platform.machine() == "x86_64" and cpu_flags() and "avx" not in has:
        yield Finding("processor", value, "problem", "TensorFlow's packages need AVX.")
    else:
        yield Finding("processor", value)


def memory(situation: Situation) -> Iterator[Finding]:
    free, total = psutil.virtual_memory().available, psutil.virtual_memory().total
    with contextlib.suppress(OSError, ValueError):  # "max", or no cgroup of version 2
        total = min(total, int(_CGROUP_LIMIT.read_text()))
    enough = min(free, total) >= MEMORY
    yield Finding(
        "memory",
        f"{_size(free)} free of {_size(total)}",
        "ok" if enough else "problem",
        "" if enough else f"The largest process takes up to {_size(MEMORY)}. End others.",
    )


def disk(situation: Situation) -> Iterator[Finding]:
    free = shutil.disk_usage(situation.root).free
    enough = free >= DISK
    yield Finding(
        "disk",
        f"{_size(free)} free",
        "ok" if enough else "problem",
        ""
        if enough
        else f"A run of 4,000 pictures needs {_size(DISK)}, with DVC's cache. Make"
        " room, or put the cache elsewhere (`dvc cache dir`).",
    )


def gpu(situation: Situation) -> Iterator[Finding]:
    seen = tf.config.list_physical_devices("GPU")
    for each in seen:
        details = tf.config.experimental.get_device_details(each)
        capability = ".".join(map(str, details.get("compute_capability", ())))
        yield Finding(
            "gpu", f"{details.get('device_name', 'unknown')} (compute capability {capability})"
        )
    installed = _nvidia_smi()
    if installed:
        yield Finding("gpu driver", "; ".join(installed))
    if installed and not seen:
        yield Finding(
            "gpu", "not seen by TensorFlow", "note", "Run `make setup GPU=1`: CUDA's libraries."
        )
    elif not seen:
        yield Finding("gpu", "none: everything runs on the processor")


def _nvidia_smi() -> list[str]:
    """Name and driver of each GPU that NVIDIA's driver knows; none where there is no driver."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
        return [line.strip() for line in answer.stdout.splitlines() if line.strip()]
    return []


def tensorflow(situation: Situation) -> Iterator[Finding]:
    build = tf.sysconfig.get_build_info()
    cuda = f"CUDA {build['cuda_version']}" if build.get("is_cuda_build") else "no CUDA"
    yield Finding("tensorflow", f"{tf.__version__} ({cuda} in its build)")
    precision = precision_of(situation.params.compute)
    asked = situation.params.compute.precision
    slow = precision == "bfloat16" and not (
        tf.config.list_physical_devices("GPU") or cpu_flags() & {"avx512_bf16", "amx_bf16"}
    )
    yield Finding(
        "precision",
        f"{precision} (compute.precision: {asked})",
        "note" if slow else "ok",
        "This hardware has no bfloat16 and computes it slowly." if slow else "",
    )


def tools(situation: Situation) -> Iterator[Finding]:
    for name in ("dvc", "mlflow"):
        yield Finding(name, importlib.metadata.version(name))
    git = shutil.which("git")
    yield Finding(
        "git",
        git or "not found",
        "ok" if git else "problem",
        "" if git else "Install it: DVC and the audit ask it.",
    )


def weights(situation: Situation) -> Iterator[Finding]:
    settings = situation.params.backbone
    backbone = BACKBONES[settings.name]
    value = f"of {settings.name}"
    if settings.weights:
        there = of_user(settings.weights).is_file()
        yield Finding(
            "weights",
            f"{value}: {settings.weights}",
            "ok" if there else "problem",
            "" if there else "backbone.weights names no file.",
        )
        return
    if backbone.carried:
        package = package_of(backbone)
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            yield Finding("weights", f"{value}: {package} {importlib.metadata.version(package)}")
            return
    yield Finding("weights", f"{value}: not here", "note", "Keras will download them.")


def pictures(situation: Situation) -> Iterator[Finding]:
    data = situation.params.data
    if data.source == "folder":
        there = of_user(data.folder).is_dir()
        yield Finding(
            "pictures",
            f"folder {data.folder}",
            "ok" if there else "problem",
            "" if there else "data.folder names no folder.",
        )
        return
    if data.source != "kaggle":
        yield Finding("pictures", f"source {data.source}")
        return
    if copy := os.environ.get(ARCHIVE_VARIABLE):
        there = of_user(copy).is_file()
        yield Finding(
            "pictures",
            f"{ARCHIVE_VARIABLE}: {copy}",
            "ok" if there else "problem",
            "" if there else "It names no file.",
        )
        return
    places = list(_kaggle_credentials())
    if places or (situation.root / "data/raw/archive.zip").is_file():
        yield Finding("pictures", f"Kaggle; credentials: {', '.join(places) or 'none'}")
    else:
        yield Finding(
            "pictures",
            "Kaggle; no credentials found",
            "problem",
            f"Set KAGGLE_API_TOKEN, or {ARCHIVE_VARIABLE} to a copy of the archive, or take another"
            " data.source (README).",
        )


def _kaggle_credentials() -> Iterator[str]:
    """Where credentials are; whether Kaggle takes them, `download` will see."""
    if os.environ.get("KAGGLE_API_TOKEN"):
        yield "KAGGLE_API_TOKEN"
    if os.environ.get("KAGGLE_USERNAME") and os.environ.get("KAGGLE_KEY"):
        yield "KAGGLE_USERNAME and KAGGLE_KEY"
    folders = (os.environ.get("KAGGLE_CONFIG_DIR"), "~/.kaggle", "~/.config/kaggle")
    for folder in filter(None, folders):
        for name in _KAGGLE_FILES:
            if (Path(folder).expanduser() / name).is_file():
                yield f"{folder}/{name}"


def tracking(situation: Situation) -> Iterator[Finding]:
    if os.environ.get("MLFLOW_TRACKING_URI"):
        yield Finding("tracking", f"MLFLOW_TRACKING_URI: {store_name()}")
        return
    with socket.socket() as probe:
        free = probe.connect_ex(("127.0.0.1", situation.port)) != 0
    yield Finding(
        "port",
        f"{situation.port} {'free' if free else 'in use'}",
        "ok" if free else "note",
        "" if free else f"Run `make ui PORT={situation.port + 1}`.",
    )


CHECKS: tuple[Callable[[Situation], Iterator[Finding]], ...] = (
    system,
    processor,
    memory,
    disk,
    gpu,
    tensorflow,
    tools,
    repository,
    weights,
    pictures,
    tracking,
)


def _size(count: float) -> str:
    return f"{count / GIB:.1f} GiB"
