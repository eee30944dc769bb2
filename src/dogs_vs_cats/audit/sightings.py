"""``audit picture``: every data version and model that has seen a picture, and what they say."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dogs_vs_cats.audit import tables
from dogs_vs_cats.audit.history import DataVersion, History, TrainedModel
from dogs_vs_cats.audit.pictures import Placed, from_listings, from_manifest
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import sha256
from dogs_vs_cats.tracking.lineage import Recorded, file_md5

Document = dict[str, Any]

ROLES = {"train": "learned from it", "validation": "chosen by it", "test": "judged on it"}
"""What a model had to do with a picture, by the picture's split."""

_UNSEEN = "\nNo data version that could be searched has this picture."
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
    return {
        "sha256": digest,
        "seen": seen,
        "opinions": _opinions(history, _bytes(history, name, seen)) if predict else None,
        "not_searched": not_searched,
        "notes": notes,
    }


def render(document: Document) -> str:
    """Where the picture stands, then who saw it."""
    seen = document["seen"]
    parts = [f"sha256 {document['sha256']}", *(_seen(seen) if seen else (_UNSEEN,))]
    if document["opinions"] is not None:
        answers = [
            (each["method"], tables.short(each["md5"]), _line(each["says"]) or _NO_FILE)
            for each in document["opinions"]
        ]
        body = tables.table(("method", "model", "says"), answers) if answers else _NO_MODEL
        parts.append(tables.section("Asked now, the newest model of each method", body))
    return "\n".join([*parts, *tables.notes(document["notes"])])


def _seen(seen: list[Document]) -> Iterator[str]:
    yield tables.section(
        "Data versions",
        tables.table(
            ("version", "split", "class", "file", "revisions"),
            [
                (
                    place["version"],
                    place["split"],
                    place["class"],
                    place["file"],
                    tables.some([str(tables.short(r)) for r in place["revisions"]]),
                )
                for place in seen
            ],
        ),
    )
    rows = [
        (
            model["method"],
            tables.short(model["md5"]),
            place["version"],
            model["role"],
            tables.some([str(tables.short(run)) for run in model["runs"]]),
            _line(model["says"]),
        )
        for place in seen
        for model in place["models"]
    ]
    if rows:
        headers = ("method", "model", "data", "the model", "runs", "says")
        yield tables.section("Models", tables.table(headers, rows))
    else:
        yield "\nNo trained model has seen it."


def _line(says: Document | None) -> str | None:
    return f"{says['predicted']} ({says['probability']:.3f})" if says else None


def _opinions(history: History, picture: Path) -> list[Document]:
    from dogs_vs_cats.audit.opinions import opinions  # TensorFlow, only if asked for

    return opinions(history, picture)


def _bytes(history: History, name: str, seen: list[Document]) -> Path:
    """The picture itself: the file that was named, or one that some data version has kept."""
    if (path := Path(name)).is_file():
        return path
    for place in seen:
        folder = history.versions[place["version"]].splits[place["split"]]
        inner = place["file"].partition("/")[2]
        if md5 := (history.objects.listing(folder) or {}).get(inner):
            found = history.objects.file(Recorded(f"{folder.path}/{inner}", md5, 0, 1))
            if found:
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
    found = history.models_by_version[version.id]
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
    layout = history.layout
    for revision in model.revisions:
        stage = revision.lock.maker(layout.predictions)
        if (
            stage is None
            or stage.deps.get(model.file.path) != model.file
            or stage.deps.get(f"{layout.splits}/{place.split}") != version.splits[place.split]
        ):
            continue
        listing = history.objects.listing(stage.outs[layout.predictions]) or {}
        name = f"{model.method}.csv"
        if name not in listing:
            continue
        file = Recorded(f"{layout.predictions}/{name}", listing[name], 0, 1)
        row = _row(history.objects.read(file) or b"", place.file)
        if row:
            positive = float(row["probability"])
            probability = round(max(positive, 1 - positive), 6)
            return {"predicted": row["predicted"], "probability": probability}
    return None


def _row(table: bytes, file: str) -> dict[str, str] | None:
    start = table.find(f"\n{_as_cell(file)},".encode())
    if start < 0:
        return None
    header, line = table.partition(b"\n")[0], table[start + 1 :].partition(b"\n")[0]
    return next(csv.DictReader(io.StringIO(f"{header.decode()}\n{line.decode()}")))


def _as_cell(text: str) -> str:
    """In quotes where a comma or a quote asks for them."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([text])
    return line.getvalue()
