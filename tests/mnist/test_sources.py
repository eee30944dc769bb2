"""Where the digits come from is said, and nothing else takes their place unsaid."""

import os
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from keras.src.datasets import mnist as keras_mnist

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.mnist.digits import digest, read_digits, write_digits
from dogs_vs_cats.mnist.sources import MNIST, VARIABLE, obtain
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import sha256

NAMED = os.environ.get(VARIABLE)


def no_network(*_: Any, **__: Any) -> None:
    raise Exception("URL fetch failure on https://example.org: None -- no route")


def test_a_named_file_is_taken_and_known_by_its_content(
    small_mnist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(small_mnist))
    arrays, about, how = obtain("auto")
    assert len(arrays["x_train"]) == 240
    assert about["name"] == "the arrays of MNIST_NPZ"
    assert "not MNIST's" in about["about"]
    assert VARIABLE in how

    with np.load(small_mnist) as stored:
        np.savez_compressed(small_mnist.with_name("other.npz"), **stored)
    monkeypatch.setenv(VARIABLE, str(small_mnist.with_name("other.npz")))
    assert obtain("mnist")[1] == about


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_train": None}, "cannot be read as MNIST.*x_train"),
        ({"x_test": np.zeros((20, 8, 8), np.uint8)}, r"x_test of \(20, 8, 8\).*expected uint8"),
        ({"x_test": np.zeros((20, 28, 28))}, "float64.*expected uint8"),
        ({"y_test": np.zeros(19, np.uint8)}, r"y_test of \(19,\)"),
        ({"y_train": np.full(240, 10)}, "y_train that are not 0 to 9"),
        ({"y_train": np.array([{}] * 240)}, "cannot be read as MNIST.*allow_pickle"),
    ],
)
def test_a_named_file_that_is_no_good_is_an_error_and_no_reason_to_take_others(
    change: dict[str, Any], message: str, small_mnist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with np.load(small_mnist) as stored:
        arrays = {name: each for name, each in ({**stored} | change).items() if each is not None}
    np.savez(small_mnist, **arrays)
    monkeypatch.setenv(VARIABLE, str(small_mnist))
    with pytest.raises(PipelineError, match=message):
        obtain("auto")


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_a_named_file_that_is_no_file_of_arrays_is_an_error(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bad.npz"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(VARIABLE, str(path))
    with pytest.raises(PipelineError, match=r"bad\.npz .*MNIST_NPZ should name"):
        obtain("auto")


def test_mnist_is_downloaded_as_keras_does(
    small_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(small_mnist.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()

        def from_here(fname: str, origin: str, file_hash: str) -> str:
            path: str = keras.utils.get_file(
                fname,
                f"http://127.0.0.1:{server.server_port}/{Path(origin).name}",
                file_hash=sha256(small_mnist),
                cache_dir=tmp_path / "keras",
            )
            return path

        monkeypatch.setattr(keras_mnist, "get_file", from_here)
        arrays, _, how = obtain("auto")
        server.shutdown()
    assert how == "from Keras' download"
    with np.load(small_mnist) as stored:
        assert digest(arrays) == digest({**stored})


def test_without_network_scikit_learns_digits_stand_in_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keras_mnist, "get_file", no_network)
    arrays, about, how = obtain("auto")
    assert about["name"] == "scikit-learn's digits"
    assert how.startswith("instead of MNIST, so no accuracy below is MNIST's.")
    assert "no route" in how
    assert VARIABLE in how
    assert arrays["x_train"].shape[1:] == (28, 28)
    assert not arrays["x_train"][:, :4].any()
    assert arrays["x_train"].max() == 255


def test_who_asks_for_mnist_gets_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_mnist, "get_file", no_network)
    with pytest.raises(PipelineError, match=r"cannot be downloaded .*no route.* MNIST_NPZ"):
        obtain("mnist")


@pytest.mark.skipif(not NAMED, reason=f"needs MNIST: set {VARIABLE} to its path")
def test_mnist_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, NAMED or "")
    _, about, _ = obtain("mnist")
    assert (about["name"], about["sha256"]) == ("MNIST", MNIST)


def test_the_last_twelfth_of_the_training_digits_chooses_the_epoch(
    small_mnist: Path, tmp_path: Path
) -> None:
    with np.load(small_mnist) as stored:
        arrays = {**stored}
    path = tmp_path / "digits.npz"
    assert write_digits(path, arrays) == {"train": 220, "validation": 20, "test": 20}
    np.testing.assert_array_equal(read_digits(path, "train").pictures, arrays["x_train"][:220])
    np.testing.assert_array_equal(read_digits(path, "validation").labels, arrays["y_train"][220:])
    np.testing.assert_array_equal(read_digits(path, "test").pictures, arrays["x_test"])
    first = path.read_bytes()
    write_digits(path, arrays)
    assert path.read_bytes() == first


def test_a_split_without_one_of_the_digits_is_an_error(small_mnist: Path, tmp_path: Path) -> None:
    with np.load(small_mnist) as stored:
        arrays = {**stored, "y_test": np.zeros(20, np.uint8)}
    with pytest.raises(PipelineError, match="Split test would hold no 1 among its 20 digits"):
        write_digits(tmp_path / "digits.npz", arrays)
    assert not (tmp_path / "digits.npz").exists()


def test_digits_that_were_not_brought_name_the_stage(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"dvc repro mnist/dvc\.yaml:digits"):
        read_digits(tmp_path / "digits.npz", "test")
