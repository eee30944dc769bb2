"""TensorFlow and Keras, imported without their start-up banner, and the device they run on.

Every module that needs them says ``from dogs_vs_cats.backend import keras, tf``.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dogs_vs_cats.compute import ComputeSettings, Precision
from dogs_vs_cats.cpu import cpu_cores, cpu_flags, cpu_name
from dogs_vs_cats.errors import PipelineError
from dogs_vs_cats.quiet import silent_stderr, uncollected, without
from dogs_vs_cats.tf_config import cluster_of_environment, waiting_for_workers

# TensorFlow chooses oneDNN itself only on processors with VNNI, bfloat16 or AMX instructions. It
# is faster without them too (`make bench ARGS="--only onednn"`), and its convolutions give the same
# bytes on one core as on several, which a cluster's workers need; TensorFlow's own do not.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# For parts of Keras that are not used here, these two would take 30 % of the start-up.
with silent_stderr(), without("matplotlib", "sklearn"), uncollected():
    import keras
    import tensorflow as tf

__all__ = [
    "Device",
    "keras",
    "precision_of",
    "prefetched",
    "set_up",
    "strategy_of",
    "tf",
    "worker_number",
]


@dataclass(frozen=True)
class Device:
    """What training runs on."""

    name: str
    """Such as ``CPU: Intel(R) Xeon(R) Processor, 2 cores`` or ``GPU: NVIDIA H100``."""
    precision: Precision

    def __str__(self) -> str:
        return f"{self.name} ({self.precision})"


def set_up(compute: ComputeSettings, seed: int, intra_op_threads: int = 0) -> Device:
    """Make this process deterministic, set Keras' dtype policy, and say which device is used.

    Call once, before the first model is built. GPU memory grows on demand instead of being taken
    whole, so that the GPU can be shared.

    Args:
        compute: the ``compute`` section.
        seed: of every random generator.
        intra_op_threads: cores that one operation is spread over; 0: all. With 1, cores do not
            wait for one another where a batch for each is at work.
    """
    tf.config.threading.set_intra_op_parallelism_threads(intra_op_threads)
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)
    precision = precision_of(compute)
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        name = f"GPU: {details.get('device_name', 'unknown')}"
    else:
        name = f"CPU: {cpu_name()}, {cpu_cores()} cores"
    return Device(name, precision)


def strategy_of(compute: ComputeSettings) -> Any:
    """The ``tf.distribute.Strategy`` that a training is built and run in the scope of.

    ``auto`` is ``mirrored`` where there are several GPUs, else ``single``. ``mirrored`` takes all
    GPUs of this machine, or its CPU where it has none. ``multi_worker`` takes those of every
    machine in ``TF_CONFIG``, and waits until each has started the same training.

    Call after :func:`set_up` and before TensorFlow computes anything: workers can join no later.

    Raises:
        PipelineError: ``multi_worker`` without a usable ``TF_CONFIG``
            (:func:`dogs_vs_cats.tf_config.cluster_of_environment`), or TensorFlow cannot join.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if compute.strategy == "multi_worker":
        with waiting_for_workers(cluster_of_environment()):
            try:
                return tf.distribute.MultiWorkerMirroredStrategy()
            except tf.errors.OpError as error:
                raise PipelineError(
                    f"The workers of TF_CONFIG did not find together: {error.message}"
                ) from None
    if compute.strategy == "mirrored" or (compute.strategy == "auto" and len(gpus) > 1):
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


def worker_number(strategy: Any) -> int:
    """This process' number among the workers of a strategy, from 0. Worker 0 writes the results."""
    resolver = strategy.cluster_resolver
    return (resolver.task_id or 0) if resolver else 0


def precision_of(compute: ComputeSettings) -> Precision:
    """The precision of matrix products on this machine: bfloat16 or float32."""
    if compute.precision != "auto":
        return compute.precision
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capability = tf.config.experimental.get_device_details(gpus[0]).get("compute_capability")
        # Ampere (8.0) is the first generation with bfloat16 tensor cores.
        return "bfloat16" if capability and capability >= (8, 0) else "float32"
    return "bfloat16" if cpu_flags() & {"avx512_bf16", "amx_bf16"} else "float32"


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Build the block's Keras layers under another dtype policy, such as ``float32``."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def prefetched(stream: Any) -> Any:
    """A ``tf.data.Dataset`` that makes two elements before they are asked for.

    Its parallelism is what its maps were given, not tuned: with TensorFlow 2.21's autotuning, every
    second stream or so waits at its end until the tuner looks the next time, and it looks ever more
    seldom (after 5 s, 10 s, 20 s, 41 s, …). A training of 29 seconds took 42.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return stream.prefetch(2).with_options(options)
