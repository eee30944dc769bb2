"""Which pictures and banks are measured on: a project's, or a small part of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dogs_vs_cats.features.bank import labels_path, open_bank
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import SPLITS

CLASSES = ("cat", "dog")
"""The lecture's, whose way the benchmarks compare with."""
NEEDED = ("classes", "splits", "features", "views", "weights", "models")
"""Of a :class:`Layout`, by all jobs together."""


def of_project(project: Path, needed: Sequence[str] = NEEDED) -> Layout:
    """A project in which ``dvc repro`` was run.

    Args:
        project: its root, resolved: links are made to what is there.
        needed: what must be there.

    Raises:
        PipelineError: some of what is needed is missing.
    """
    layout = Layout(project)
    for path in (getattr(layout, name) for name in needed):
        if not path.exists():
            raise PipelineError(
                f"{path} is missing. Run `make repro` first, or `make demo` and give --data .demo."
            )
    return layout


def linked(layout: Layout, root: Path, names: Sequence[str] = NEEDED) -> Layout:
    """A project with the same data by links, so that what a method writes beside it stays here."""
    links = Layout(root)
    for name in names:
        link = getattr(links, name)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(getattr(layout, name))
    return links


def link_pictures(split: Path, count: int, folder: Path) -> Path:
    """A split of ``count`` pictures, half of each class, that are links to those of ``split``.

    Where it needs more pictures than there are, they come again under other names.

    Returns:
        ``folder``, with a folder a class.
    """
    for name in CLASSES:
        pictures = sorted((split / name).iterdir())
        (folder / name).mkdir(parents=True)
        for number in range(count // len(CLASSES)):
            again, index = divmod(number, len(pictures))
            picture = pictures[index]
            # Not the resolved name: DVC's cache, which may be linked to, names files by digest.
            (folder / name / f"{again:03}-{picture.name}").symlink_to(picture.resolve())
    return folder


def small_part(layout: Layout, train: int, rest: int, root: Path) -> Layout:
    """The same with few pictures: links to some, and their rows of the banks.

    Args:
        layout: the whole.
        train: training pictures.
        rest: pictures of each other split.
        root: a folder to make, for links and banks.
    """
    part = linked(layout, root, ("classes", "weights", "models"))
    for split in SPLITS:
        count = train if split == "train" else rest
        link_pictures(layout.splits / split, count, part.splits / split)
        for source, target in ((layout.features, part.features), (layout.views, part.views)):
            target.mkdir(exist_ok=True)
            bank, labels = open_bank(source / f"{split}.npy")
            # The first of either class: banks are sorted by class, as the linked pictures are.
            rows = np.concatenate([np.flatnonzero(labels == k)[: count // 2] for k in (0, 1)])
            np.save(target / f"{split}.npy", bank[:, rows])
            np.save(labels_path(target / f"{split}.npy"), labels[rows])
    return part
