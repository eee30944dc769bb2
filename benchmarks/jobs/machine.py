"""What the machine can do, and what VGG16's pass makes of it."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.data import Data
from benchmarks.jobs.ours import start
from dogs_vs_cats.backend import keras, tf
from dogs_vs_cats.evaluation.cost import multiply_adds
from dogs_vs_cats.models.vgg16 import load_conv_base

Measure = Callable[[], dict[str, Any]]

BATCH_SIZE = 32
MATRIX = 4096
"""Rows and columns of the product: 137 GFLOP, far beyond every cache."""
PASSES = 5


def arithmetic(
    data: dict[str, str], precision: str, jit_compile: bool = False, batch_size: int = BATCH_SIZE
) -> Measure:
    """FLOP/s of the pass through ``conv_base`` and of a large matrix product, in one precision."""
    _, backbone, _ = start()
    mixed = precision == "bfloat16"
    keras.config.set_dtype_policy("mixed_bfloat16" if mixed else "float32")
    conv_base = load_conv_base(Data.read(data).weights, backbone.image_size)
    run = tf.function(lambda x: conv_base(x, training=False), jit_compile=jit_compile)
    pictures = tf.random.stateless_uniform((batch_size, *conv_base.input.shape[1:]), (0, 0))
    matrix = tf.cast(tf.random.stateless_normal((MATRIX, MATRIX), (0, 1)), precision)
    multiply = tf.function(lambda x: tf.linalg.matmul(x, x))
    # A multiplication and an addition each.
    of_pass = 2 * multiply_adds(conv_base) * batch_size
    of_product = 2 * MATRIX**3
    # Reading one number back waits for the device without moving the result.
    of_each = {"pass": lambda: run(pictures)[0, 0, 0, 0], "product": lambda: multiply(matrix)[0, 0]}
    for call in of_each.values():
        call().numpy()

    def seconds(call: Callable[[], Any]) -> float:
        times = []
        for _ in range(PASSES):
            started = time.perf_counter()
            call().numpy()
            times.append(time.perf_counter() - started)
        return median(times)

    def measure() -> dict[str, Any]:
        of_pictures = seconds(of_each["pass"])
        achieved = of_pass / of_pictures
        possible = of_product / seconds(of_each["product"])
        return {
            "pictures_per_second": batch_size / of_pictures,
            "achieved_flop_per_second": achieved,
            "product_flop_per_second": possible,
            "share": achieved / possible,
        }

    return measure


def training_step(jit_compile: bool, batch_size: int = BATCH_SIZE) -> Measure:
    """Steps a second of ``augmented_convnet`` on one batch in memory, without determinism.

    Keras switches XLA off where operations must be deterministic, as the stages' are.
    """
    keras.config.set_dtype_policy("mixed_bfloat16")
    from dogs_vs_cats.models.classifiers import build_small_convnet

    model = build_small_convnet(150, dropout=0.5)
    model.compile(
        "adam", keras.losses.BinaryCrossentropy(from_logits=True), [], jit_compile=jit_compile
    )
    pictures = tf.random.stateless_uniform((batch_size, 150, 150, 3), (0, 0), maxval=255.0)
    labels = tf.zeros((batch_size, 1))
    repeated = tf.data.Dataset.from_tensors((pictures, labels)).repeat()
    steps = 100
    model.fit(repeated, steps_per_epoch=5, verbose=0)

    def measure() -> dict[str, Any]:
        started = time.perf_counter()
        model.fit(repeated, steps_per_epoch=steps, verbose=0)
        return {"steps_per_second": steps / (time.perf_counter() - started)}

    return measure
