"""The report as one HTML file that needs nothing but itself.

Scripts, styles and pictures are inside. The page's own policy allows only those: what a hostile
file name might bring would not run, even if it were not escaped.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dogs_vs_cats.evaluation.words import display_name, listed, points
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting import tables, wording
from dogs_vs_cats.reporting.results import Results
from dogs_vs_cats.reporting.verdict import verdict
from dogs_vs_cats.visualization.drawing import COLOURS, Drawing, Listed

MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg"}

# Matches dogs_vs_cats.evaluation.metrics.DECISION_THRESHOLD, whose module imports TensorFlow.
DECISION_THRESHOLD = 0.5


@dataclass(frozen=True)
class Illustration:
    """A picture inside the page, with its words."""

    uri: str
    """``data:`` URI of the whole file."""
    width: int
    height: int
    """CSS pixels."""
    title: str
    alt: str
    caption: str


@dataclass(frozen=True)
class Judgement:
    """What a method says about a picture."""

    method: Method
    predicted: str
    probability: float
    """Of the predicted class."""
    right: bool
    marked: bool
    """Whether the picture is shown because of this method."""


@dataclass(frozen=True)
class Exhibit:
    """A test picture with what is said about it."""

    file: str
    actual: str
    uri: str | None
    """``None`` where there is no thumbnail."""
    width: int
    height: int
    judgements: tuple[Judgement, ...] = ()
    suggested: str | None = None
    """The class that a label error should perhaps have."""
    probability: float | None = None
    """Of the given label, where another is suggested."""


@dataclass(frozen=True)
class Gallery:
    """Exhibits of one kind."""

    title: str
    note: str
    exhibits: tuple[Exhibit, ...]


def index_page(
    results: Results,
    classes: tuple[str, str],
    findings: Sequence[str],
    weaknesses: Sequence[str],
    pareto: Illustration | None,
) -> str:
    """The report.

    Args:
        results: all its numbers.
        classes: names of the negative and the positive class.
        findings: sentences on which differences the data support.
        weaknesses: sentences on what harms which method first.
        pareto: accuracy against training time; ``None`` where no time is known.
    """
    return _render(
        "index.html",
        results=results,
        classes=classes,
        verdict=verdict(results.evaluation, results.significance, results.timings),
        comparison=tables.comparison(results),
        pairs=tables.pairs(results.significance),
        findings=findings,
        weaknesses=weaknesses,
        robustness=tables.robustness(results.robustness),
        robustness_interval=tables.widest_interval(results.robustness),
        robustness_pictures=int(results.robustness["pictures"].max()),
        typicality=tables.typicality(results.typicality),
        seeds=tables.seeds(results.seeds),
        pareto=pareto,
        drawings=_by_section(results.drawings, results.figures),
        galleries=_galleries(results, classes),
        untimed=[method for method in METHODS if method not in results.timings],
        devices=_devices(results.timings),
    )


def convolution_page(drawings: Iterable[Listed], figures: Path) -> str:
    """The page that computes convolution itself, step by step."""
    return _render(
        "convolution.html", drawings=_by_section(drawings, figures).get("convolution", [])
    )


def illustration(listed: Listed, folder: Path) -> Illustration:
    """A drawing that lies in ``folder``, as the page holds it."""
    return Illustration(
        uri=_data_uri(folder / listed.file),
        width=listed.width,
        height=listed.height,
        title=listed.title,
        alt=listed.alt,
        caption=listed.caption,
    )


def illustration_of(drawing: Drawing, path: Path) -> Illustration:
    """A drawing that was saved to ``path``, as the page holds it."""
    width, height = drawing.figure.get_size_inches()
    return Illustration(
        uri=_data_uri(path),
        width=round(96 * width),
        height=round(96 * height),
        title=drawing.title,
        alt=drawing.alt,
        caption=drawing.caption,
    )


def _data_uri(path: Path) -> str:
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{MEDIA_TYPES[path.suffix.removeprefix('.')]};base64,{content}"


def _by_section(drawings: Iterable[Listed], figures: Path) -> dict[str, list[Illustration]]:
    sections: dict[str, list[Illustration]] = {}
    for drawing in drawings:
        # Two charts of accuracy belong beside the words of their own sections.
        section = {"significance.svg": "differences", "seeds.svg": "seeds"}.get(
            drawing.file, drawing.section
        )
        sections.setdefault(section, []).append(illustration(drawing, figures))
    return sections


def _galleries(results: Results, classes: tuple[str, str]) -> list[Gallery]:
    kinds = {
        "most_wrong": (
            "Wrong for most methods",
            "More than half of the methods put these pictures into the wrong class.",
        ),
        "only_one_right": (
            "Right for one method alone",
            "All methods but the marked one put these pictures into the wrong class.",
        ),
        "most_confident": (
            "The most confident mistakes",
            "The mistakes that methods are surest of; the method that is surest is marked.",
        ),
        "label_errors": (
            "Suspected label errors",
            "Pictures whose label a model of VGG16's features, trained on the other pictures,"
            " finds improbable. Some are wrong labels, some only hard: a person must look.",
        ),
    }
    return [
        Gallery(
            title,
            note,
            tuple(
                _exhibit(item, results.figures, classes) for item in results.errors.get(kind, [])
            ),
        )
        for kind, (title, note) in kinds.items()
    ]


def _exhibit(item: Mapping[str, Any], figures: Path, classes: tuple[str, str]) -> Exhibit:
    thumbnails = figures / "thumbnails"
    path = thumbnails / item["file"]
    uri, width, height = None, 0, 0
    # The name came with the archive: it must not lead to a file elsewhere.
    if path.resolve().is_relative_to(thumbnails.resolve()) and path.is_file():
        from PIL import Image

        with Image.open(path) as picture:
            width, height = picture.size
            media_type = Image.MIME[picture.format or "JPEG"]
        content = base64.b64encode(path.read_bytes()).decode("ascii")
        uri = f"data:{media_type};base64,{content}"
    probabilities = item.get("probabilities", {})
    return Exhibit(
        file=item["file"],
        actual=item["actual"],
        uri=uri,
        width=width,
        height=height,
        judgements=tuple(
            _judgement(method, item, classes) for method in METHODS if method in probabilities
        ),
        suggested=item.get("suggested"),
        probability=item.get("probability"),
    )


def _judgement(method: Method, item: Mapping[str, Any], classes: tuple[str, str]) -> Judgement:
    positive = item["probabilities"][method]
    predicted = classes[positive > DECISION_THRESHOLD]
    return Judgement(
        method=method,
        predicted=predicted,
        probability=positive if predicted == classes[1] else 1 - positive,
        right=predicted == item["actual"],
        marked=method == item.get("method"),
    )


def _devices(timings: Mapping[Method, Mapping[str, Any]]) -> list[str]:
    """The devices that the methods were trained on, each once."""
    named = [f"{each['device']} ({each['precision']})" for each in timings.values()]
    return list(dict.fromkeys(named))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dogs_vs_cats.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (
        wording.count,
        listed,
        display_name,
        wording.number_word,
        wording.percent,
        points,
        wording.seconds,
        wording.sentence,
        wording.unbroken,
    ):
        environment.filters[function.__name__] = function
    return environment


def _render(template: str, **values: Any) -> str:
    environment = _environment()
    style, script = (_inline(environment, name) for name in ("page.css", "page.js"))
    return environment.get_template(template).render(
        style=style,
        script=script,
        # A hash admits exactly this text: no other style or script runs.
        policy=(
            "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none';"
            f" style-src {_hash(style)}; script-src {_hash(script)}"
        ),
        **values,
    )


def _inline(environment: Environment, name: str) -> Markup:
    """A style or script of ours, as it stands in the page."""
    # Not for a reader's eyes, and nothing in it comes from data but the project's own colours.
    return Markup(environment.get_template(name).render(colours=COLOURS))


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
