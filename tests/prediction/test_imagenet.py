import hashlib
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from dogs_vs_cats.backbones.efficientnet_lite import VARIANTS
from dogs_vs_cats.cli.explain import IMAGENET
from dogs_vs_cats.prediction.imagenet import build_imagenet, class_names
from dogs_vs_cats.project.errors import PipelineError


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty cache, and a proxy where nothing listens."""
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.delenv("no_proxy", raising=False)


@pytest.mark.usefixtures("no_network")
def test_weights_that_cannot_be_fetched_are_named_with_the_way_to_give_them() -> None:
    with pytest.raises(PipelineError) as caught:
        build_imagenet("vgg16")
    message = str(caught.value)
    assert "https://storage.googleapis.com/tensorflow/keras-applications/vgg16" in message
    assert "--weights PATH" in message


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", VARIANTS)
def test_efficientnet_lite_is_there_without_a_network(name: str) -> None:
    side = VARIANTS[name].image_size
    model = build_imagenet(name)
    logits = model(np.zeros((1, side, side, 3), np.float32), training=False)
    assert logits.shape == (1, 1000)
    assert name in IMAGENET


def test_class_names_are_those_of_keras() -> None:
    text = (files("dogs_vs_cats.prediction") / "imagenet_classes.txt").read_text()
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    # What Keras checks its download by (keras.applications.imagenet_utils).
    index = json.dumps({str(label): entry for label, entry in enumerate(lines)})
    assert hashlib.md5(index.encode()).hexdigest() == "c2c37ea517e94d9795004a39431a14cb"
    names = class_names()
    assert names == tuple(name for _, name in lines)
    assert [names[0], names[386], names[999]] == ["tench", "African_elephant", "toilet_tissue"]


def test_a_weights_file_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.h5"
    path.write_bytes(b"other")
    for wrong in (path, tmp_path / "gone.h5"):
        with pytest.raises(PipelineError, match=rf"{wrong.name} cannot be loaded .*tf_kernels\.h5"):
            build_imagenet("vgg16", wrong)
