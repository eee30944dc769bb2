"""The settings of what the pipeline runs on. Reading them takes no TensorFlow."""

from typing import Literal

from dogs_vs_cats.params import Settings

Precision = Literal["bfloat16", "float32"]
Engine = Literal["local", "ray"]


class ComputeSettings(Settings):
    """The ``compute`` section of ``params.yaml``."""

    precision: Literal["auto", "bfloat16", "float32"]
    """``auto`` is bfloat16 where the hardware multiplies it natively, float32 elsewhere."""
    strategy: Literal["auto", "single", "mirrored", "multi_worker"] = "auto"
    """How a training is spread over devices (:func:`dogs_vs_cats.backend.strategy_of`)."""
    engine: Engine = "local"
    """What passes over all pictures: this machine's cores, or a Ray cluster."""
