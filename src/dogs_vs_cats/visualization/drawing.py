"""A figure with what a reader needs to know about it, and how figures are written to files."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.figure import Figure

from dogs_vs_cats.methods import Method
from dogs_vs_cats.visualization.colours import COLOURS as COLOURS

Section = Literal[
    "accuracy",
    "training",
    "calibration",
    "robustness",
    "cost",
    "features",
    "heatmaps",
    "activations",
    "filter_patterns",
    "convolution",
]
"""Where in the report a drawing stands."""

LISTING = "drawings.json"


@dataclass(frozen=True)
class Drawing:
    """A figure and its words."""

    name: str
    """Name of the file, without suffix; unique."""
    figure: Figure
    title: str
    """A few words."""
    alt: str
    """What the figure shows, for those who cannot see it: one or two sentences."""
    caption: str
    """What to look for and how it was made."""
    section: Section
    method: Method | None = None
    """The method it is about; ``None`` when it compares."""
    suffix: Literal["svg", "png", "jpg"] = "svg"
    """``svg`` for lines, ``jpg`` for photos, ``png`` for small pictures that must be exact."""


@dataclass(frozen=True)
class Listed:
    """A drawing that was written to a file; fields as :class:`Drawing`'s."""

    file: str
    title: str
    alt: str
    caption: str
    section: Section
    method: Method | None
    width: int
    """CSS pixels, 96 an inch."""
    height: int


@contextmanager
def styled() -> Iterator[None]:
    """The project's one look, for everything that is drawn within."""
    with (
        as_file(files("dogs_vs_cats.visualization") / "dogs_vs_cats.mplstyle") as style,
        mpl.rc_context(fname=style),
    ):
        yield


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as SVG, PNG or JPEG (by the suffix) so that equal figures have equal bytes."""
    options: dict[str, Any] = {
        ".svg": {"metadata": {"Date": None}},
        ".png": {"metadata": {"Software": None}},
        ".jpg": {"pil_kwargs": {"quality": 85, "optimize": True}},
    }
    with styled():
        figure.savefig(path, **options[path.suffix])


def save_drawings(drawings: Iterable[Drawing], folder: Path) -> None:
    """Write each drawing to a file of its own, and the words of all to ``drawings.json``.

    Drawings are saved as they come and let go, so that a generator never holds them all.
    """
    listed: list[Listed] = []
    for drawing in drawings:
        file = f"{drawing.name}.{drawing.suffix}"
        if (folder / file).exists():
            raise ValueError(f"two drawings are called {drawing.name}")
        save_figure(drawing.figure, folder / file)
        width, height = drawing.figure.get_size_inches()
        listed.append(
            Listed(
                file=file,
                title=drawing.title,
                alt=drawing.alt,
                caption=drawing.caption,
                section=drawing.section,
                method=drawing.method,
                width=round(96 * width),
                height=round(96 * height),
            )
        )
    listing = json.dumps([asdict(each) for each in listed], indent=2, ensure_ascii=False)
    (folder / LISTING).write_text(listing + "\n", encoding="utf-8")


def read_listing(folder: Path) -> list[Listed]:
    """The drawings that :func:`save_drawings` wrote, in its order."""
    return [Listed(**each) for each in json.loads((folder / LISTING).read_text(encoding="utf-8"))]
