from pathlib import Path

import numpy as np
import pytest
import small_models

from dogs_vs_cats.backbones.networks import build, halves, keras_builder, preprocess, release
from dogs_vs_cats.backbones.table import BACKBONES, Backbone
from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.settings import BackboneSettings

KERAS = sorted(name for name in vars(keras.applications) if name[0].isupper())
IN_KERAS = [backbone for backbone in BACKBONES.values() if backbone.keras_name]


def _pictures(side: int, count: int = 2) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def test_every_network_of_keras_is_in_the_table() -> None:
    assert sorted(backbone.keras_name for backbone in IN_KERAS) == KERAS
    assert all(name == backbone.name for name, backbone in BACKBONES.items())
    assert {
        "vgg16",
        "resnet50_v2",
        "mobilenet_v3_large",
        "inception_resnet_v2",
        "efficientnet_b0",
        "efficientnet_v2_b0",
        "convnext_xlarge",
        "nasnet_mobile",
        "efficientnet_lite2",
    } <= set(BACKBONES)


@pytest.mark.parametrize("backbone", IN_KERAS, ids=lambda backbone: backbone.name)
def test_preprocessing_is_that_of_keras(backbone: Backbone) -> None:
    if backbone.name.startswith("efficientnet_b"):
        pytest.skip("corrects Keras' own: tested with the network")
    modules = [
        module
        for module in vars(keras.applications).values()
        if backbone.keras_name in getattr(module, "__dict__", {})
    ]
    # MobileNetV3's module exports no network.
    module = modules[0] if modules else keras.applications.mobilenet_v3
    pictures = _pictures(8)
    inputs = keras.Input(pictures.shape[1:], dtype="uint8")
    ours = keras.Model(inputs, preprocess(inputs, settings(backbone)))(pictures)
    theirs = module.preprocess_input(pictures.astype("f4"))
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_efficientnet_is_scaled_as_keras_scales_it_with_its_own_weights(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Keras' network has one layer more when it fetches its own weights."""
    backbone = BACKBONES["efficientnet_b0"]
    conv_base = build(backbone.name, 32)
    normalization = next(
        layer for layer in conv_base.layers if isinstance(layer, keras.layers.Normalization)
    )
    # What Keras' file holds: the mean, and the deviation in the place of the variance.
    shapes = [array.shape for array in normalization.get_weights()]
    values = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225], 0]
    normalization.set_weights(
        [np.reshape(value, shape) for value, shape in zip(values, shapes, strict=True)]
    )
    path = tmp_path / "b0.weights.h5"
    conv_base.save_weights(path)
    monkeypatch.setattr(
        "keras.src.utils.file_utils.get_file", lambda *_, **__: str(path), raising=True
    )
    theirs = keras_builder(backbone.name)(
        weights="imagenet", include_top=False, input_shape=(32, 32, 3)
    )
    assert len(theirs.layers) == len(conv_base.layers) + 1
    pictures = _pictures(32).astype("f4")
    inputs = keras.Input((32, 32, 3))
    ours = keras.Model(inputs, conv_base(preprocess(inputs, settings(backbone))))
    expected = theirs(pictures)
    assert np.std(expected) > 0
    np.testing.assert_allclose(ours(pictures), expected, atol=1e-4)


@pytest.mark.parametrize("backbone", BACKBONES.values(), ids=lambda backbone: backbone.name)
def test_each_builds_splits_trains_and_is_saved(backbone: Backbone, tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    side = backbone.smallest
    conv_base = build(backbone.name, side)
    assert conv_base.name == backbone.name
    assert conv_base.output.shape[1:3] == conv_base.output.shape[2:0:-1]
    lower, upper = halves(conv_base)
    assert 0 < upper.count_params() < conv_base.count_params()
    pictures = _pictures(side)
    x = np.asarray(_prepared(backbone)(pictures))
    maps = lower(x, training=False)
    features = np.asarray(conv_base(x, training=False))
    assert np.isfinite(features).all()
    np.testing.assert_allclose(
        upper(maps, training=False), features, rtol=1e-4, atol=1e-4 * np.abs(features).max()
    )

    release(conv_base)
    before = {id(w): np.array(w) for w in conv_base.weights}
    trained = {id(w) for w in conv_base.trainable_weights}
    assert trained
    assert trained <= {id(w) for w in upper.weights}
    inputs = keras.Input((side, side, 3), dtype="uint8")
    pooled = keras.layers.GlobalAveragePooling2D()(
        conv_base(preprocess(inputs, settings(backbone)), training=False)
    )
    model = keras.Model(inputs, keras.layers.Dense(2)(pooled))
    # Random weights let gradients vanish: Lion steps by their sign. No graph: it is one step.
    model.compile(keras.optimizers.Lion(0.01), "mse", run_eagerly=True)
    model.train_on_batch(pictures, np.array([[1.0, -1.0], [-1.0, 1.0]]))
    moved = {id(w) for w in conv_base.weights if (np.array(w) != before[id(w)]).any()}
    assert moved
    assert moved <= trained  # neither the statistics of batch normalisation nor the lower half

    path = tmp_path / "model.keras"
    model.save(path)
    loaded = keras.models.load_model(path, compile=False)
    np.testing.assert_allclose(
        loaded(pictures, training=False), model(pictures, training=False), rtol=1e-5, atol=1e-6
    )


def settings(backbone: Backbone) -> BackboneSettings:
    return small_models.backbone(max(46, backbone.smallest), name=backbone.name)


def _prepared(backbone: Backbone) -> keras.Model:
    inputs = keras.Input((backbone.smallest, backbone.smallest, 3), dtype="uint8")
    return keras.Model(inputs, preprocess(inputs, settings(backbone)))


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_rescaling_is_the_lectures(dtype: str) -> None:
    pictures = np.array([[[[0, 51, 255]]]], dtype)
    inputs = keras.Input((1, 1, 3), dtype=dtype)
    rescaled = preprocess(inputs, small_models.backbone(preprocessing="rescale"))
    np.testing.assert_allclose(
        keras.Model(inputs, rescaled)(pictures), [[[[0, 0.2, 1]]]], atol=1e-6
    )


def test_names_of_layers_do_not_depend_on_what_was_built_before() -> None:
    names = [[layer.name for layer in build("mobilenet_v3_small", 32).layers] for _ in range(2)]
    assert names[0] == names[1]
