"""Two versions of a file: how far apart, and where."""

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from dogs_vs_cats.verification.comparison import Comparison, compare_files, compare_folders

Writer = Callable[[Path, Any], None]


def write_npy(path: Path, value: Any) -> None:
    np.save(path, value)


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value))


def write_text(path: Path, value: str) -> None:
    path.write_text(value)


def write_picture(path: Path, value: Any) -> None:
    Image.fromarray(value).save(path)


def write_h5(path: Path, value: Mapping[str, Any]) -> None:
    with h5py.File(path, "w") as file:
        for name, array in value.items():
            file[name] = array


def write_keras(path: Path, value: Mapping[str, Any]) -> None:
    weights = path.with_name("weights")
    write_h5(weights, value["weights"])
    with zipfile.ZipFile(path, "w") as archive:
        told = {"date_saved": value["date"], "dogs_vs_cats": {"classes": value["classes"]}}
        archive.writestr("metadata.json", json.dumps(told))
        archive.writestr("config.json", json.dumps(value["config"]))
        archive.write(weights, "model.weights.h5")


def compared(
    tmp_path: Path, name: str, write: Writer, old: Any, new: Any, tolerance: float = 1e-3
) -> Comparison:
    paths = []
    for folder, value in (("old", old), ("new", new)):
        paths.append(tmp_path / folder / name)
        paths[-1].parent.mkdir()
        write(paths[-1], value)
    return compare_files(*paths, name, tolerance)


def keras_file(
    weight: float = 0.5,
    activation: str = "relu",
    date: str = "monday",
    classes: tuple[str, ...] = ("cat", "dog"),
) -> Any:
    return {
        "classes": classes,
        "config": {"layers": [{"activation": activation}]},
        "weights": {"layers/dense/vars/0": np.array([[0.0, weight]], np.float32)},
        "date": date,
    }


ZEROS = np.zeros((2, 3), np.float32)


def moved(difference: float, dtype: Any = np.float32) -> Any:
    array = ZEROS.astype(dtype)
    array[1, 2] += difference
    return array


CASES = [
    pytest.param("a.npy", write_npy, ZEROS, moved(0.25), 0.25, "[1, 2]", id="npy"),
    pytest.param(
        "a.csv",
        write_text,
        "epoch,loss\n1,0.5\n2,0.25\n",
        "epoch,loss\n1,0.5\n2,0.75\n",
        0.5,
        "loss[1]",
        id="csv",
    ),
    pytest.param("a.json", write_json, {"a": [1, {"b": 2}]}, {"a": [1, {"b": 2.5}]}, 0.5, "a.1.b",
                 id="json"),
    pytest.param("a.h5", write_h5, {"g/x": ZEROS}, {"g/x": moved(0.25)}, 0.25, "g/x[1, 2]",
                 id="h5"),
    pytest.param("a.keras", write_keras, keras_file(), keras_file(0.75), 0.25,
                 "model.weights.h5: layers/dense/vars/0[0, 1]", id="keras"),
    pytest.param("a.png", write_picture, ZEROS.astype(np.uint8), moved(3, np.uint8), 3.0, "[1, 2]",
                 id="picture"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "write", "old", "new", "largest", "where"), CASES)
def test_the_largest_difference_of_numbers_is_told_with_its_place(
    tmp_path: Path, name: str, write: Writer, old: Any, new: Any, largest: float, where: str
) -> None:
    found = compared(tmp_path, name, write, old, new)
    assert (found.verdict, found.largest, found.where) == ("different", largest, where)


@pytest.mark.parametrize(("name", "write", "old", "new", "largest", "where"), CASES)
def test_up_to_the_tolerance_numbers_are_equal(
    tmp_path: Path, name: str, write: Writer, old: Any, new: Any, largest: float, where: str
) -> None:
    found = compared(tmp_path, name, write, old, new, tolerance=largest)
    assert (found.verdict, found.largest, found.where) == ("within tolerance", largest, where)


