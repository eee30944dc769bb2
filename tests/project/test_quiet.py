import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from dogs_vs_cats.project.quiet import silent_stderr, uncollected, without


class Cycle:
    """Unreachable as soon as it is made, for the garbage collector alone to find."""

    def __init__(self) -> None:
        self.itself = self


def test_what_is_written_to_the_descriptor_itself_stays_silent(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with silent_stderr():
        subprocess.run([sys.executable, "-c", "import os; os.write(2, b'banner')"], check=True)
    subprocess.run([sys.executable, "-c", "import os; os.write(2, b'error')"], check=True)
    assert capfd.readouterr().err == "error"


def test_a_package_is_missing_within_the_block_alone() -> None:
    sys.modules.pop("wave", None)
    with without("wave"), pytest.raises(ImportError):
        import wave
    import wave

    assert wave.open is not None


def test_a_package_that_is_loaded_stays() -> None:
    import json

    with without("json"):
        assert sys.modules["json"] is json
    assert sys.modules["json"] is json


def test_keras_brings_neither_matplotlib_nor_scikit_learn_along() -> None:
    code = (
        "import sys, dogs_vs_cats.compute.backend;"
        "print([name for name in ('matplotlib', 'sklearn') if name in sys.modules]);"
        "import sklearn.base, matplotlib.figure"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


@pytest.fixture
def unfrozen() -> Iterator[None]:
    """Give back to the collector what the test kept from it."""
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("unfrozen")
def test_what_is_made_within_the_block_is_never_collected() -> None:
    with uncollected():
        assert not gc.isenabled()
        kept = weakref.ref(Cycle())
    collected = weakref.ref(Cycle())
    gc.collect()
    assert gc.isenabled()
    assert kept() is not None
    assert collected() is None


@pytest.mark.usefixtures("unfrozen")
def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
