"""Pictures and archives that tests draw for themselves."""

import io
import os
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

REAL_ARCHIVE_VARIABLE = "DOGS_VS_CATS_ARCHIVE"
# A busy machine is no fault of what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
# `dvc`, `python` and `mlflow` in a shell are those of this environment, also when it is not active.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def jpeg(seed: int, width: int = 60, height: int = 50, mode: str = "RGB") -> bytes:
    """A small JPEG that differs from those of other seeds in every way a test may look at."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, size=(5, 6, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    content = io.BytesIO()
    picture.convert(mode).save(content, "JPEG", quality=90)
    return content.getvalue()


def write_zip(path: Path, entries: Mapping[str, bytes]) -> Path:
    """A zip of these entries in this order."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def kaggle_entries(per_class: int, size: tuple[int, int] = (60, 50)) -> dict[str, bytes]:
    """Entries as in Kaggle's train.zip, all different."""
    return {
        f"train/{label}.{number}.jpg": jpeg(2 * number + index, *size)
        for index, label in enumerate(("cat", "dog"))
        for number in range(per_class)
    }


@pytest.fixture(scope="session", autouse=True)
def named_archive() -> str | None:
    """Taken away before the first test: what a user has set must not reach the code under test.

    Not on import, which would take it from the processes that the tests are spread over.
    """
    return os.environ.pop(REAL_ARCHIVE_VARIABLE, None)


@pytest.fixture(scope="session")
def real_archive(named_archive: str | None) -> Path:
    """Kaggle's archive, for tests that only real pictures can make."""
    if not named_archive:
        pytest.skip(f"needs Kaggle's archive: set {REAL_ARCHIVE_VARIABLE} to its path")
    return Path(named_archive).expanduser().resolve()
