"""``fit`` on the devices in use: one, or the several of a ``tf.distribute`` strategy in scope."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dogs_vs_cats.compute.backend import keras, prefetched, tf
from dogs_vs_cats.training.epochs import Batches


def fit(
    model: Any, training: Batches, validation: Batches, epochs: int, callbacks: Sequence[Any]
) -> None:
    """Train a compiled model whose optimizer is built.

    Each replica takes its share of every batch, so what is learned does not follow from their
    number, but for rounding and what dropout drops.

    Args:
        model: Keras model; its metrics count pictures.
        training: the batches of all epochs.
        validation: the batches of one pass.
        epochs: passes over the training pictures.
        callbacks: Keras callbacks, told of ``val_`` metrics too.
    """
    if tf.distribute.has_strategy():
        _fit_on_replicas(model, training, validation, epochs, callbacks)
        return
    model.fit(
        training.stream(training.source),
        epochs=epochs,
        steps_per_epoch=training.steps,
        validation_data=validation.stream(validation.source),
        validation_steps=validation.steps,
        callbacks=[*callbacks],
        shuffle=False,  # the stream is shuffled already
        verbose=0,
    )


def _fit_on_replicas(
    model: Any, training: Batches, validation: Batches, epochs: int, callbacks: Sequence[Any]
) -> None:
    """What ``keras.Model.fit`` does, with unequal shares.

    ``fit`` of Keras 3.15 averages a batch over the replicas to learn its shapes, and a step's
    metrics over workers; the first fails with unequal shares, the second with scalars.
    """
    strategy = tf.distribute.get_strategy()
    learned, judged = iter(_shares(training, weighted=True)), iter(_shares(validation, False))
    train_step = tf.function(lambda: strategy.run(model.train_step, args=(next(learned),)))
    test_step = tf.function(lambda: strategy.run(model.test_step, args=(next(judged),)))
    told = keras.callbacks.CallbackList(
        [*callbacks], model=model, epochs=epochs, steps=training.steps
    )
    told.on_train_begin()
    for epoch in range(epochs):
        told.on_epoch_begin(epoch)
        model.reset_metrics()
        for step in range(training.steps):
            told.on_train_batch_begin(step)
            train_step()
            told.on_train_batch_end(step)
        metrics = model.get_metrics_result()
        model.reset_metrics()
        told.on_test_begin()
        for _ in range(validation.steps):
            test_step()
        metrics |= {f"val_{name}": value for name, value in model.get_metrics_result().items()}
        told.on_test_end()
        told.on_epoch_end(epoch, metrics)
        if model.stop_training:
            break
    told.on_train_end()


def _shares(batches: Batches, weighted: bool) -> Any:
    """A share of each batch for every replica, without end.

    Of ``n`` pictures in a batch, replica ``r`` of ``R`` takes those from ``n r / R`` to
    ``n (r + 1) / R``, rounded down: shares differ by one picture at most, and those of a small last
    batch may be empty. A worker reads the pictures of its own replicas alone.

    Args:
        batches: whole ones.
        weighted: weigh each picture by its share's size, for Keras sums over replicas the gradients
            of their mean losses, each divided by ``R``: the mean over shares, not over pictures.
            Validation, where Keras weighs a share's loss by its pictures itself, needs none.
    """
    strategy = tf.distribute.get_strategy()
    replicas = strategy.num_replicas_in_sync

    def of_worker(context: Any) -> Any:
        local = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * local

        def read(view: Any, indices: Any) -> Any:
            count = tf.size(indices)
            return batches.source.read(
                view, indices[count * first // replicas : count * (first + local) // replicas]
            )

        def shares(inputs: Any, labels: Any, *weights: Any) -> Any:
            """The worker's pictures, and labels and weights of the whole batch, to a share for each
            replica."""
            count = tf.shape(labels)[0]
            read_from = count * first // replicas

            def share(replica: Any) -> tuple[Any, ...]:
                start, end = count * replica // replicas, count * (replica + 1) // replicas
                pictures = inputs[start - read_from : end - read_from], labels[start:end]
                if not weighted:
                    return pictures
                weight = tf.cast(replicas * (end - start) / count, tf.float32)
                of_share = tf.fill([end - start], weight)
                return *pictures, math.prod((each[start:end] for each in weights), start=of_share)

            return tf.data.Dataset.range(first, first + local, output_type=tf.int32).map(share)

        # Without end, so that the workers need not agree before each step that there is one.
        whole = batches.stream(replace(batches.source, read=read))
        return prefetched(whole.flat_map(shares).repeat())

    return strategy.distribute_datasets_from_function(of_worker)
