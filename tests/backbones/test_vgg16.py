from pathlib import Path

import numpy as np
import onnx
import pytest

from dogs_vs_cats.backbones import vgg16
from dogs_vs_cats.backbones.vgg16 import (
    CONVOLUTIONS,
    CONVOLUTIONS_DIGEST,
    build_conv_base,
    digest,
    halves,
    load_conv_base,
    preprocess,
    read_onnx_weights,
    read_weights,
    write_weights,
)
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.project.errors import PipelineError


@pytest.fixture(scope="module")
def weights() -> vgg16.Weights:
    return read_weights()


@pytest.fixture(scope="module")
def weights_file(weights: vgg16.Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "vgg16.weights.h5"
    write_weights(weights, path)
    return path


def test_the_installed_package_carries_the_pinned_weights(weights: vgg16.Weights) -> None:
    assert digest(weights) == CONVOLUTIONS_DIGEST
    assert tuple(weights) == CONVOLUTIONS
    # 14,714,688: "Very Deep Convolutional Networks", table 2 less the fully connected layers
    assert sum(array.size for arrays in weights.values() for array in arrays) == 14_714_688


def test_the_digest_sees_a_single_changed_value(weights: vgg16.Weights) -> None:
    kernel, bias = weights["block5_conv3"]
    changed = {**weights, "block5_conv3": (kernel, bias + np.eye(1, len(bias), 7)[0].astype("f4"))}
    assert digest(changed) != digest(weights)


def test_the_first_layer_sees_edges_and_colours(weights: vgg16.Weights) -> None:
    """Kernels in the wrong layout would still load where numbers of channels agree; correlation
    of neighbouring taps tells learned filters from shuffled ones."""
    kernel = weights["block1_conv1"][0]
    assert kernel.shape == (3, 3, 3, 64)
    across = np.corrcoef(kernel[:, :-1].ravel(), kernel[:, 1:].ravel())[0, 1]
    shuffled = np.random.default_rng(0).permutation(kernel.ravel()).reshape(kernel.shape)
    by_chance = np.corrcoef(shuffled[:, :-1].ravel(), shuffled[:, 1:].ravel())[0, 1]
    assert across > by_chance + 0.15


def test_weights_other_than_the_pinned_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vgg16, "CONVOLUTIONS_DIGEST", "0" * 64)
    with pytest.raises(PipelineError, match="not the expected ones"):
        read_weights()


def test_without_package_and_network_nothing_random_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_network(**_: object) -> None:
        raise Exception("URL fetch failure")

    monkeypatch.setattr(vgg16, "CARRIER", "no-such-package")
    monkeypatch.setattr(keras.applications, "VGG16", no_network)
    with pytest.raises(PipelineError, match=r"no-such-package is not installed.*URL fetch failure"):
        read_weights()


def test_kerass_own_weights_serve_without_the_package(
    weights: vgg16.Weights,
    weights_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    build = keras.applications.VGG16

    def downloaded(weights: str, include_top: bool) -> object:
        assert (weights, include_top) == ("imagenet", False)
        base = build(weights=None, include_top=False, input_shape=(32, 32, 3))
        base.load_weights(weights_file)
        return base

    monkeypatch.setattr(vgg16, "CARRIER", "no-such-package")
    monkeypatch.setattr(keras.applications, "VGG16", downloaded)
    assert digest(read_weights()) == digest(weights)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(vgg16, "CONVOLUTIONS_DIGEST", "0" * 64)
    read_weights()
    assert "warning" in capsys.readouterr().err


def test_an_onnx_file_without_the_layers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], [])), path)
    with pytest.raises(PipelineError, match="lacks VGG16's layers block1_conv1"):
        read_onnx_weights(path)
    path.write_bytes(b"no onnx at all")
    with pytest.raises(PipelineError, match="cannot be read as ONNX"):
        read_onnx_weights(path)


def test_what_is_written_is_what_keras_loads(weights: vgg16.Weights, weights_file: Path) -> None:
    base = load_conv_base(weights_file, 48)
    for name in CONVOLUTIONS:
        for loaded, expected in zip(base.get_layer(name).get_weights(), weights[name], strict=True):
            np.testing.assert_array_equal(loaded, expected)
    assert not base.trainable_weights


def test_a_broken_weights_file_says_which_stage_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "vgg16.weights.h5"
    path.write_bytes(b"broken")
    with pytest.raises(PipelineError, match="dvc repro weights"):
        load_conv_base(path, 32)


def test_both_halves_together_are_the_whole() -> None:
    base = build_conv_base(64)
    lower, block5 = halves(base)
    x = np.random.default_rng(0).normal(size=(2, 64, 64, 3)).astype("f4")
    np.testing.assert_allclose(block5(lower(x)), base(x), atol=1e-5)
    assert lower.output.shape[1:] == (4, 4, 512)
    assert {w.path.split("/")[0] for w in block5.weights} == {
        "block5_conv1",
        "block5_conv2",
        "block5_conv3",
    }


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_imagenet_preprocessing_is_that_of_keras(dtype: str) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, size=(2, 8, 8, 3)).astype(dtype)
    inputs = keras.Input((8, 8, 3), dtype=dtype)
    ours = keras.Model(inputs, preprocess(inputs, "imagenet"))(pictures)
    theirs = keras.applications.vgg16.preprocess_input(pictures.astype("f4"))
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_rescaling_is_the_lectures() -> None:
    pictures = np.array([[[[0, 51, 255]]]], np.uint8)
    inputs = keras.Input((1, 1, 3), dtype="uint8")
    ours = keras.Model(inputs, preprocess(inputs, "rescale"))(pictures)
    np.testing.assert_allclose(ours, [[[[0, 0.2, 1]]]], atol=1e-6)
