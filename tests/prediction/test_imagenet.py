from pathlib import Path

import keras.src.applications.imagenet_utils as imagenet_utils
import pytest

from dogs_vs_cats.prediction.imagenet import build_imagenet_vgg16, class_names
from dogs_vs_cats.project.errors import PipelineError


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty cache, and a proxy where nothing listens."""
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    monkeypatch.setattr(imagenet_utils, "CLASS_INDEX", None)
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.delenv("no_proxy", raising=False)


@pytest.mark.usefixtures("no_network")
def test_weights_that_cannot_be_fetched_are_named_with_the_way_to_give_them() -> None:
    with pytest.raises(PipelineError) as caught:
        build_imagenet_vgg16()
    message = str(caught.value)
    assert "https://storage.googleapis.com/tensorflow/keras-applications/vgg16" in message
    assert "--weights PATH" in message


@pytest.mark.usefixtures("no_network")
def test_class_names_that_cannot_be_fetched_are_named_with_their_place() -> None:
    with pytest.raises(PipelineError, match=r"imagenet_class_index\.json .*~/\.keras/models"):
        class_names()


def test_class_names_stand_in_the_order_of_the_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    index = {str(label): [f"n{label:08}", f"class_{label}"] for label in range(1000)}
    monkeypatch.setattr(imagenet_utils, "CLASS_INDEX", index)
    names = class_names()
    assert len(names) == 1000
    assert [names[0], names[1], names[999]] == ["class_0", "class_1", "class_999"]


def test_a_weights_file_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.h5"
    path.write_bytes(b"other")
    for wrong in (path, tmp_path / "gone.h5"):
        with pytest.raises(PipelineError, match=rf"{wrong.name} cannot be loaded .*tf_kernels\.h5"):
            build_imagenet_vgg16(wrong)
