"""What the machine can do, what VGG16's pass makes of it, and whether a GPU does the work."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.data import CLASSES
from benchmarks.jobs import Measure, Result
from benchmarks.jobs.ours import start
from dogs_vs_cats.backbones.networks import load_conv_base
from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.evaluation.cost import multiply_adds
from dogs_vs_cats.models.small_convnet import build_small_convnet
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import Params, read_params

BATCH_SIZE = 64
PRODUCTS = ((4096, 4096, 4096), (32768, 2304, 256), (32768, 4608, 512))
"""Rows, inner and columns of the products: a large square one, and two of the shapes that VGG16's
third and fourth block multiply. The fastest counts: a library is not equally good at all shapes."""
PASSES = 5
CALLS_ON_GPU = 20
"""Before the host waits: the way to the GPU and back takes longer than one call's work there."""


def arithmetic(
    root: str, precision: str, jit_compile: bool = False, batch_size: int = BATCH_SIZE
) -> Measure:
    """FLOP/s of the pass through ``conv_base`` and of a large matrix product, in one precision."""
    _, params = start()
    keras.config.set_dtype_policy(precision)  # as the features stage holds its weights
    conv_base = load_conv_base(Layout(Path(root)).weights, params.backbone)
    run = tf.function(lambda x: conv_base(x, training=False), jit_compile=jit_compile)
    pictures = tf.random.stateless_uniform((batch_size, *conv_base.input.shape[1:]), (0, 0))
    multiply = tf.function(tf.linalg.matmul)
    factors = [
        tuple(
            tf.cast(tf.random.stateless_normal(shape, (0, 1)), precision)
            for shape in ((rows, inner), (inner, columns))
        )
        for rows, inner, columns in PRODUCTS
    ]
    calls = CALLS_ON_GPU if tf.config.list_physical_devices("GPU") else 1
    of_pass = 2 * multiply_adds(conv_base) * batch_size  # a multiplication and an addition each

    def seconds(call: Callable[..., Any], *inputs: Any) -> float:
        times = []
        for _ in range(PASSES):
            started = time.perf_counter()
            for _ in range(calls):
                result = call(*inputs)
            # One number read back waits for the device without moving the result.
            tf.reshape(result, (-1,))[0].numpy()
            times.append((time.perf_counter() - started) / calls)
        return median(times)

    def measure() -> Result:
        of_pictures = seconds(run, pictures)
        achieved = of_pass / of_pictures
        possible = max(
            2 * math.prod(shape) / seconds(multiply, *pair)
            for shape, pair in zip(PRODUCTS, factors, strict=True)
        )
        return {
            "pictures_per_second": batch_size / of_pictures,
            "achieved_flop_per_second": achieved,
            "product_flop_per_second": possible,
            "share": achieved / possible,
        }

    measure()
    return measure


def training_step(
    precision: str, jit_compile: bool = False, batch_size: int = BATCH_SIZE, steps: int = 100
) -> Measure:
    """Steps a second of ``augmented_convnet`` on one batch in memory, without determinism.

    Keras switches XLA off where operations must be deterministic, as the stages' are.
    """
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    model, pictures, labels = _convnet(read_params(), batch_size, jit_compile)
    repeated = tf.data.Dataset.from_tensors((pictures, labels)).repeat()
    model.fit(repeated, steps_per_epoch=5, verbose=0)

    def measure() -> Result:
        started = time.perf_counter()
        model.fit(repeated, steps_per_epoch=steps, verbose=0)
        return {"steps_per_second": steps / (time.perf_counter() - started)}

    return measure


def placement() -> Result:
    """The devices of a training step's variables and result, the policy and memory growth."""
    device, params = start()
    gpus = tf.config.list_physical_devices("GPU")
    model, pictures, labels = _convnet(params, batch_size=8)
    loss = model.train_on_batch(pictures, labels)
    logits = model(pictures)
    memory = tf.config.experimental.get_memory_info("GPU:0") if gpus else {}
    return {
        "device": device.name,
        "gpus": len(gpus),
        "memory_growth": [tf.config.experimental.get_memory_growth(gpu) for gpu in gpus],
        "precision": device.precision,
        "policy": keras.config.dtype_policy().name,
        "compute_dtype": model.get_layer("conv1").compute_dtype,
        "variables_on": sorted({v.value.device for v in model.trainable_variables}),
        "optimizer_on": sorted({v.value.device for v in model.optimizer.variables}),
        "result_on": logits.device,
        "loss": float(loss),
        "gpu_bytes": memory,
    }


def _convnet(params: Params, batch_size: int, jit_compile: bool | str = "auto") -> Any:
    """``augmented_convnet``'s network, compiled, with a batch of pictures and labels for it."""
    model = build_small_convnet(
        params.backbone.image_size, len(CLASSES), params.method("augmented_convnet").dropout
    )
    model.compile(
        "adam", keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=jit_compile
    )
    shape = (batch_size, *model.input.shape[1:])
    pictures = tf.random.stateless_uniform(shape, (0, 0), maxval=255.0)
    return model, pictures, tf.zeros((batch_size, 1))
