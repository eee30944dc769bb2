import time
from pathlib import Path

import numpy as np
import pytest

from dogs_vs_cats.backbones.vgg16 import build_conv_base
from dogs_vs_cats.compute.backend import dtype_policy, keras
from dogs_vs_cats.models.head import build_head, join, parts
from dogs_vs_cats.models.saved import load_whole_model, predict, save_model, whole_model
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.project.errors import PipelineError

PICTURES = np.random.default_rng(0).integers(0, 256, size=(3, 64, 64, 3), dtype=np.uint8)


def test_the_small_convnet_has_the_lectures_layers() -> None:
    model = build_small_convnet(150, dropout=0.5)
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [32, 64, 128, 128]
    assert all(layer.kernel_size == (3, 3) for layer in convolutions)
    # 3,453,121: the lecture's model summary for 150×150 pictures
    assert model.count_params() == 3_453_121
    assert model.output.shape[1:] == (1,)


def test_dropout_of_nothing_is_no_layer() -> None:
    def layers(dropout: float) -> int:
        return len(build_small_convnet(64, dropout).layers)

    assert layers(0.5) == layers(0.0) + 1


@pytest.mark.parametrize("preprocessing", ["imagenet", "rescale"])
def test_a_saved_model_is_whole(tmp_path: Path, preprocessing: str) -> None:
    conv_base = build_conv_base(64)
    head = build_head(conv_base.output.shape[1:], 0.5, preprocessing)  # type: ignore[arg-type]
    logits_model = join(conv_base, head, preprocessing)  # type: ignore[arg-type]
    path = tmp_path / "method.keras"
    whole_model("frozen_base", logits_model).save(path)

    model = keras.models.load_model(path)  # without any code of ours
    assert model.name == "frozen_base"
    assert model.input.dtype == "uint8"
    probabilities = predict(load_whole_model(path), PICTURES)
    logits = np.asarray(logits_model(PICTURES))[:, 0]
    np.testing.assert_allclose(probabilities, 1 / (1 + np.exp(-logits)), atol=1e-5)
    assert probabilities.shape == (3,)


def test_a_model_trained_in_bfloat16_is_saved_in_float32(tmp_path: Path) -> None:
    with dtype_policy("mixed_bfloat16"):
        trained = build_small_convnet(64, 0.5)
    path = tmp_path / "small_convnet.keras"
    whole_model("small_convnet", trained).save(path)
    loaded = load_whole_model(path)
    policies = {layer.compute_dtype for layer in loaded.get_layer("classifier").layers[1:]}
    assert policies == {"float32"}
    for saved, original in zip(loaded.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(saved, original)


def test_what_was_frozen_stays_frozen_in_the_saved_model(tmp_path: Path) -> None:
    conv_base = build_conv_base(64)
    for layer in conv_base.layers:
        layer.trainable = layer.name.startswith("block5")
    head = build_head(conv_base.output.shape[1:], 0.0, "imagenet")
    whole_model("fine_tuning", join(conv_base, head, "imagenet")).save(tmp_path / "m.keras")
    saved_base, saved_head = parts(load_whole_model(tmp_path / "m.keras"))
    assert len(saved_base.trainable_weights) == 6
    assert len(saved_head.trainable_weights) == 4
    for saved, original in zip(saved_base.get_weights(), conv_base.get_weights(), strict=True):
        np.testing.assert_array_equal(saved, original)


def test_equal_models_are_saved_as_equal_bytes_at_any_time(tmp_path: Path) -> None:
    model = whole_model("small_convnet", build_small_convnet(64, 0.0))
    save_model(model, tmp_path / "a.keras")
    time.sleep(2.1)  # a zip's times count in steps of two seconds
    save_model(model, tmp_path / "b.keras")
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()
    keras.models.load_model(tmp_path / "b.keras")


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.keras"
    path.write_bytes(b"broken")
    with pytest.raises(PipelineError, match=r"broken\.keras cannot be loaded"):
        load_whole_model(path)
    with pytest.raises(PipelineError, match=r"gone\.keras cannot be loaded"):
        load_whole_model(tmp_path / "gone.keras")
