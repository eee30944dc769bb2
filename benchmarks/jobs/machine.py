"""What the machine can do, and what VGG16's pass makes of it."""

import math
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.data import Data
from benchmarks.jobs import Measure
from benchmarks.jobs.ours import start
from dogs_vs_cats.backbones.vgg16 import load_conv_base
from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.evaluation.cost import multiply_adds
from dogs_vs_cats.models.small_convnet import build_small_convnet

BATCH_SIZE = 64
PRODUCTS = ((4096, 4096, 4096), (32768, 2304, 256), (32768, 4608, 512))
"""Rows, inner and columns of the products: a large square one, and two of the shapes that VGG16's
third and fourth block multiply. The fastest counts: a library is not equally good at all shapes."""
PASSES = 5
CALLS_ON_GPU = 20
"""Before the host waits: the way to the GPU and back takes longer than one call's work there."""


def arithmetic(
    data: dict[str, str], precision: str, jit_compile: bool = False, batch_size: int = BATCH_SIZE
) -> Measure:
    """FLOP/s of the pass through ``conv_base`` and of a large matrix product, in one precision."""
    _, backbone, _ = start()
    keras.config.set_dtype_policy(precision)  # as the features stage holds its weights
    conv_base = load_conv_base(Data.read(data).weights, backbone.image_size)
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

    def measure() -> dict[str, Any]:
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
    model = build_small_convnet(150, dropout=0.5)
    model.compile(
        "adam", keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=jit_compile
    )
    pictures = tf.random.stateless_uniform((batch_size, 150, 150, 3), (0, 0), maxval=255.0)
    labels = tf.zeros((batch_size, 1))
    repeated = tf.data.Dataset.from_tensors((pictures, labels)).repeat()
    model.fit(repeated, steps_per_epoch=5, verbose=0)

    def measure() -> dict[str, Any]:
        started = time.perf_counter()
        model.fit(repeated, steps_per_epoch=steps, verbose=0)
        return {"steps_per_second": steps / (time.perf_counter() - started)}

    return measure
