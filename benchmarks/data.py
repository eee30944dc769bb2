"""Which pictures and banks are measured on: the project's, or a small part of them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from dogs_vs_cats.project.errors import PipelineError


@dataclass(frozen=True)
class Data:
    """Where a job finds what ``dvc repro`` makes."""

    splits: Path
    features: Path
    views: Path
    weights: Path
    models: Path

    def arguments(self) -> dict[str, str]:
        """As JSON can carry it; ``read`` is its inverse."""
        return {name: str(path) for name, path in vars(self).items()}

    @staticmethod
    def read(arguments: dict[str, str]) -> "Data":
        return Data(**{name: Path(path) for name, path in arguments.items()})


NAMES = tuple(each.name for each in fields(Data))
"""Of all that jobs may need."""


def of_project(project: Path, needed: Sequence[str] = NAMES) -> Data:
    """The data of a project in which ``dvc repro`` was run.

    Args:
        project: its root.
        needed: what must be there.

    Raises:
        PipelineError: some of what is needed is missing.
    """
    folder = project.resolve() / "data"
    data = Data(
        splits=folder / "splits",
        features=folder / "features",
        views=folder / "views",
        weights=folder / "weights" / "vgg16.weights.h5",
        models=folder / "models",
    )
    for path in (getattr(data, name) for name in needed):
        if not path.exists():
            raise PipelineError(
                f"{path} is missing. Run `make repro` first, or `make demo` and give --data .demo."
            )
    return data


def link_pictures(split: Path, classes: Sequence[str], count: int, folder: Path) -> Path:
    """A split of ``count`` pictures, half of each class, that are links to those of ``split``.

    Where it needs more pictures than there are, they come again under other names.

    Returns:
        ``folder``, with a folder a class.
    """
    for name in classes:
        pictures = sorted((split / name).iterdir())
        (folder / name).mkdir(parents=True)
        for number in range(count // len(classes)):
            again, index = divmod(number, len(pictures))
            picture = pictures[index]
            # Not the resolved name: DVC's cache, which may be linked to, names files by digest.
            (folder / name / f"{again:03}-{picture.name}").symlink_to(picture.resolve())
    return folder


def small_part(data: Data, classes: Sequence[str], train: int, rest: int, folder: Path) -> Data:
    """The same with few pictures: links to some, and their rows of the banks.

    Args:
        data: the whole.
        classes: both names.
        train: training pictures.
        rest: pictures of each other split.
        folder: empty, for links and banks.
    """
    for split, count in (("train", train), ("validation", rest), ("test", rest)):
        link_pictures(data.splits / split, classes, count, folder / "splits" / split)
        for kind in ("features", "views"):
            (folder / kind).mkdir(exist_ok=True)
            source = getattr(data, kind) / f"{split}.npy"
            bank = np.load(source, mmap_mode="r")
            # The first of either class: banks are sorted by class, as the linked pictures are.
            labels = np.load(source.with_suffix(".labels.npy"))
            rows = np.concatenate([np.flatnonzero(labels == k)[: count // 2] for k in (0, 1)])
            np.save(folder / kind / f"{split}.npy", bank[:, rows])
            np.save(folder / kind / f"{split}.labels.npy", labels[rows])
    return Data(
        splits=folder / "splits",
        features=folder / "features",
        views=folder / "views",
        weights=data.weights,
        models=data.models,
    )
