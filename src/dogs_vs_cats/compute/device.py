"""What this process computes on, and how exactly."""

from dataclasses import dataclass

from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.compute.cpu import cpu_cores, cpu_flags, cpu_name
from dogs_vs_cats.settings import ComputeSettings, Precision


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
