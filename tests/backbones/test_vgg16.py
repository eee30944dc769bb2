from pathlib import Path

import numpy as np
import onnx
import pytest

from dogs_vs_cats.backbones import vgg16
from dogs_vs_cats.backbones.vgg16 import (
    CONVOLUTIONS,
    CONVOLUTIONS_DIGEST,
    carried_weights,
    digest,
    read_onnx_weights,
)
from dogs_vs_cats.project.errors import PipelineError


@pytest.fixture(scope="module")
def weights() -> vgg16.Weights:
    carried = carried_weights()
    assert carried
    return carried[0]


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
        carried_weights()


def test_an_onnx_file_without_the_layers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], [])), path)
    with pytest.raises(PipelineError, match="lacks VGG16's layers block1_conv1"):
        read_onnx_weights(path)
    path.write_bytes(b"no onnx at all")
    with pytest.raises(PipelineError, match="cannot be read as ONNX"):
        read_onnx_weights(path)
