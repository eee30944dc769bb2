"""The one pass of pictures and augmented views through the frozen part of a base.

Everything below the first trainable layer is a constant function of a picture and its
augmentation. So features and views are computed once and kept (:mod:`dogs_vs_cats.features.bank`).
"""

import pickle
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from dogs_vs_cats.cluster.ray_cluster import Columns, Work, on_cluster
from dogs_vs_cats.compute.backend import keras, tf
from dogs_vs_cats.compute.cpu import cpu_cores
from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.data.reading.augmentation import apply_transforms, view_transforms
from dogs_vs_cats.data.reading.pictures import (
    UNREADABLE,
    LabelledPictures,
    picture_batches,
    unreadable,
)
from dogs_vs_cats.features.bank import labels_path, new_bank
from dogs_vs_cats.features.network import network
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import whole_file
from dogs_vs_cats.settings import AugmentationSettings, BackboneSettings, ComputeSettings, Engine

GPU_BATCH_SIZE = 64
CORE_BATCH_SIZE = 16
"""Pictures that a core passes through the network at a time. Each works on a batch of its own
(:func:`dogs_vs_cats.compute.device.set_up`): more pictures are no faster and take more memory."""


def bank_features(
    part: Any,
    backbone: BackboneSettings,
    pictures: LabelledPictures,
    path: Path,
    engine: Engine = "local",
) -> None:
    """Write the feature maps of pictures as they are.

    Computed in the precision of Keras' dtype policy, under which ``part`` is built.

    Args:
        part: Keras model of preprocessed pictures: ``conv_base``, or its lower half.
        backbone: preprocessing and size of the pictures.
        pictures: one split.
        path: an ``.npy`` file to write, float16 (1, pictures, height, width, channels); the
            labels, int32 (pictures,), go beside it (:func:`labels_path`).
        engine: what runs ``part``: this machine, or a Ray cluster. The bytes are the same.

    Raises:
        PipelineError: a picture cannot be read, a map exceeds float16, or the cluster fails
            (:func:`dogs_vs_cats.cluster.ray_cluster.on_cluster`).
    """
    _bank(MapMaker(part, backbone), pictures, path, engine)


def bank_views(
    part: Any,
    backbone: BackboneSettings,
    augmentation: AugmentationSettings,
    pictures: LabelledPictures,
    path: Path,
    engine: Engine = "local",
) -> None:
    """Write the feature maps of ``augmentation.views`` augmented views of each picture.

    As :func:`bank_features`, with shape (views, pictures, height, width, channels). Each picture
    is decoded once, whatever the number of views; with none, the array is empty.
    """
    count = len(pictures.paths)
    transforms = np.empty((augmentation.views, count, 8), np.float32)
    for view in range(augmentation.views):
        transforms[view] = view_transforms(count, backbone.image_size, view, augmentation)
    _bank(MapMaker(part, backbone, transforms, augmentation.fill), pictures, path, engine)


@dataclass(frozen=True)
class MapMaker:
    """All that it takes to make feature maps of picture files."""

    part: Any
    """Keras model of preprocessed pictures."""
    backbone: BackboneSettings
    transforms: npt.NDArray[np.float32] | None = None
    """(views, pictures, 8), see :func:`view_transforms`; None: pictures as they are."""
    fill: str = "nearest"

    @property
    def views(self) -> int:
        """Feature maps made of each picture."""
        return 1 if self.transforms is None else len(self.transforms)

    def start(self, streams: int, batch_size: int, gpu: bool) -> Work:
        """Build what turns pictures into columns ``view``, ``position`` and ``maps`` (float16).

        Args:
            streams: batches that are computed at the same time.
            batch_size: pictures in each.
            gpu: whether a GPU computes.
        """
        compute = network(self.part, self.backbone, streams, batch_size, gpu)

        def made(batch: Any, view: int, positions: npt.NDArray[np.int64]) -> Columns:
            return {
                "view": np.full(len(positions), view),
                "position": positions,
                "maps": compute(self._view(batch, view, positions)),
            }

        def work(positions: npt.NDArray[np.int64], paths: Sequence[Path]) -> Iterator[Columns]:
            with ThreadPoolExecutor(streams) as pool:
                running: deque[Future[Columns]] = deque()
                for of_batch, batch in self._batches(positions, paths, batch_size):
                    for view in range(self.views):
                        running.append(pool.submit(made, batch, view, of_batch))
                        if len(running) > 2 * streams:  # one waits for each that is computed
                            yield running.popleft().result()
                while running:
                    yield running.popleft().result()

        return work

    def _batches(
        self, positions: npt.NDArray[np.int64], paths: Sequence[Path], batch_size: int
    ) -> Iterator[tuple[npt.NDArray[np.int64], Any]]:
        start = 0
        try:
            for batch in picture_batches(paths, self.backbone.image_size, batch_size):
                yield positions[start : start + len(batch)], batch
                start += len(batch)
        except UNREADABLE:
            raise unreadable(paths[start:]) from None

    def _view(self, batch: Any, view: int, positions: npt.NDArray[np.int64]) -> Any:
        if self.transforms is None:
            return batch
        return apply_transforms(batch, self.transforms[view, positions], self.fill)


def _bank(maker: MapMaker, pictures: LabelledPictures, path: Path, engine: Engine) -> None:
    count = len(pictures.paths)
    shape = (maker.views, count, *maker.part.output.shape[1:])
    written = np.zeros(shape[:2], bool)
    with whole_file(path) as temporary:
        bank = new_bank(temporary, shape)
        with tqdm(total=written.size, desc=path.stem, unit="picture") as bar:
            for made in _feature_maps(maker, pictures.paths, engine) if written.size else ():
                if not np.isfinite(made["maps"]).all():
                    raise PipelineError(f"{path}: feature maps exceed float16. Check the weights.")
                where = made["view"], made["position"]
                bank[where] = made["maps"]
                written[where] = True
                bar.update(len(made["maps"]))
        assert written.all(), f"{path} lacks {np.count_nonzero(~written)} feature maps"
        bank.flush()
    with whole_file(labels_path(path)) as temporary:
        np.save(temporary, pictures.labels)


def _feature_maps(maker: MapMaker, paths: Sequence[Path], engine: Engine) -> Iterator[Columns]:
    gpu = bool(tf.config.list_physical_devices("GPU"))
    if engine == "local":
        return _start(maker, gpu, cpu_cores())(np.arange(len(paths)), paths)
    start = partial(
        _start_on_worker,
        replace(maker, part=None),
        pickle.dumps(maker.part),
        keras.config.dtype_policy().compute_dtype,
        gpu,
    )
    return on_cluster(start, paths, gpu)


def _start_on_worker(
    maker: MapMaker, part: bytes, precision: Literal["bfloat16", "float32"], gpu: bool
) -> Work:
    # The machine that asked decides on precision and device for all: equal bytes need one kind.
    if not gpu:
        tf.config.set_visible_devices([], "GPU")
    set_up(ComputeSettings(precision=precision), seed=0, intra_op_threads=1)
    # Only now: TensorFlow takes no settings once it holds a model.
    return _start(replace(maker, part=pickle.loads(part)), gpu, cores=1)


def _start(maker: MapMaker, gpu: bool, cores: int) -> Work:
    if gpu:
        return maker.start(1, GPU_BATCH_SIZE, gpu)
    return maker.start(cores, CORE_BATCH_SIZE, gpu)
