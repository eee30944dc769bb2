import subprocess
import sys

import pytest

from dogs_vs_cats.quiet import silent_stderr, without


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
        "import sys, dogs_vs_cats.backend;"
        "print([name for name in ('matplotlib', 'sklearn') if name in sys.modules]);"
        "import sklearn.base, matplotlib.figure"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
