"""Banked views passed through the rest of the frozen base, for a head on top of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.backbones.networks import halves
from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.compute.strategy import worker_number
from dogs_vs_cats.features.bank import Bank, new_bank, open_bank
from dogs_vs_cats.project.files import scratch_directory


@contextmanager
def pooled_views(conv_base: Any, views: Path, splits: Sequence[str]) -> Iterator[dict[str, Bank]]:
    """Give the features that banked views end in; the files are gone after the block.

    Args:
        conv_base: frozen.
        views: folder of the banks.
        splits: names of the banks.

    Raises:
        PipelineError: a bank is missing or broken.
    """
    _, upper = halves(conv_base)
    # Of its own for each worker: they may train in one shared folder.
    with scratch_directory(views.with_name(f"pooled-views-{worker_number()}")) as folder:
        pooled = {}
        for split in splits:
            bank, labels = open_bank(views / f"{split}.npy")
            pooled[split] = (pooled_bank(upper, bank, folder / f"{split}.npy"), labels)
        yield pooled


def pooled_bank(
    upper: Any, bank: npt.NDArray[np.float16], path: Path, batch_size: int = 256
) -> npt.NDArray[np.float16]:
    """Pass a bank of views through the upper half of a base, for a head on a frozen base.

    Args:
        upper: see :func:`dogs_vs_cats.backbones.networks.halves`.
        bank: (views, pictures, height, width, channels) at the cut.
        path: where the result is kept.

    Returns:
        The memory-mapped result, of the same kind: float16, of the base's output.
    """
    run = tf.function(
        lambda x: tf.cast(upper(x, training=False), tf.float16),
        input_signature=[tf.TensorSpec((None, *bank.shape[2:]), tf.float16)],
    )
    pooled = new_bank(path, (*bank.shape[:2], *upper.output.shape[1:]))
    for view in range(bank.shape[0]):
        for start in range(0, bank.shape[1], batch_size):
            rows = slice(start, start + batch_size)
            pooled[view, rows] = run(bank[view, rows])
    return pooled
