"""Whether the GPU really does the work."""

from typing import Any

from benchmarks.jobs import Measure
from benchmarks.jobs.ours import start
from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.models.small_convnet import build_small_convnet


def placement() -> Measure:
    """The devices of a training step's variables and result, the policy and memory growth."""
    device, backbone, _ = start()
    gpus = tf.config.list_physical_devices("GPU")
    model = build_small_convnet(backbone.image_size, dropout=0.5)
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    pictures = tf.random.stateless_uniform((8, *model.input.shape[1:]), (0, 0), maxval=255.0)

    def measure() -> dict[str, Any]:
        loss = model.train_on_batch(pictures, tf.zeros((8, 1)))
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

    return measure
