import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from small_models import HEAD, backbone

from dogs_vs_cats.backbones.networks import build
from dogs_vs_cats.compute.backend import dtype_policy, keras
from dogs_vs_cats.evaluation.joint_prediction import predict_jointly, steps_of
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.models.head import build_head, join
from dogs_vs_cats.models.saved import whole_model
from dogs_vs_cats.models.small_convnet import build_small_convnet

PICTURES = np.random.default_rng(0).integers(0, 256, size=(5, 64, 64, 3), dtype=np.uint8)


def on_vgg16(
    method: Method, conv_base: Any, preprocessing: Any = "imagenet", classes: int = 2
) -> Any:
    settings = backbone(64, preprocessing)
    head = build_head(conv_base, classes, 0.5, settings, HEAD)
    return whole_model(method, join(conv_base, head, settings))


def lively(conv_base: Any) -> Any:
    """With kernels of He's size: Keras' own let signals fade over thirteen layers of ReLU."""
    for layer in conv_base.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            layer.set_weights([np.sqrt(2) * kernel, bias])
    return conv_base


def copy_of(conv_base: Any) -> Any:
    copy = build("vgg16", 64)
    copy.set_weights(conv_base.get_weights())
    return copy


def disturb(conv_base: Any, layer: str) -> Any:
    kernel, bias = conv_base.get_layer(layer).get_weights()
    conv_base.get_layer(layer).set_weights([1.1 * kernel, bias + 0.1])
    return conv_base


@pytest.fixture(scope="module")
def models() -> dict[Method, Any]:
    """Five tiny models, as the pipeline saves them: one base, block 5 trained in fine_tuning."""
    keras.utils.set_random_seed(0)
    base = lively(build("vgg16", 64))
    fine_tuned = disturb(copy_of(base), "block5_conv2")
    for layer in fine_tuned.layers:
        layer.trainable = layer.name.startswith("block5")
    return {
        "small_convnet": whole_model("small_convnet", build_small_convnet(64, 2, 0.0)),
        "augmented_convnet": whole_model("augmented_convnet", build_small_convnet(64, 2, 0.5)),
        "feature_extraction": on_vgg16("feature_extraction", base),
        "frozen_base": on_vgg16("frozen_base", base),
        "fine_tuning": on_vgg16("fine_tuning", fine_tuned),
    }


def keys(models: dict[Method, Any]) -> tuple[list[str], list[str]]:
    """Keys of blocks 1 to 4 and of block 5, of the three methods on VGG16."""
    steps = steps_of(models)
    on_base = [steps[method] for method in METHODS[2:]]
    return [of[0].key for of in on_base], [of[1].key for of in on_base]


def test_sharing_gives_the_probabilities_of_the_whole_models(models: dict[Method, Any]) -> None:
    together = predict_jointly(models)(PICTURES)
    assert list(together) == list(METHODS)
    for method in METHODS:
        assert together[method].dtype == np.float32
        assert together[method].shape == (len(PICTURES), 2)
        np.testing.assert_allclose(
            together[method], models[method].predict(PICTURES, verbose=0), atol=1e-4
        )
    # Taking one method's part for another's would show.
    for one, other in itertools.combinations(METHODS, 2):
        assert np.abs(together[one] - together[other]).max() > 0.01


def test_the_frozen_part_is_computed_once(models: dict[Method, Any]) -> None:
    lower, block5 = keys(models)
    assert len(set(lower)) == 1
    assert block5[0] == block5[1] != block5[2]


@pytest.mark.parametrize(
    "other",
    [
        lambda base: on_vgg16("frozen_base", disturb(copy_of(base), "block2_conv1")),
        lambda base: on_vgg16("frozen_base", base, "rescale"),
    ],
    ids=["weights", "preprocessing"],
)
def test_what_differs_is_not_shared(models: dict[Method, Any], other: Callable[[Any], Any]) -> None:
    base = models["feature_extraction"].get_layer("classifier").get_layer("vgg16")
    models = {**models, "frozen_base": other(base)}
    lower, block5 = keys(models)
    assert lower[0] == lower[2] != lower[1]
    assert len(set(block5)) == 3
    together = predict_jointly(models)(PICTURES)
    for method in METHODS[2:]:
        np.testing.assert_allclose(
            together[method], models[method].predict(PICTURES, verbose=0), atol=1e-4
        )


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_many_classes_and_low_precision_give_probabilities(
    models: dict[Method, Any], policy: str
) -> None:
    base = models["feature_extraction"].get_layer("classifier").get_layer("vgg16")
    keras.utils.set_random_seed(1)
    of_three = {
        "small_convnet": whole_model("small_convnet", build_small_convnet(64, 3, 0.0)),
        "frozen_base": on_vgg16("frozen_base", base, classes=3),
    }
    for each in (of_three, models):
        with dtype_policy(policy):
            together = predict_jointly(each)(PICTURES)
        for method, model in each.items():
            expected = model.predict(PICTURES, verbose=0)
            assert together[method].shape == expected.shape
            # Logits and probabilities stay float32: rounded ones would not sum to 1 so closely.
            np.testing.assert_allclose(together[method].sum(axis=1), 1, atol=1e-6)
            tolerance = 1e-4 if policy == "float32" else 0.05
            np.testing.assert_allclose(together[method], expected, atol=tolerance)
