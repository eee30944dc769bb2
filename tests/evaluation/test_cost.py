from pathlib import Path

import pytest
from small_models import HEAD, backbone

from dogs_vs_cats.backbones.networks import build
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.evaluation.cost import cost, multiply_adds
from dogs_vs_cats.models.head import build_head, join
from dogs_vs_cats.models.saved import Description, load_whole_model, save_model, whole_model
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import write_json


def test_vgg16_at_224_pixels_has_its_known_multiply_adds() -> None:
    # 15.3 billion in He et al., 2015 (arXiv:1512.03385), section 3.3, which rounds down.
    assert multiply_adds(build("vgg16", 224)) == 15_346_630_656


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        # Google's repository says 407 with its top, 1,280,000; the paper's tables: the others.
        ("efficientnet_lite0", 384),
        ("mobilenet_v2", 299),
        ("resnet50", 3858),  # He et al.: 3.8 billion
        ("mobilenet", 568),
        ("xception", 4551),  # separable convolutions
        ("convnext_tiny", 4455),  # groups, dense layers at every place, nested models
        ("mobilenet_v3_small", 55),  # squeeze-and-excitation
    ],
)
def test_networks_have_the_multiply_adds_of_their_papers(name: str, millions: int) -> None:
    assert multiply_adds(build(name, 224)) / 1e6 == pytest.approx(millions, rel=0.005)


def test_groups_single_channels_and_separable_convolutions_by_hand() -> None:
    layers = keras.layers
    inputs = keras.Input((8, 8, 6))
    x = layers.Conv2D(12, 3, padding="same", groups=3)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.DepthwiseConv2D(5, strides=2, padding="same", depth_multiplier=2)(x)  # 4 × 4 × 24
    x = layers.LayerNormalization()(layers.SeparableConv2D(10, 3)(x))  # 2 × 2 × 10
    model = keras.Model(inputs, layers.Dense(7)(x))
    assert multiply_adds(model) == (
        64 * (9 * 2 * 12) + 16 * (25 * 24) + 4 * (9 * 24 + 24 * 10) + 4 * 70
    )


def test_a_convolution_and_a_dense_layer_by_hand() -> None:
    inputs = keras.Input((10, 12, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, padding="valid")(inputs)  # to 4 × 5 places
    x = keras.layers.Flatten()(keras.layers.MaxPooling2D(2)(x))  # to 2 × 2 × 4
    model = keras.Model(inputs, keras.layers.Dense(7)(x))
    assert multiply_adds(model) == 4 * 5 * (3 * 3 * 3 * 4) + 16 * 7


def test_nested_models_count_as_their_layers() -> None:
    base, settings = build("vgg16", 64), backbone(64)
    head = build_head(base, 2, 0.5, settings, HEAD)
    alone = multiply_adds(base) + 4 * 512 * 256 + 256
    assert multiply_adds(whole_model("frozen_base", join(base, head, settings))) == alone


def test_a_layer_that_it_cannot_count_is_not_passed_over() -> None:
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, keras.layers.Conv2DTranspose(2, 3)(inputs))
    with pytest.raises(TypeError, match="Conv2DTranspose"):
        multiply_adds(model)


def test_the_cost_of_a_saved_model(tmp_path: Path) -> None:
    saved, training = tmp_path / "small_convnet.keras", tmp_path / "small_convnet.json"
    built = build_small_convnet(96, 2, dropout=0.0)
    about = Description("small_convnet", ("cat", "dog"), 96, "rescale")
    save_model(whole_model("small_convnet", built), saved, about)
    write_json(training, {"trainable_parameters": 17})
    found = cost(load_whole_model(saved), saved, training)
    assert found == {
        "parameters": built.count_params(),
        "trainable_parameters": 17,
        "multiply_adds": multiply_adds(built),
        "model_bytes": saved.stat().st_size,
    }


@pytest.mark.parametrize("content", [None, "{}", "not JSON"])
def test_a_training_that_is_not_known_is_told_with_its_stage(
    tmp_path: Path, content: str | None
) -> None:
    training = tmp_path / "fine_tuning.json"
    if content is not None:
        training.write_text(content)
    with pytest.raises(PipelineError, match="dvc repro train_fine_tuning"):
        cost(build_small_convnet(96, 2, dropout=0.0), tmp_path, training)
