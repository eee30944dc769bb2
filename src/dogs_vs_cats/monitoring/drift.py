"""New pictures held against those that a model was tested on, as the base sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from dogs_vs_cats.backbones.networks import load_conv_base
from dogs_vs_cats.compute.device import set_up
from dogs_vs_cats.data.reading.decoding import upright
from dogs_vs_cats.data.reading.pictures import LabelledPictures
from dogs_vs_cats.evaluation.banked import averaged
from dogs_vs_cats.features.bank import open_bank
from dogs_vs_cats.features.frozen_pass import bank_features
from dogs_vs_cats.monitoring.two_sample import Features, two_sample_test
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import temporary_directory, whole_file
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import Params

LEAST = 20
"""Fewer pictures say nothing."""
MOST = 1000
"""More are drawn from: the test is sharp enough then."""
LEVEL = 0.05
_TILE = 200


@dataclass(frozen=True)
class Drift:
    """What new pictures are to the known ones."""

    pictures: int
    p_value: float
    accuracy: float
    """See :class:`dogs_vs_cats.monitoring.two_sample.TwoSample`."""
    foreign: tuple[Path, ...]
    """The new pictures, the most foreign first."""

    @property
    def differs(self) -> bool:
        """Whether the difference is beyond chance at :data:`LEVEL`."""
        return self.p_value < LEVEL


def drawn(paths: Sequence[Path], most: int = MOST) -> Sequence[Path]:
    """So many of the paths at most, in their order; always the same ones."""
    if len(paths) <= most:
        return paths
    places = np.random.default_rng(0).choice(len(paths), most, replace=False)
    return [paths[place] for place in sorted(places)]


def drift(layout: Layout, params: Params, paths: Sequence[Path], split: str) -> Drift:
    """Hold pictures against a split's.

    Args:
        layout: of a project whose features were computed.
        params: as they were computed with.
        paths: of readable pictures, :data:`LEAST` of them at least.
        split: which.

    Raises:
        PipelineError: there are too few pictures, or the features are missing.
    """
    banked, _ = open_bank(layout.features / f"{split}.npy")
    known = _averaged(banked[0])
    if len(paths) < LEAST:
        raise PipelineError(f"{len(paths)} pictures are too few to compare: give {LEAST} or more.")
    paths = drawn(paths, min(MOST, len(known)))
    found = two_sample_test(_features(layout, params, paths), known)
    order = np.argsort(-found.foreignness, kind="stable")
    return Drift(len(paths), found.p_value, found.accuracy, tuple(paths[i] for i in order))


def _features(layout: Layout, params: Params, paths: Sequence[Path]) -> Features:
    """As stage ``features`` computes them, so that nothing but the pictures can differ."""
    set_up(params.compute, seed=0, intra_op_threads=1)
    conv_base = load_conv_base(layout.weights, params.backbone)
    pictures = LabelledPictures(tuple(paths), np.zeros(len(paths), np.int32))
    with temporary_directory() as folder:
        bank_features(conv_base, params.backbone, pictures, folder / "new.npy")
        banked, _ = open_bank(folder / "new.npy")
        return _averaged(banked[0])


def _averaged(maps: Features) -> Features:
    return averaged(maps, np.arange(len(maps)))


def write_sheet(paths: Sequence[Path], file: Path, columns: int = 6) -> None:
    """Write pictures side by side as a JPEG, in the order of their rows."""
    rows = -(-len(paths) // columns)
    sheet = Image.new("RGB", (columns * _TILE, rows * _TILE), "white")
    for place, path in enumerate(paths):
        row, column = divmod(place, columns)
        tile = ImageOps.contain(Image.fromarray(upright(path.read_bytes())), (_TILE - 8, _TILE - 8))
        left, top = (_TILE - tile.width) // 2, (_TILE - tile.height) // 2
        sheet.paste(tile, (column * _TILE + left, row * _TILE + top))
    with whole_file(file) as temporary:
        sheet.save(temporary, "JPEG", quality=85)
