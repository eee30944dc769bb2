import hashlib
import io
import pickle
import struct
from collections import OrderedDict
from pathlib import Path, PurePath
from typing import Any, ClassVar

import numpy as np
import pytest

from dogs_vs_cats.backbones.torch_pickle import MAGIC, PROTOCOL, read_torch
from dogs_vs_cats.project.errors import PipelineError


class _Name:
    """Is pickled as the global of this name."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class _Storage:
    def __init__(self, kind: str, key: str, count: int) -> None:
        self.pid = ("storage", _Name("torch", kind), key, "cpu", count, None)


class _Tensor:
    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments


class _Writer(pickle._Pickler):  # the one in Python, whose opcodes can be written by hand
    dispatch: ClassVar[dict[Any, Any]] = dict(pickle._Pickler.dispatch)

    def persistent_id(self, obj: Any) -> Any:
        return obj.pid if isinstance(obj, _Storage) else None

    def save_name(self, obj: _Name) -> None:
        self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())

    def save_tensor(self, obj: _Tensor) -> None:
        self.save_name(_Name("torch._utils", "_rebuild_tensor_v2"))
        self.save(obj.arguments)
        self.write(pickle.REDUCE)

    dispatch[_Name] = save_name
    dispatch[_Tensor] = save_tensor


def _write(path: Path, tensors: Any, storages: dict[str, np.ndarray], magic: int = MAGIC) -> Path:
    content = io.BytesIO()
    for each in (magic, PROTOCOL, {"little_endian": True}, tensors, list(storages)):
        _Writer(content, 2).dump(each)
    for values in storages.values():
        content.write(struct.pack("<q", values.size) + values.tobytes())
    path.write_bytes(content.getvalue())
    return path


def _tensor(
    shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0, count: int = 6
) -> _Tensor:
    storage = _Storage("FloatStorage", "7", count)
    return _Tensor(storage, offset, shape, strides, False, OrderedDict())


VALUES = {"7": np.arange(6, dtype="<f4")}


def test_tensors_are_read_with_their_strides(tmp_path: Path) -> None:
    count = _Tensor(_Storage("LongStorage", "8", 1), 0, (), (), False, OrderedDict())
    tensors = OrderedDict(
        rows=_tensor((2, 3), (3, 1)),
        columns=_tensor((3, 2), (1, 3)),
        end=_tensor((2,), (1,), 4),
        count=count,
    )
    path = _write(tmp_path / "a.pth", tensors, VALUES | {"8": np.array([5], "<i8")})
    read = read_torch(path, hashlib.sha256(path.read_bytes()).hexdigest())
    assert list(read) == ["rows", "columns", "end", "count"]
    np.testing.assert_array_equal(read["rows"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(read["columns"], [[0, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(read["end"], [4, 5])
    assert read["count"] == 5
    assert read["rows"].dtype == np.float32


def test_a_foreign_class_is_refused_unbuilt(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.pth", OrderedDict(x=PurePath("harmless")), {})
    with pytest.raises(PipelineError, match="neither an array nor a dictionary"):
        read_torch(path)


def test_another_file_than_the_pinned_one_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    path.write_bytes(pickle.dumps(PurePath("harmless")))
    with pytest.raises(PipelineError, match="not the expected file"):
        read_torch(path, "0" * 64)


@pytest.mark.parametrize(
    "tensor",
    [
        _tensor((2, 4), (4, 1)),
        _tensor((2, 3), (3, 1), 1),
        _tensor((2,), (-1,), 1),
        _tensor((6,), (1,), -1),
        _tensor((7,), (1,), count=7),
    ],
)
def test_a_tensor_beyond_its_storage_is_refused(tensor: _Tensor, tmp_path: Path) -> None:
    path = _write(tmp_path / "a.pth", OrderedDict(x=tensor), VALUES)
    with pytest.raises(PipelineError, match="is not a file of weights"):
        read_torch(path)


def test_what_is_no_such_file_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="cannot be read: No such file"):
        read_torch(tmp_path / "missing.pth")
    path = tmp_path / "a.pth"
    path.write_bytes(b"PK\x03\x04 a zip, as PyTorch writes since 1.6")
    with pytest.raises(PipelineError, match="is not a file of weights"):
        read_torch(path)
    _write(path, OrderedDict(x=_tensor((6,), (1,))), VALUES, magic=1)
    with pytest.raises(PipelineError, match="it starts with 1,"):
        read_torch(path)
    whole = _write(path, OrderedDict(x=_tensor((6,), (1,))), VALUES).read_bytes()
    path.write_bytes(whole[:-4])
    with pytest.raises(PipelineError, match="is not a file of weights"):
        read_torch(path)
