"""What tells weights from any others."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def digest(weights: Mapping[str, Sequence[npt.NDArray[Any]]]) -> str:
    """SHA-256 over names of layers, shapes and little-endian float32 values, layer by layer."""
    state = hashlib.sha256()
    for name, arrays in weights.items():
        for array in arrays:
            state.update(f"{name}{array.shape}".encode())
            state.update(np.ascontiguousarray(array, dtype="<f4").tobytes())
    return state.hexdigest()
