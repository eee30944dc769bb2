"""Several GPUs or machines that train one model together."""

from typing import Any

from dogs_vs_cats.cluster.tf_config import cluster_of_environment, waiting_for_workers
from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import ComputeSettings


def strategy_of(compute: ComputeSettings) -> Any:
    """The ``tf.distribute.Strategy`` that a training is built and run in the scope of.

    ``auto`` is ``mirrored`` where there are several GPUs, else ``single``. ``mirrored`` takes all
    GPUs of this machine, or its CPU where it has none. ``multi_worker`` takes those of every
    machine in ``TF_CONFIG``, and waits until each has started the same training.

    Call after :func:`set_up` and before TensorFlow computes anything: workers can join no later.

    Raises:
        PipelineError: ``multi_worker`` without a usable ``TF_CONFIG``, or TensorFlow cannot join.
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


def worker_number(strategy: Any = None) -> int:
    """This process' number among the workers of a strategy, from 0. Worker 0 writes the results.

    Args:
        strategy: None: the one in scope.
    """
    resolver = (strategy or tf.distribute.get_strategy()).cluster_resolver
    return (resolver.task_id or 0) if resolver else 0
