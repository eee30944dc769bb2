"""The pictures of the section on errors, each with what is said about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dogs_vs_cats.language.catalogue import gettext as _
from dogs_vs_cats.language.catalogue import mark
from dogs_vs_cats.methods import METHODS, Method
from dogs_vs_cats.reporting.inline import Inlined, inlined_photo

KINDS = {
    "most_wrong": (
        mark("Wrong for most methods"),
        mark("More than half of the methods put these pictures into the wrong class."),
    ),
    "only_one_right": (
        mark("Right for one method alone"),
        mark("All methods but the marked one put these pictures into the wrong class."),
    ),
    "most_confident": (
        mark("The most confident mistakes"),
        mark("The mistakes that methods are surest of; the method that is surest is marked."),
    ),
    "label_errors": (
        mark("Suspected label errors"),
        mark(
            "Pictures whose label a model of the base's features, trained on the other pictures,"
            " finds improbable. Some are wrong labels, some only hard: a person must look."
        ),
    ),
}
"""Key of ``errors.json`` to a gallery's title and note."""


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
    """A picture with what is said about it."""

    item: Mapping[str, Any]
    """As ``errors.json`` has it."""
    thumbnail: Inlined | None
    judgements: Sequence[Judgement]


@dataclass(frozen=True)
class Gallery:
    """Exhibits of one kind."""

    title: str
    note: str
    exhibits: Sequence[Exhibit]


def galleries(errors: Mapping[str, Sequence[Mapping[str, Any]]], thumbnails: Path) -> list[Gallery]:
    """A gallery for each of :data:`KINDS`.

    Args:
        errors: kind to items (see :mod:`dogs_vs_cats.evaluation.errors` and ``label_errors``).
        thumbnails: folder of small pictures, by the items' file names; some may be missing.
    """
    return [
        Gallery(_(title), _(note), [_exhibit(item, thumbnails) for item in errors.get(kind, [])])
        for kind, (title, note) in KINDS.items()
    ]


def _exhibit(item: Mapping[str, Any], thumbnails: Path) -> Exhibit:
    path = thumbnails / item["file"]
    # The name came with the archive: it must not lead to a file elsewhere.
    safe = path.resolve().is_relative_to(thumbnails.resolve()) and path.is_file()
    judging = [method for method in METHODS if method in item.get("answers", {})]
    return Exhibit(
        item,
        inlined_photo(path) if safe else None,
        [_judgement(method, item) for method in judging],
    )


def _judgement(method: Method, item: Mapping[str, Any]) -> Judgement:
    answer = item["answers"][method]
    return Judgement(
        method=method,
        predicted=answer["class"],
        probability=answer["probability"],
        right=method not in item["wrong"],
        marked=method == item.get("method"),
    )
