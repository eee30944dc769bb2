"""Banked views passed through the rest of the frozen base, for a head on top of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dogs_vs_cats.backbones.vgg16 import halves
from dogs_vs_cats.compute.backend import tf
from dogs_vs_cats.compute.strategy import worker_number
from dogs_vs_cats.features.bank import Bank, new_bank, open_bank
from dogs_vs_cats.project.files import scratch_directory


@contextmanager
def pooled_views(conv_base: Any, views: Path, splits: Sequence[str]) -> Iterator[dict[str, Bank]]:
    """Give what block 5 makes of banked ``block4_pool`` maps; the files are gone after the block.

    Args:
        conv_base: VGG16's base, frozen.
        views: folder of the banks.
        splits: names of the banks.

    Raises:
        PipelineError: a bank is missing or broken.
    """
    _, block5 = halves(conv_base)
    # Of its own for each worker: they may train in one shared folder.
    with scratch_directory(views.with_name(f"pooled-views-{worker_number()}")) as folder:
        pooled = {}
        for split in splits:
            bank, labels = open_bank(views / f"{split}.npy")
            pooled[split] = (pooled_bank(block5, bank, folder / f"{split}.npy"), labels)
        yield pooled


def pooled_bank(
    upper: Any, bank: npt.NDArray[np.float16], path: Path, batch_size: int = 256
) -> npt.NDArray[np.float16]:
    """Pass a bank of ``block4_pool`` through block 5 once more, for a head on a frozen base.

    Args:
        upper: block 5 (see :func:`dogs_vs_cats.backbones.vgg16.halves`).
        bank: (views, pictures, 9, 9, 512) at 150 pixels.
        path: where the result is kept.

    Returns:
        The memory-mapped result: float16 (views, pictures, 4, 4, 512) at 150 pixels.
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
