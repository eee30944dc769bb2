"""What a training on several GPUs or machines takes: shares of batches, and Keras mended for it.

The strategy is the one of ``tf.distribute`` in scope (:func:`dogs_vs_cats.backend.strategy_of`).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dogs_vs_cats.backend import keras, prefetched, tf
from dogs_vs_cats.training.epochs import Source


class Trainer(keras.Model):  # type: ignore[misc]
    """A model that ``fit`` of Keras 3.15 can train on several workers too."""

    def _maybe_symbolic_build(self, *_: Any, **__: Any) -> None:
        # Under a strategy ``fit`` would first average a batch over the replicas to learn its
        # shapes, which fails with several workers and with unequal shares. All is built already.
        pass

    def train_step(self, data: Any) -> Any:
        return _vectors(super().train_step(data))

    def test_step(self, data: Any) -> Any:
        return _vectors(super().test_step(data))


def _vectors(metrics: dict[str, Any]) -> dict[str, Any]:
    """Several workers' metrics of a step are averaged over axis 0, which a scalar lacks.

    An epoch's metrics are read from their variables instead, which count each picture once.
    """
    return {name: tf.expand_dims(value, 0) for name, value in metrics.items()}


def shared(source: Source, batches: Callable[[Source], Any], weighted: bool) -> Any:
    """The batches of a source, a share of each for every replica of the strategy in scope.

    Of ``n`` pictures in a batch, replica ``r`` of ``R`` takes those from ``n r / R`` to
    ``n (r + 1) / R``, rounded down: shares differ by one picture at most, and those of a small last
    batch may be empty. A worker reads the pictures of its own replicas alone.

    Args:
        source: of all pictures.
        batches: makes the stream of whole batches from a source.
        weighted: weigh each picture by its share's size, for Keras sums over replicas the gradients
            of their mean losses, each divided by ``R``: the mean over shares, not over pictures.
            Validation, where Keras weighs a share's loss by its pictures itself, needs none.

    Returns:
        With one replica the batches as they are, else what ``fit`` takes in their place.
    """
    strategy = tf.distribute.get_strategy()
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return batches(source)

    def of_worker(context: Any) -> Any:
        local = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * local

        def read(view: Any, indices: Any) -> Any:
            count = tf.size(indices)
            return source.read(
                view, indices[count * first // replicas : count * (first + local) // replicas]
            )

        def shares(inputs: Any, labels: Any) -> Any:
            """The worker's pictures and the whole batch's labels to a share for each replica."""
            count = tf.shape(labels)[0]
            read_from = count * first // replicas

            def share(replica: Any) -> tuple[Any, ...]:
                start, end = count * replica // replicas, count * (replica + 1) // replicas
                pictures = inputs[start - read_from : end - read_from], labels[start:end]
                if not weighted:
                    return pictures
                weight = tf.cast(replicas * (end - start) / count, tf.float32)
                return *pictures, tf.fill([end - start], weight)

            return tf.data.Dataset.range(first, first + local, output_type=tf.int32).map(share)

        # Without end, so that the workers need not agree before each step that there is one.
        stream = batches(replace(source, read=read)).flat_map(shares).repeat()
        return prefetched(stream)

    return strategy.distribute_datasets_from_function(of_worker)
