"""Digits that need no download."""

from pathlib import Path

import numpy as np
import pytest

from dogs_vs_cats.mnist.sources import VARIABLE


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a user has set must not reach the code under test."""
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def small_mnist(tmp_path: Path) -> Path:
    """A file in the form of Keras' ``mnist.npz``: 240 and 20 digits of noise, of every class."""
    rng = np.random.default_rng(0)
    path = tmp_path / "mnist.npz"
    np.savez(
        path,
        x_train=rng.integers(0, 256, (240, 28, 28), np.uint8),
        y_train=np.arange(240, dtype=np.uint8) % 10,
        x_test=rng.integers(0, 256, (20, 28, 28), np.uint8),
        y_test=np.arange(20, dtype=np.uint8) % 10,
    )
    return path
