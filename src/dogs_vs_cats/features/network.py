"""What computes the frozen part of a base: TensorFlow, or OpenVINO where that is much faster."""

from collections.abc import Callable
from functools import lru_cache
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.backbones.networks import preprocess
from dogs_vs_cats.backbones.weights import digest_of
from dogs_vs_cats.compute.backend import keras, recast, tf
from dogs_vs_cats.project.quiet import without
from dogs_vs_cats.settings import BackboneSettings

Compute = Callable[[Any], npt.NDArray[np.float16]]
"""From pictures (batch, height, width, 3) of any number type, 0 to 255, to feature maps. Several
threads may call it."""


def network(
    part: Any, backbone: BackboneSettings, streams: int, batch_size: int, gpu: bool
) -> Compute:
    """Make the pass through a frozen part, in the precision of Keras' dtype policy.

    The maps of a picture have the same bytes whatever else is in its batch, and on however many
    streams.

    Args:
        part: Keras model of preprocessed pictures, built under that policy.
        backbone: preprocessing of the pictures.
        streams: batches that are computed at the same time, each by one thread.
        batch_size: pictures in a batch, at most.
        gpu: whether it runs on a GPU.
    """
    precision = keras.config.dtype_policy().compute_dtype
    return _network(part, digest_of(part), backbone, precision, streams, batch_size, gpu)


@lru_cache(maxsize=1)  # to be made takes a second or two: once for all splits
def _network(
    part: Any,
    weights: str,
    backbone: BackboneSettings,
    precision: str,
    streams: int,
    batch_size: int,
    gpu: bool,
) -> Compute:
    # OpenVINO folds batch normalisation and what follows it into the convolutions. TensorFlow takes
    # 2 to 8 times as long over networks that have it, longest over depthwise convolutions; in VGG,
    # which has none, OpenVINO gains 6 % (`make bench ARGS="--only backbones --only peers"`).
    if normalizes(part) and not gpu:
        return _by_openvino(_of_pictures(part, backbone, "float32"), precision, streams, batch_size)
    return _by_tensorflow(_of_pictures(part, backbone, precision))


def normalizes(part: Any) -> bool:
    """Whether a Keras model has batch normalisation."""
    return any(isinstance(layer, keras.layers.BatchNormalization) for layer in part.layers)


def _of_pictures(part: Any, backbone: BackboneSettings, precision: str) -> Any:
    """A copy in one precision, weights too: they do not change, so are cast once.

    Layers that are in float32 stay so.
    """

    def dtype_of(layer: Any) -> str | None:
        return None if layer.dtype_policy.name == "float32" else precision

    copy = recast(part, dtype_of)
    inputs = keras.Input(part.input.shape[1:])
    return keras.Model(inputs, copy(preprocess(inputs, backbone), training=False))


def _by_tensorflow(model: Any) -> Compute:
    compute = tf.function(
        lambda batch: tf.cast(model(batch, training=False), tf.float16),
        input_signature=[tf.TensorSpec((None, *model.input.shape[1:]), tf.float32)],
    )
    return lambda batch: compute(tf.cast(batch, tf.float32)).numpy()


def _by_openvino(model: Any, precision: str, streams: int, batch_size: int) -> Compute:
    # It would send usage statistics of each conversion, unasked.
    with without("openvino_telemetry"):
        import openvino

    # As constants: OpenVINO's converter takes six times as long over variables.
    learned, other = (
        [tf.constant(weight) for weight in weights]
        for weights in (model.trainable_variables, model.non_trainable_variables)
    )
    graph = tf.function(
        lambda batch: tf.cast(
            model.stateless_call(learned, other, batch, training=False)[0], tf.float16
        ),
        input_signature=[tf.TensorSpec((batch_size, *model.input.shape[1:]), tf.float32)],
    ).get_concrete_function()
    compiled = openvino.Core().compile_model(
        # Unless told, it takes what TensorFlow keeps for gradients of swish for outputs as well.
        openvino.convert_model(graph, output=[graph.outputs[0].name]),
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision],
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": streams,
            # Each worker of a Ray cluster would hold on to the machine's first core.
            "ENABLE_CPU_PINNING": False,
        },
    )
    idle: SimpleQueue[Any] = SimpleQueue()
    for _ in range(streams):
        idle.put(compiled.create_infer_request())

    def compute(batch: Any) -> npt.NDArray[np.float16]:
        request = idle.get()
        try:
            # In a last, smaller batch old pictures fill the rest: one shape, one way to compute.
            request.get_input_tensor().data[: len(batch)] = batch
            request.infer()
            maps: npt.NDArray[np.float16] = request.get_output_tensor().data[: len(batch)].copy()
            return maps
        finally:
            idle.put(request)

    return compute
