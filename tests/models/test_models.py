import time
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from small_models import HEAD, backbone

from dogs_vs_cats.backbones.networks import build, release
from dogs_vs_cats.compute.backend import dtype_policy, keras, tf
from dogs_vs_cats.data.reading.pictures import load_pictures
from dogs_vs_cats.models import outputs
from dogs_vs_cats.models.head import build_head, join, parts
from dogs_vs_cats.models.outputs import probabilities
from dogs_vs_cats.models.saved import (
    Description,
    describe,
    load_whole_model,
    of_squares,
    save_model,
    side_of,
    whole_model,
)
from dogs_vs_cats.models.small_convnet import build_small_convnet, pooling_first
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import HeadSettings, Preprocessing

PICTURES = np.random.default_rng(0).integers(0, 256, size=(3, 64, 64, 3), dtype=np.uint8)


def test_the_small_convnet_has_the_lectures_layers() -> None:
    model = build_small_convnet(150, classes=2, dropout=0.5)
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [32, 64, 128, 128]
    assert all(layer.kernel_size == (3, 3) for layer in convolutions)
    # 3,453,121: the lecture's model summary for 150×150 pictures
    assert model.count_params() == 3_453_121
    assert model.output.shape[1:] == (1,)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_relu_after_pooling_learns_the_same_bit_for_bit(policy: str) -> None:
    labels = np.array([[0], [1], [1]], np.int32)
    with dtype_policy(policy):
        lectures = build_small_convnet(64, 2, 0.0)
        learner = pooling_first(lectures)
    losses, gradients = [], []
    for model in (lectures, learner):
        with tf.GradientTape() as tape:
            loss = outputs.loss(1, 0.0)(labels, model(PICTURES, training=True))
        losses.append(loss.numpy())
        gradients.append(tape.gradient(loss, [each.value for each in model.trainable_weights]))
    assert losses[0] == losses[1]
    assert len(gradients[0]) == 12
    for expected, found in zip(*gradients, strict=True):
        assert np.abs(expected).max() > 0
        np.testing.assert_array_equal(expected, found)


def test_dropout_of_nothing_is_no_layer() -> None:
    def layers(dropout: float) -> int:
        return len(build_small_convnet(64, 2, dropout).layers)

    assert layers(0.5) == layers(0.0) + 1


@pytest.mark.parametrize("preprocessing", ["imagenet", "rescale"])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_saved_model_is_whole(tmp_path: Path, preprocessing: Preprocessing, classes: int) -> None:
    conv_base, settings = build("vgg16", 64), backbone(64, preprocessing)
    head = build_head(conv_base, classes, 0.5, settings, HEAD)
    logits_model = join(conv_base, head, settings)
    path = tmp_path / "method.keras"
    names = ("Größe 2", "R&D $5", "cat")[:classes]
    about = Description("frozen_base", names, 64, preprocessing)
    save_model(whole_model("frozen_base", logits_model), path, about)

    model = keras.models.load_model(path)  # without any code of ours
    assert model.name == "frozen_base"
    assert model.input.dtype == "uint8"
    assert describe(path) == about
    probabilities = model.predict(PICTURES, verbose=0)
    logits = np.asarray(logits_model(PICTURES), np.float64)
    odds = np.exp(np.hstack([0 * logits, logits]) if classes == 2 else logits)
    expected = odds / odds.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    assert probabilities.shape == (3, classes)


def test_a_picture_of_any_size_gets_the_answer_that_the_pipeline_gives_it(tmp_path: Path) -> None:
    path = tmp_path / "small_convnet.keras"
    keras.utils.set_random_seed(0)
    whole_model("small_convnet", build_small_convnet(64, 3, 0.0)).save(path)
    model = keras.models.load_model(path)
    assert side_of(model) == 64
    random = np.random.default_rng(0)
    for height, width in ((200, 90), (64, 64), (30, 41)):
        picture = random.integers(0, 256, (height, width, 3), np.uint8)
        (tmp_path / "1.png").write_bytes(tf.io.encode_png(picture).numpy())
        square = load_pictures([tmp_path / "1.png"], 64)
        answer = model.predict(picture[np.newaxis], verbose=0)
        np.testing.assert_allclose(answer, model.predict(square, verbose=0), atol=1e-6)
        np.testing.assert_array_equal(
            of_squares(model).predict(square, verbose=0), model.predict(square, verbose=0)
        )


