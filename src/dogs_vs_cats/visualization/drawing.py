"""A figure with what a reader needs to know about it, and how figures are written to files."""

import json
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy.typing as npt
from matplotlib.figure import Figure

from dogs_vs_cats.evaluation.words import shortened
from dogs_vs_cats.methods import Method
from dogs_vs_cats.project.text import printable
from dogs_vs_cats.visualization.colours import COLOURS as COLOURS
from dogs_vs_cats.visualization.fonts import families

Section = Literal[
    "accuracy",
    "classes",
    "training",
    "calibration",
    "robustness",
    "cost",
    "bases",
    "learning_curve",
    "features",
    "heatmaps",
    "activations",
    "filter_patterns",
    "seeing",
    "convolution",
    "layers",
    "architectures",
]
"""Where in the report, or in the lesson, a drawing stands."""

LISTING = "drawings.json"


@dataclass(frozen=True, kw_only=True)
class Words:
    """What is said of a figure."""

    title: str
    """A few words."""
    # In both texts below a line break and the indentation after it count as one blank.
    alt: str
    """What the figure shows, for those who cannot see it: one or two sentences."""
    caption: str
    """What to look for and how it was made."""
    section: Section
    method: Method | None = None
    """The method it is about; ``None`` when it compares."""

    def __post_init__(self) -> None:
        for name in ("alt", "caption"):
            object.__setattr__(self, name, re.sub(r"\n +", " ", getattr(self, name)))


@dataclass(frozen=True, kw_only=True)
class Drawing(Words):
    """A figure and its words."""

    name: str
    """Name of the file, without suffix; unique."""
    figure: Figure
    suffix: Literal["svg", "png", "jpg"] = "svg"
    """``svg`` for lines, ``jpg`` for photos, ``png`` for small pictures that must be exact."""


@dataclass(frozen=True, kw_only=True)
class Listed(Words):
    """A drawing that was written to a file."""

    file: str
    width: int
    """CSS pixels, 96 an inch."""
    height: int


@contextmanager
def styled() -> Iterator[None]:
    """The project's one look, for everything that is drawn within.

    Raises:
        PipelineError: no font has the letters of the language that is used.
    """
    with (
        as_file(files("dogs_vs_cats.visualization") / "dogs_vs_cats.mplstyle") as style,
        mpl.rc_context({"font.family": families()}, style),
        warnings.catch_warnings(),
    ):
        # No font for a name's letters: the alternative text has them, and a box stands for each.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


@contextmanager
def styled_figure(width: float, height: float) -> Iterator[Figure]:
    """A new figure of so many inches, :func:`styled` within."""
    with styled():
        yield Figure(figsize=(width, height))


def label(name: str, longest: int = 24) -> str:
    """A name of others, such as a class's, that Matplotlib shows letter by letter, and short.

    Args:
        name: any text; a pair of ``$`` is no formula.
        longest: characters, of which the middle ones give way to "…".
    """
    return shortened(printable(name), longest).replace("$", r"\$")


def image_figure(image: npt.NDArray[Any], width: float, **options: Any) -> Figure:
    """A picture as a figure so many inches wide, without axes or margin.

    Args:
        image: shape (height, width, 3), RGB, as ``Axes.imshow`` takes it.
        width: of the figure; its height follows.
        options: of ``Axes.imshow``.
    """
    with styled_figure(width, width * len(image) / image.shape[1]) as figure:
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.imshow(image, **options)
        axes.set_axis_off()
    return figure


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
    listed: list[dict[str, Any]] = []
    for drawing in drawings:
        file = f"{drawing.name}.{drawing.suffix}"
        if (folder / file).exists():
            raise ValueError(f"two drawings are called {drawing.name}")
        save_figure(drawing.figure, folder / file)
        words = {field.name: getattr(drawing, field.name) for field in fields(Words)}
        width, height = (round(96 * side) for side in drawing.figure.get_size_inches())
        listed.append({"file": file, **words, "width": width, "height": height})
    listing = json.dumps(listed, indent=2, ensure_ascii=False)
    (folder / LISTING).write_text(listing + "\n", encoding="utf-8")


def read_listing(folder: Path) -> list[Listed]:
    """The drawings that :func:`save_drawings` wrote, in its order."""
    return [Listed(**each) for each in json.loads((folder / LISTING).read_text(encoding="utf-8"))]
