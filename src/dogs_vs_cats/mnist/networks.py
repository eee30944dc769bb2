"""The lecture's two nets for digits: one of dense layers alone, and a convnet."""

from collections.abc import Callable, Mapping
from typing import Any

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.mnist.digits import CLASSES, SIDE
from dogs_vs_cats.mnist.settings import NAMES
from dogs_vs_cats.models.outputs import logits_layer
from dogs_vs_cats.models.saved import of_squares, whole_model


def build_dense() -> Any:
    """A dense layer of 512 with ReLU on all pixels at once, and the output.

    Returns:
        Keras model ``classifier``: digits of 0 to 255, any number type, (batch, 28, 28, 1), to
        float32 logits (batch, 10). It has 784·512 + 512 + 512·10 + 10 = 407,050 parameters.
    """
    layers = keras.layers
    inputs, x = _pixels()
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(512, activation="relu", name="dense")(x)
    return keras.Model(inputs, logits_layer(len(CLASSES))(x), name="classifier")


def build_convnet() -> Any:
    """Three 3×3 convolutions of 32, 64 and 64 filters with ReLU, the first two followed by 2×2 max
    pooling; then a dense layer of 64 with ReLU, and the output.

    Returns:
        As :func:`build_dense`; 320 + 18,496 + 36,928 + 36,928 + 650 = 93,322 parameters.
    """
    layers = keras.layers
    inputs, x = _pixels()
    x = layers.Conv2D(32, 3, activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(2, name="pool1")(x)
    x = layers.Conv2D(64, 3, activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D(2, name="pool2")(x)
    x = layers.Conv2D(64, 3, activation="relu", name="conv3")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(64, activation="relu", name="dense")(x)
    return keras.Model(inputs, logits_layer(len(CLASSES))(x), name="classifier")


NETS: Mapping[str, Callable[[], Any]] = dict(zip(NAMES, (build_dense, build_convnet), strict=True))


def whole_net(name: str, logits_model: Any) -> Any:
    """The model to save (:func:`dogs_vs_cats.models.saved.whole_model`): it takes pictures in
    colour as all of the project's models do, and sees the mean of their channels.

    Args:
        name: the net's name, which becomes the model's.
        logits_model: what :data:`NETS` build; its weights are copied.
    """
    colours = keras.Input((SIDE, SIDE, 3))
    grey = keras.ops.mean(colours, axis=-1, keepdims=True)
    return whole_model(name, keras.Model(colours, logits_model(grey), name="classifier"))


def of_digits(saved: Any) -> Any:
    """What :func:`whole_net` made, for grey pictures of 28×28 as they are stored.

    Returns:
        Keras model: digits of 0 to 255, any number type, (batch, 28, 28, 1) to float32
        probabilities (batch, 10).
    """
    inputs = keras.Input((SIDE, SIDE, 1))
    colours = keras.ops.repeat(inputs, 3, axis=-1)
    return keras.Model(inputs, of_squares(saved)(colours), name=saved.name)


def _pixels() -> tuple[Any, Any]:
    inputs = keras.Input((SIDE, SIDE, 1))
    return inputs, keras.layers.Rescaling(1 / 255, dtype="float32")(inputs)