@pytest.mark.parametrize(
    ("shape", "outputs"), [((30, 20, 3), 2), ((30, 30, 1), 2), ((30,), 2), ((30, 30, 3), 1)]
)
def test_a_model_of_something_else_is_refused(shape: tuple[int, ...], outputs: int) -> None:
    inputs = keras.Input(shape)
    x = keras.layers.Flatten()(inputs)
    model = keras.Model(inputs, keras.layers.Dense(outputs)(x), name="odd")
    with pytest.raises(PipelineError, match="Model 'odd' takes"):
        side_of(model)


def test_two_classes_have_the_lectures_one_logit_and_more_have_one_each() -> None:
    def outputs(classes: int) -> int:
        return int(build_small_convnet(64, classes, 0.0).output.shape[-1])

    assert [outputs(classes) for classes in (2, 3, 1000)] == [1, 3, 1000]


def test_a_tiny_probability_of_either_class_keeps_its_digits() -> None:
    logits = keras.Input((1,))
    model = keras.Model(logits, probabilities(logits))
    certain = model.predict(np.array([[-30.0], [30.0]], np.float32), verbose=0)
    np.testing.assert_allclose(certain[[0, 1], [1, 0]], 9.357623e-14, rtol=1e-5)


@pytest.mark.parametrize("content", [b"", b"no zip"])
def test_a_file_that_tells_nothing_of_itself_has_no_description(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "m.keras").write_bytes(content)
    assert describe(tmp_path / "m.keras") is None
    build_small_convnet(64, 2, 0.0).save(tmp_path / "plain.keras")
    assert describe(tmp_path / "plain.keras") is None


def test_a_model_trained_in_bfloat16_is_saved_in_float32(tmp_path: Path) -> None:
    with dtype_policy("mixed_bfloat16"):
        trained = build_small_convnet(64, 2, 0.5)
    path = tmp_path / "small_convnet.keras"
    whole_model("small_convnet", trained).save(path)
    loaded = load_whole_model(path)
    policies = {layer.compute_dtype for layer in loaded.get_layer("classifier").layers[1:]}
    assert policies == {"float32"}
    for saved, original in zip(loaded.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(saved, original)


def test_what_was_frozen_stays_frozen_in_the_saved_model(tmp_path: Path) -> None:
    conv_base, settings = build("vgg16", 64), backbone(64)
    release(conv_base)
    head = build_head(conv_base, 2, 0.0, settings, HEAD)
    whole_model("fine_tuning", join(conv_base, head, settings)).save(tmp_path / "m.keras")
    saved_base, saved_head = parts(load_whole_model(tmp_path / "m.keras"))
    assert len(saved_base.trainable_weights) == 6
    assert len(saved_head.trainable_weights) == 4
    for saved, original in zip(saved_base.get_weights(), conv_base.get_weights(), strict=True):
        np.testing.assert_array_equal(saved, original)


@pytest.mark.parametrize(
    ("name", "pooling", "shape"),
    [
        ("vgg16", "auto", (256, 2 * 2 * 512)),
        ("vgg16", "average", (256, 512)),
        ("efficientnet_lite0", "auto", (256, 1280)),
        ("efficientnet_lite0", "flatten", (256, 2 * 2 * 1280)),
    ],
)
def test_a_head_pools_as_suits_the_base_or_as_it_is_told(
    name: str, pooling: Literal["auto", "flatten", "average"], shape: tuple[int, int]
) -> None:
    settings = backbone(64, name=name)
    head = build_head(build(name, 64), 2, 0.0, settings, HeadSettings(pooling=pooling))
    assert head.get_layer("dense").kernel.shape == shape[::-1]


def test_equal_models_are_saved_as_equal_bytes_at_any_time(tmp_path: Path) -> None:
    model = whole_model("small_convnet", build_small_convnet(64, 2, 0.0))
    about = Description("small_convnet", ("cat", "dog"), 64, "rescale")
    save_model(model, tmp_path / "a.keras", about)
    time.sleep(2.1)  # a zip's times count in steps of two seconds
    save_model(model, tmp_path / "b.keras", about)
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()
    keras.models.load_model(tmp_path / "b.keras")


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.keras"
    path.write_bytes(b"broken")
    with pytest.raises(PipelineError, match=r"broken\.keras cannot be loaded"):
        load_whole_model(path)
    with pytest.raises(PipelineError, match=r"gone\.keras cannot be loaded"):
        load_whole_model(tmp_path / "gone.keras")
