"""TensorFlow and Keras, imported without their start-up banner, and the device they run on.

Every module that needs them says ``from dogs_vs_cats.backend import keras, tf``.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dogs_vs_cats.cpu import cpu_cores, cpu_flags, cpu_name
from dogs_vs_cats.params import Settings


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Silence the file descriptor: TensorFlow's C++ greets before its log level counts."""
    sys.stderr.flush()
    saved = os.dup(2)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 (a device, not a path)
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


with _silent_stderr():
    import keras
    import tensorflow as tf

__all__ = ["ComputeSettings", "Device", "keras", "precision_of", "set_up", "tf"]

Precision = Literal["bfloat16", "float32"]


class ComputeSettings(Settings):
    """The ``compute`` section of ``params.yaml``."""

    precision: Literal["auto", "bfloat16", "float32"]
    """``auto`` is bfloat16 where the hardware multiplies it natively, float32 elsewhere."""
    strategy: Literal["auto", "single", "mirrored", "multi_worker"] = "auto"
    """How a training is spread over devices (``tf.distribute``)."""
    engine: Literal["local", "ray"] = "local"
    """What passes over all pictures: this machine's cores, or a Ray cluster."""


@dataclass(frozen=True)
class Device:
    """What training runs on."""

    name: str
    """Such as ``CPU: Intel(R) Xeon(R) Processor, 2 cores`` or ``GPU: NVIDIA H100``."""
    precision: Precision

    def __str__(self) -> str:
        return f"{self.name} ({self.precision})"


def set_up(compute: ComputeSettings, seed: int) -> Device:
    """Make this process deterministic, set Keras' dtype policy, and say which device is used.

    Call once, before the first model is built. GPU memory grows on demand instead of being taken
    whole, so that the GPU can be shared.
    """
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