@pytest.mark.parametrize(
    ("name", "write", "old", "new", "detail"),
    [
        ("a.npy", write_npy, ZEROS, ZEROS[:1], "shape (2, 3), now (1, 3)"),
        ("a.npy", write_npy, ZEROS, ZEROS.astype(np.float16), "float32, now float16"),
        ("a.csv", write_text, "a,b\n1,x\n", "a,b\n1,y\n", "x, now y"),
        ("a.csv", write_text, "a\n1\n", "a\n1\n2\n", "shape (1,), now (2,)"),
        ("a.csv", write_text, "a,b\n1,x\n", "a\n1\n", "b is gone"),
        ("a.json", write_json, {"ok": True}, {"ok": False}, "true, now false"),
        ("a.json", write_json, {"a": 1}, {"a": 1, "b": 2}, "b is new"),
        ("a.json", write_json, {"a": 1}, {"a": None}, "1.0, now null"),
        ("a.keras", write_keras, keras_file(), keras_file(activation="gelu"), '"relu", now "gelu"'),
        (
            *("a.keras", write_keras, keras_file(), keras_file(classes=("dog", "cat"))),
            'metadata.json: dogs_vs_cats.classes.0: "cat", now "dog"',
        ),
        ("a.md", write_text, "one\ntwo\n", "one\nthree\n", "line 2"),
        ("a.bin", write_text, "one", "one two", "3 bytes, now 7"),
        ("a.npy", write_text, "not", "one", "cannot be read as .npy"),
    ],
)
def test_what_is_no_number_differs_whatever_the_tolerance(
    tmp_path: Path, name: str, write: Writer, old: Any, new: Any, detail: str
) -> None:
    found = compared(tmp_path, name, write, old, new, tolerance=1e9)
    assert found.verdict == "different"
    assert detail in str(found.detail)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_that_is_not_finite_any_more_is_different(tmp_path: Path, value: float) -> None:
    found = compared(tmp_path, "a.npy", write_npy, ZEROS, moved(value), tolerance=1e9)
    assert (found.verdict, found.largest) == ("different", None)
    assert found.detail == "[1, 2]: not a finite number in one of them"


def test_the_same_infinities_and_nan_in_other_bytes_do_not_differ(tmp_path: Path) -> None:
    array = np.array([np.nan, np.inf, 1.0])
    found = compared(tmp_path, "a.npz", lambda p, v: v(p, a=array), np.savez, np.savez_compressed)
    assert (found.verdict, found.largest) == ("within tolerance", 0.0)


def test_when_a_model_was_saved_is_not_what_it_holds(tmp_path: Path) -> None:
    found = compared(tmp_path, "a.keras", write_keras, keras_file(), keras_file(date="sunday"))
    assert (found.verdict, found.largest) == ("within tolerance", 0.0)


def test_of_a_large_array_every_block_is_compared(tmp_path: Path) -> None:
    old = np.zeros(3_000_001, np.float16)
    new = old.copy()
    new[[5, 3_000_000]] = 0.25, 0.5
    found = compared(tmp_path, "a.npy", write_npy, old, new)
    assert (found.largest, found.where) == (0.5, "[3000000]")


def test_of_a_folder_the_worst_file_counts(tmp_path: Path) -> None:
    old = {"same": "1", "near": "2", "far": "3", "gone": "4"}
    new = {"same": "1", "near": "5", "far": "6", "new": "7"}
    parts = {
        "near": Comparison("within tolerance", 0.1, "x"),
        "far": Comparison("different", 2.0, "y"),
    }
    found = compare_folders(old, new, parts.__getitem__)
    assert (found.verdict, found.largest, found.where) == ("different", 2.0, "far: y")
    assert found.detail == "4 of 5 files; gone is gone; 1 more"
    alone = compare_folders({"near": "2"}, {"near": "5"}, parts.__getitem__)
    assert alone.verdict == "within tolerance"
