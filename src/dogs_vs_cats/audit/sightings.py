"""``audit picture``: every data version and model that has seen a picture, and what they say."""

import csv
import io
import re
from pathlib import Path
from typing import Any

from dogs_vs_cats.audit import tables
from dogs_vs_cats.audit.history import DataVersion, History, TrainedModel
from dogs_vs_cats.audit.pictures import Placed, from_listings, from_manifest
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import sha256
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.lineage import file_md5

Document = dict[str, Any]

ROLES = {"train": "learned from it", "validation": "chosen by it", "test": "judged on it"}
"""What a model had to do with a picture, by the picture's split."""

_PLACE = ("version", "split", "class", "file")
_NO_MODEL = "No dvc.lock records a model."
_NO_FILE = "- (its file is neither here nor in the cache)"


def sightings(history: History, name: str, *, predict: bool = False) -> Document:
    """Find a picture in all of history.

    Args:
        history: of the project.
        name: path of a file, or 64 hexadecimal digits.
        predict: ask the models too, which takes seconds.

    Returns:
        Ready for JSON: ``sha256``, ``seen`` (a list of ``version``, ``split``, ``class``, ``file``,
        ``revisions`` and ``models``, of which each has ``method``, ``md5``, ``role``, ``runs`` and
        ``says``: the recorded ``predicted`` and ``probability`` of that class, or None),
        ``opinions`` (see :func:`dogs_vs_cats.audit.opinions.opinions`; None if not asked for),
        ``not_searched`` (data versions whose manifest and listings are lost) and ``notes``.

    Raises:
        PipelineError: the name is neither; or the models are asked, and a model or the picture
            cannot be read.
    """
    digest, md5 = _digests(name)
    seen: list[Document] = []
    not_searched = []
    for version in history.versions.values():
        places = _places(history, version, digest, md5)
        if places is None:
            not_searched.append(version.id)
            continue
        models = _models(history, version) if places else []
        seen += [
            {
                "version": version.id,
                "split": place.split,
                "class": place.label,
                "file": place.file,
                "revisions": [revision.name for revision in version.revisions],
                "models": [_seen_by(history, version, model, place) for model in models],
            }
            for place in places
        ]
    notes = list(history.notes)
    if not_searched:
        notes.append(
            f"Not searched, as neither their manifests nor their listings can be had: data versions"
            f" {', '.join(not_searched)}. The picture may stand in them."
        )
    said = [model["says"] for place in seen for model in place["models"]]
    if said and not any(said) and not predict:
        notes.append(
            "What these models say of it is not recorded, as of a test picture it would be."
            " `--predict` asks the newest model of each method."
        )
    asked = None
    if predict:
        from dogs_vs_cats.audit.opinions import opinions  # TensorFlow, only if asked for

        asked = opinions(history, _bytes(history, name, seen))
    return {
        "sha256": digest,
        "seen": seen,
        "opinions": asked,
        "not_searched": not_searched,
        "notes": notes,
    }


def render(document: Document) -> str:
    """Where the picture stands, then who saw it."""
    parts = [f"sha256 {document['sha256']}", *_seen(document["seen"])]
    if document["opinions"] is not None:
        answers = [
            (each["method"], tables.short(each["md5"]), _line(each["says"]) or _NO_FILE)
            for each in document["opinions"]
        ]
        body = tables.table(("method", "model", "says"), answers) if answers else _NO_MODEL
        parts.append(tables.section("Asked now, the newest model of each method", body))
    return tables.text(parts, document["notes"])


def _seen(seen: list[Document]) -> list[str]:
    if not seen:
        return ["\nNo data version that could be searched has this picture."]
    versions = [
        (*(place[key] for key in _PLACE), tables.some_ids(place["revisions"])) for place in seen
    ]
    models = [
        (
            model["method"],
            tables.short(model["md5"]),
            place["version"],
            model["role"],
            tables.some_ids(model["runs"]),
            _line(model["says"]),
        )
        for place in seen
        for model in place["models"]
    ]
    headers = ("method", "model", "data", "the model", "runs", "says")
    return [
        tables.section("Data versions", tables.table((*_PLACE, "revisions"), versions)),
        tables.section("Models", tables.table(headers, models))
        if models
        else "\nNo trained model has seen it.",
    ]


def _line(says: Document | None) -> str | None:
    return f"{says['predicted']} ({says['probability']:.3f})" if says else None


def _bytes(history: History, name: str, seen: list[Document]) -> Path:
    """The picture itself: the file that was named, or one that some data version has kept."""
    if (path := Path(name)).is_file():
        return path
    for place in seen:
        folder = history.versions[place["version"]].splits[place["split"]]
        recorded = history.objects.file_in(folder, place["file"].partition("/")[2])
        if recorded and (found := history.objects.file(recorded)):
            return found
    raise PipelineError(
        f"The picture {name} is neither in the working tree nor in the cache, so no model can look"
        " at it. Give its file, or bring it with `dvc pull`."
    )


def _digests(name: str) -> tuple[str, str | None]:
    path = Path(name)
    if path.is_file():
        return sha256(path), file_md5(path)
    if re.fullmatch(r"[0-9a-fA-F]{64}", name):
        return name.lower(), None
    raise PipelineError(f"{name} is neither a file nor a SHA-256 (64 hexadecimal digits).")


def _places(
    history: History, version: DataVersion, digest: str, md5: str | None
) -> list[Placed] | None:
    """Where a version has the picture; None if that cannot be told."""
    placed = from_manifest(history.objects, version, digest)
    if placed is not None:
        return placed
    listed = from_listings(history.objects, version) if md5 else None
    return None if listed is None else [place for place in listed if place.digest == md5]


def _models(history: History, version: DataVersion) -> list[TrainedModel]:
    """Those that followed from a version's pictures, newest first of each method."""
    order: dict[str, int] = {method: index for index, method in enumerate(METHODS)}
    found = [model for model in history.models.values() if version.has(model.splits)]
    return sorted(found, key=lambda model: order.get(model.method, len(order)))


def _seen_by(
    history: History, version: DataVersion, model: TrainedModel, place: Placed
) -> Document:
    return {
        "method": model.method,
        "md5": model.file.md5,
        "role": ROLES.get(place.split, f"stood in {place.split}"),
        "runs": [run.id for run in history.runs_of_model(model.file.md5)],
        "says": _says(history, version, model, place),
    }


def _says(
    history: History, version: DataVersion, model: TrainedModel, place: Placed
) -> Document | None:
    """The model's recorded prediction of this very picture; of test pictures there is one."""
    folder = (Layout().reports / "predictions").as_posix()
    for revision in model.revisions:
        lock = revision.lock
        stage = lock.maker(folder)
        if (
            stage is None
            or not lock.ran_with(stage, model.file)
            or not lock.ran_with(stage, version.splits[place.split])
        ):
            continue
        file = history.objects.file_in(stage.outs[folder], f"{model.method}.csv")
        table = history.objects.read(file) if file else None
        rows = csv.DictReader(io.StringIO((table or b"").decode()))
        if row := next((row for row in rows if row["file"] == place.file), None):
            probability = row.get(f"probability_{row['predicted']}")  # not in tables of long ago
            if probability is not None:
                return {"predicted": row["predicted"], "probability": round(float(probability), 6)}
    return None
