"""What a training sees and in which order: one stream of batches over all epochs.

The order comes from NumPy and a seed, so it is the same on every device. A *source* gives the
inputs of some pictures in one view; whether it augments pictures now or reads what was banked
before makes no difference to the loop.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.compute.backend import prefetched, tf
from dogs_vs_cats.compute.cpu import cpu_cores
from dogs_vs_cats.data.reading.augmentation import apply_transforms, view_transforms
from dogs_vs_cats.settings import AugmentationSettings, ClassWeight

Labels = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Source:
    """Where a training takes its inputs from."""

    labels: Labels
    """Shape (pictures,), class indices."""
    views: int
    """Distinct views of each picture; epoch ``e`` uses view ``e % views``. 0: a new one each."""
    read: Callable[[Any, Any], Any]
    """(view, indices) to inputs (batch, …): int32 tensors of shape () and (batch,) to a tensor."""

    def view(self, epoch: int) -> int:
        """The view that an epoch (from 0) is trained on."""
        return epoch % self.views if self.views else epoch


def banked(bank: npt.NDArray[np.float16], labels: Labels) -> Source:
    """A source that reads what was computed before.

    Args:
        bank: (views, pictures, …), in memory or memory-mapped; only the rows of a batch are read.
        labels: (pictures,).
    """

    def read(view: Any, indices: Any) -> Any:
        return _rows(lambda v, i: bank[v, i], view, indices, bank.dtype, bank.shape[2:])

    return Source(labels, len(bank), read)


def plain(pictures: npt.NDArray[np.uint8], labels: Labels) -> Source:
    """A source of pictures as they are: uint8 (pictures, height, width, 3)."""
    return Source(labels, 1, lambda _view, indices: _pictures(pictures, indices))


def augmented(
    pictures: npt.NDArray[np.uint8],
    labels: Labels,
    settings: AugmentationSettings,
    views: int = 0,
) -> Source:
    """A source that augments as it reads: float32 pictures of 0 to 255, unseen in each epoch.

    Args:
        pictures: uint8 (pictures, size, size, 3).
        labels: (pictures,).
        settings: strengths and seed of the augmentation.
        views: go round this number of views instead, as a bank does; 0: never repeat.
    """

    @lru_cache(maxsize=2)  # one view serves a whole epoch
    def transforms_of(view: int) -> npt.NDArray[np.float32]:
        return view_transforms(len(pictures), pictures.shape[1], view, settings)

    def read(view: Any, indices: Any) -> Any:
        transforms = _rows(lambda v, i: transforms_of(int(v))[i], view, indices, np.float32, (8,))
        return apply_transforms(_pictures(pictures, indices), transforms, settings.fill)

    return Source(labels, views, read)


def _pictures(pictures: npt.NDArray[np.uint8], indices: Any) -> Any:
    # Not tf.gather: it would hold the array as a constant of the graph, and copy it every batch.
    return _rows(lambda _, i: pictures[i], 0, indices, pictures.dtype, pictures.shape[1:])


def _rows(
    take: Callable[[Any, Any], npt.NDArray[Any]],
    view: Any,
    indices: Any,
    dtype: npt.DTypeLike,
    shape: tuple[int, ...],
) -> Any:
    # Declared stateless: TensorFlow's deterministic mode runs a stateful map on one core.
    rows = tf.numpy_function(take, [view, indices], dtype, stateful=False)
    rows.set_shape((None, *shape))
    return rows


@dataclass(frozen=True)
class Batches:
    """A source, and how it is cut into batches."""

    source: Source
    stream: Callable[[Source], Any]
    """A source to a ``tf.data.Dataset`` of (inputs, labels), or (inputs, labels, weights) where the
    classes are weighted; labels are int32 (batch, 1), weights float32 (batch,)."""
    steps: int
    """Batches in one pass; the last may be smaller."""


def training_batches(
    source: Source,
    epochs: int,
    batch_size: int,
    seed: int,
    class_weight: ClassWeight = "none",
) -> Batches:
    """All epochs as one stream of ``epochs * steps`` batches, each epoch in an order of its own."""
    orders = [
        np.random.default_rng([seed, epoch]).permutation(len(source.labels))
        for epoch in range(epochs)
    ]
    weights = None
    if class_weight == "balanced":
        pictures = np.bincount(source.labels)
        # As scikit-learn has it (King & Zeng, 2001): on the average picture the weight is 1.
        weights = (len(source.labels) / len(pictures) / pictures[source.labels]).astype(np.float32)
    return _batches(source, orders, batch_size, weights)


def validation_batches(source: Source, batch_size: int) -> Batches:
    """View 0 of every picture, in order."""
    return _batches(source, [np.arange(len(source.labels))], batch_size)


def _batches(
    source: Source,
    orders: list[npt.NDArray[np.int64]],
    batch_size: int,
    weights: npt.NDArray[np.float32] | None = None,
) -> Batches:
    steps = -(-len(source.labels) // batch_size)

    def stream(source: Source) -> Any:
        order = tf.constant(np.stack(orders), tf.int32)
        views = tf.constant([source.view(epoch) for epoch in range(len(orders))], tf.int32)
        labels = tf.constant(source.labels[:, np.newaxis])

        def batch(step: Any) -> tuple[Any, ...]:
            epoch, start = step // steps, step % steps * batch_size
            indices = order[epoch, start : start + batch_size]
            weighted = () if weights is None else (tf.gather(tf.constant(weights), indices),)
            return source.read(views[epoch], indices), tf.gather(labels, indices), *weighted

        return prefetched(
            tf.data.Dataset.range(len(orders) * steps, output_type=tf.int32).map(
                batch, num_parallel_calls=cpu_cores()
            )
        )

    return Batches(source, stream, steps)
