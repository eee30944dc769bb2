"""Variables of the user's environment that would steer results without a trace.

What takes part in a result is a parameter, or is recorded with the run.
"""

from collections.abc import Mapping

_STEERING = {
    # Shorter trainings
    "KERAS_MAX_EPOCHS",
    "KERAS_MAX_STEPS_PER_EPOCH",
    # Another Keras
    "KERAS_NNX_ENABLED",
    "TF_USE_LEGACY_KERAS",
    # Other arithmetic, or the instructions of another processor than the one that is recorded
    "DNNL_DEFAULT_FPMATH_MODE",
    "DNNL_MAX_CPU_ISA",
    "ITEX_AUTO_MIXED_PRECISION",
    "NPY_DISABLE_CPU_FEATURES",
    "NPY_ENABLE_CPU_FEATURES",
    "NVIDIA_TF32_OVERRIDE",
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "ONEDNN_MAX_CPU_ISA",
    "OPENBLAS_CORETYPE",
    "TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_LEVEL",
    "TF_DISABLE_SCATTER_OP_DETERMINISM",
    "TF_ENABLE_WINOGRAD_NONFUSED",
    "TF_FP16_CONV_USE_FP32_COMPUTE",
    "TF_FP16_MATMUL_USE_FP32_COMPUTE",
    "TF_NUM_INTRAOP_THREADS",  # the cores that the process may use (`taskset`) are recorded
    "TF_SET_ONEDNN_FPMATH_MODE",
    "TF_XLA_FLAGS",
    # Another place for runs than MLFLOW_TRACKING_URI says, or somebody else's run
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_REGISTRY_URI",
    "MLFLOW_RUN_ID",
}
_ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
"""Chosen where TensorFlow is imported, :mod:`dogs_vs_cats.compute.backend`: 1."""
_XLA_PLACE = "--xla_gpu_cuda_data_dir="
"""What XLA_FLAGS may say: where CUDA lies."""


def without_steering(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of a process whose numbers the user's surroundings do not change.

    NumPy, TensorFlow and Keras look at them when they are imported, or at their first use.
    """
    kept = {name: value for name, value in environment.items() if name not in _STEERING}
    if _ONEDNN in kept:
        kept[_ONEDNN] = "1"
    if flags := kept.pop("XLA_FLAGS", None):
        places = [flag for flag in flags.split() if flag.startswith(_XLA_PLACE)]
        if places:
            kept["XLA_FLAGS"] = " ".join(places)
    return kept
