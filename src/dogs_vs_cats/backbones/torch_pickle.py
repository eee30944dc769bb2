"""Reads weights that PyTorch saved, without PyTorch and without running what a pickle names.

A pickle may call any function that it names. This reader knows four names, which build arrays and
dictionaries; any other is refused before anything is called.

The format is that of ``torch.save`` before PyTorch 1.6: pickles of a magic number, a protocol
version, the writer's machine, the tensors by name and the keys of their storages, then for each
key a count (int64) and as many raw little-endian numbers.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import sha256

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001

Arrays = Mapping[str, npt.NDArray[Any]]
_Tensor = Callable[[Mapping[str, npt.NDArray[Any]]], npt.NDArray[Any]]


def read_torch(path: Path, digest: str | None = None) -> Arrays:
    """Read the tensors of a ``.pth`` file.

    Args:
        path: the file.
        digest: SHA-256 that the file must have, checked before anything of it is interpreted.

    Returns:
        Name to array (float32 or int64), in the order of the file.

    Raises:
        PipelineError: the file is missing, is another than expected, is not of this format, or
            names anything but arrays and dictionaries.
    """
    try:
        if digest is not None and (found := sha256(path)) != digest:
            raise PipelineError(
                f"{path} is not the expected file (SHA-256 {found}). Install the locked version"
                " of its package: make clean-env setup."
            )
        with path.open("rb") as file:
            return _tensors(file)
    except OSError as error:
        raise PipelineError(f"{path} cannot be read: {error.strerror}.") from None
    except _RefusedError as error:
        raise PipelineError(
            f"{path} names {error}, which is neither an array nor a dictionary. Such a file can"
            " run any program; it was not opened further."
        ) from None
    except Exception as error:  # what is no pickle can raise anything
        if isinstance(error, PipelineError):
            raise
        raise PipelineError(
            f"{path} is not a file of weights in PyTorch's format of before version 1.6: {error}"
        ) from None


class _RefusedError(Exception):
    pass


class _DataUnpickler(pickle.Unpickler):
    """Builds what the four names of :meth:`find_class` stand for, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _KNOWN[f"{module}.{name}"]
        except KeyError:
            raise _RefusedError(f"{module}.{name}") from None

    def persistent_load(self, pid: Any) -> tuple[str, np.dtype[Any], int]:
        kind, dtype, key, _, count, view = pid
        if kind != "storage" or view is not None:
            raise ValueError(f"unknown storage {pid}")
        return key, dtype(), count


def _rebuild_tensor(
    storage: tuple[str, np.dtype[Any], int],
    offset: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *_: Any,
) -> _Tensor:
    key, dtype, count = storage
    # A view beyond its storage would show foreign memory.
    last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
    if min((offset, *shape, *strides)) < 0 or (0 not in shape and last >= count):
        raise ValueError(f"a tensor of shape {shape} does not fit its storage")
    in_bytes = [stride * dtype.itemsize for stride in strides]
    return lambda storages: np.ascontiguousarray(
        as_strided(storages[key][offset:], shape, in_bytes, writeable=False)
    )


_KNOWN: Mapping[str, Callable[..., Any]] = {
    "collections.OrderedDict": OrderedDict,
    "torch._utils._rebuild_tensor_v2": _rebuild_tensor,
    "torch.FloatStorage": lambda: np.dtype("<f4"),
    "torch.LongStorage": lambda: np.dtype("<i8"),
}


def _tensors(file: BinaryIO) -> Arrays:
    magic, protocol, _machine = (_DataUnpickler(file).load() for _ in range(3))
    if (magic, protocol) != (MAGIC, PROTOCOL):
        raise ValueError(f"it starts with {magic}, {protocol}")
    unpickler = _StorageUnpickler(file)
    tensors = unpickler.load()
    storages = {}
    for key in _DataUnpickler(file).load():
        dtype, expected = unpickler.storages[key]
        [count] = np.frombuffer(file.read(8), "<i8")
        if count != expected:
            raise ValueError(f"storage {key} holds {count} numbers instead of {expected}")
        storages[key] = np.frombuffer(file.read(count * dtype.itemsize), dtype, count)
    return {name: tensor(storages) for name, tensor in tensors.items()}


class _StorageUnpickler(_DataUnpickler):
    """Remembers the storages that its tensors lie in."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, tuple[np.dtype[Any], int]] = {}

    def persistent_load(self, pid: Any) -> tuple[str, np.dtype[Any], int]:
        key, dtype, count = super().persistent_load(pid)
        self.storages[key] = dtype, count
        return key, dtype, count
