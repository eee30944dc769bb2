"""The pass of networks with batch normalisation, which OpenVINO computes on a CPU."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_models
from conftest import jpeg
from small_models import SIZE

from dogs_vs_cats.backbones.networks import build, halves, preprocess
from dogs_vs_cats.backbones.weights import fill
from dogs_vs_cats.compute.backend import dtype_policy, keras
from dogs_vs_cats.compute.cpu import cpu_flags
from dogs_vs_cats.data.reading.pictures import LabelledPictures, load_pictures
from dogs_vs_cats.features import frozen_pass
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.features.frozen_pass import bank_features
from dogs_vs_cats.features.network import network, normalizes
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import BackboneSettings

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
"""As :func:`dogs_vs_cats.compute.device.set_up` sets them."""
LITE = "efficientnet_lite0"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> LabelledPictures:
    folder = tmp_path_factory.mktemp("pictures")
    paths = [folder / f"{number:02}.jpg" for number in range(21)]
    for number, path in enumerate(paths):
        path.write_bytes(jpeg(number, 60 + number, 70))
    return LabelledPictures(tuple(paths), np.zeros(len(paths), np.int32))


def backbone(name: str = LITE) -> BackboneSettings:
    return small_models.backbone(name=name)


def prepared(name: str, pixels: Any) -> Any:
    inputs = keras.Input(pixels.shape[1:])
    return keras.Model(inputs, preprocess(inputs, backbone(name)))(pixels)


@pytest.fixture(scope="module")
def base() -> Any:
    return small_models.random_base(LITE)


@pytest.mark.parametrize(
    "name",
    # branches | operations that are no layers | swish, and scaling inside
    [LITE, "mobilenet_v3_small", "efficientnet_b0"],
)
def test_maps_are_those_of_the_part(name: str, pictures: LabelledPictures) -> None:
    lower, _ = halves(small_models.random_base(name))
    pixels = load_pictures(pictures.paths[:4], SIZE)
    maps = network(lower, backbone(name), 1, 4, gpu=False)(pixels)
    expected = np.asarray(lower(prepared(name, pixels), training=False))
    assert maps.dtype == np.float16
    assert np.std(expected) > 1e-2
    np.testing.assert_allclose(maps, expected, rtol=2e-3, atol=2e-3 * np.abs(expected).max())


@pytest.mark.parametrize("precision", POLICIES)
def test_bytes_depend_neither_on_streams_nor_on_what_else_is_in_a_batch(
    precision: str,
    base: Any,
    pictures: LabelledPictures,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    banks = []
    for cores, batch_size in ((1, 16), (2, 16), (2, 4), (1, 1)):  # of 21 pictures: the last is odd
        monkeypatch.setattr(frozen_pass, "cpu_cores", lambda cores=cores: cores)
        monkeypatch.setattr(frozen_pass, "CORE_BATCH_SIZE", batch_size)
        path = tmp_path / f"{cores}-{batch_size}.npy"
        with dtype_policy(POLICIES[precision]):
            bank_features(base, backbone(), pictures, path)
        banks.append(open_bank(path)[0])
    assert np.ptp(banks[0].astype(np.float32), axis=1).max() > 0.1, "pictures must differ"
    for other in banks[1:]:
        np.testing.assert_array_equal(other, banks[0])


@pytest.mark.skipif(
    not cpu_flags() & {"avx512_bf16", "amx_bf16"}, reason="needs a processor with bfloat16"
)
def test_precision_is_that_of_the_policy(pictures: LabelledPictures) -> None:
    pixels, trained = load_pictures(pictures.paths[:8], SIZE), build(LITE, SIZE)
    fill(trained)
    expected = np.asarray(trained(prepared(LITE, pixels), training=False))
    errors = {}
    for precision, policy in POLICIES.items():
        with dtype_policy(policy):
            maps = network(trained, backbone(), 1, 8, gpu=False)(pixels)
        errors[precision] = np.linalg.norm(maps - expected) / np.linalg.norm(expected)
    assert errors["float32"] < 1e-3
    assert 1e-3 < errors["bfloat16"] < 0.1  # as TensorFlow's


def test_other_weights_of_a_part_give_other_maps(base: Any, pictures: LabelledPictures) -> None:
    """What was made for the last split is not taken for a part that has changed."""
    pixels, kept = load_pictures(pictures.paths[:2], SIZE), base.get_weights()
    before = network(base, backbone(), 1, 2, gpu=False)
    assert network(base, backbone(), 1, 2, gpu=False) is before
    base.set_weights([1.1 * weight for weight in kept])
    changed = network(base, backbone(), 1, 2, gpu=False)
    base.set_weights(kept)
    assert np.any(changed(pixels) != before(pixels))


def test_maps_beyond_float16_are_an_error(
    base: Any, pictures: LabelledPictures, tmp_path: Path
) -> None:
    last = keras.Model(base.input, 1e6 * base.get_layer("block1a_project_bn").output)
    with pytest.raises(PipelineError, match="exceed float16"):
        bank_features(last, backbone(), pictures, tmp_path / "bank.npy")


def test_only_networks_with_batch_normalisation_go_another_way(base: Any) -> None:
    assert normalizes(halves(base)[0])
    assert not normalizes(build("vgg16", SIZE))


QUIET = """
import sys
from dogs_vs_cats.backbones.networks import build
from dogs_vs_cats.features.network import network
from dogs_vs_cats.settings import BackboneSettings
name = "efficientnet_lite0"
settings = BackboneSettings(name=name, weights="", preprocessing="imagenet", image_size=64)
network(build(name, 64), settings, 1, 2, gpu=False)
assert "openvino" in sys.modules
print([each for each in sys.modules if each.startswith("openvino_telemetry")])
"""


def test_openvino_is_quiet_and_sends_nothing(tmp_path: Path) -> None:
    """Its converter sends statistics by `openvino_telemetry`, and keeps a user's number at home."""
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", QUIET],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("[]\n", "", 0)
    assert not (tmp_path / "intel").exists()
