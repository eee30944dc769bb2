"""``audit versions``: each data version, who used it, and whether anyone can still get it."""

import hashlib
import json
from collections import Counter
from typing import Any

from dogs_vs_cats.audit import tables
from dogs_vs_cats.audit.history import DataVersion, History
from dogs_vs_cats.audit.pictures import count, from_listings, from_manifest

Document = dict[str, Any]


def versions(history: History) -> Document:
    """Every data version in history, newest first.

    Returns:
        ``versions`` (see :func:`describe`; with ``revisions``, ``runs`` and ``bytes``) and
        ``notes``, ready for JSON.
    """
    versions = list(history.versions.values())
    states = stored(history, versions)
    runs: dict[str, list[dict[str, str]]] = {version.id: [] for version in versions}
    for run in history.runs:
        for version in history.versions_of_run(run):
            runs[version.id].append({"run": run.id, "method": run.method})
    return {
        "versions": [
            describe(history, version)
            | {
                "revisions": [
                    {"revision": r.name, "subject": r.subject} for r in version.revisions
                ],
                "runs": runs[version.id],
                "bytes": states[version.id],
            }
            for version in versions
        ],
        "notes": history.notes,
    }


def describe(history: History, version: DataVersion) -> Document:
    """A data version's own properties.

    Returns:
        ``version``, ``archive`` (``md5``, ``sha256``, ``bytes``), ``source``, ``settings``,
        ``pictures`` by split and class (by split alone where listings and manifest are lost) and
        ``validation`` (``success`` and ``failed``, or None if its result is not in git).
    """
    placed = from_listings(history.objects, version) or from_manifest(history.objects, version)
    totals = {name: recorded.files for name, recorded in version.splits.items()}
    counted = count(placed) if placed else totals
    return {
        "version": version.id,
        "archive": {
            "md5": version.archive.md5,
            "sha256": _archive_sha256(history, version),
            "bytes": version.archive.bytes,
        },
        "source": version.settings.get("data.source"),
        "settings": version.settings,
        "pictures": {split: counted.get(split, {}) for split in sorted(totals, key=_usual_order)},
        "validation": _validation(history, version),
    }


def stored(history: History, versions: list[DataVersion]) -> dict[str, Document]:
    """Where the bytes of data versions are: archive, manifest, splits and all their pictures.

    Returns:
        By version: ``state``, which is ``here`` (all in this machine's cache), ``remote`` (what is
        not here is in DVC's default remote), ``lost`` (some are in neither) or ``unknown`` (not all
        are here and the remote cannot be asked); ``missing``: contents that are not here.
    """
    objects = history.objects
    absent: dict[str, set[str]] = {}
    for version in versions:
        folders = list(version.splits.values())
        files = [version.archive, version.manifest, *([version.source] if version.source else [])]
        needed = {recorded.md5 for recorded in (*files, *folders)}
        for folder in folders:
            if folder.md5 in objects.here:
                needed |= set((objects.listing(folder) or {}).values())
        absent[version.id] = needed - objects.here
    in_remote = objects.in_remote(sorted(set().union(*absent.values())))

    def state(missing: set[str]) -> str:
        if not missing:
            return "here"
        if in_remote is None:
            return "lost" if objects.remote is None else "unknown"
        return "remote" if missing <= in_remote else "lost"

    return {key: {"state": state(m), "missing": len(m)} for key, m in absent.items()}


def render(document: Document) -> str:
    """The versions as a table."""
    found = document["versions"]
    if not found:
        text = "No revision records a data version yet. Run `dvc repro` and commit dvc.lock."
        return "\n".join([text, *tables.notes(document["notes"])])
    body = tables.table(
        (
            "version",
            "archive",
            "source",
            "split",
            "train/validation/test",
            "validation",
            "revisions",
            "runs",
            "bytes",
        ),
        [
            (
                version["version"],
                tables.short(version["archive"]["sha256"] or version["archive"]["md5"]),
                version["source"],
                split_line(version["settings"]),
                pictures_line(version["pictures"]),
                validation_line(version["validation"]),
                tables.some([str(tables.short(r["revision"])) for r in version["revisions"]], 2),
                runs_line(version["runs"]),
                bytes_line(version["bytes"]),
            )
            for version in found
        ],
    )
    return "\n".join([body, *tables.notes(document["notes"])])


def split_line(settings: Document) -> str:
    """How the pictures were chosen: ``first`` or ``random 7``."""
    strategy = str(settings.get("split.strategy"))
    return f"{strategy} {settings.get('split.seed')}" if strategy == "random" else strategy


def pictures_line(pictures: Document) -> str:
    """Pictures in each split: ``2000/1000/1000``."""
    totals = {
        split: sum(found.values()) if isinstance(found, dict) else found
        for split, found in pictures.items()
    }
    return "/".join(str(total) for total in totals.values())


def validation_line(validation: Document | None) -> str | None:
    """``passed``, or how many expectations failed."""
    if validation is None:
        return None
    return "passed" if validation["success"] else f"{validation['failed']} failed"


def runs_line(runs: list[dict[str, str]]) -> str | None:
    """How many runs, of how many methods."""
    if not runs:
        return None
    methods = Counter(run["method"] for run in runs)
    return f"{len(runs)} of {len(methods)} method{'s' if len(methods) > 1 else ''}"


def bytes_line(stored: Document) -> str:
    """Where the bytes are."""
    missing = stored["missing"]
    return f"{stored['state']} ({missing} not here)" if missing else str(stored["state"])


def _usual_order(split: str) -> tuple[int, str]:
    usual = ("train", "validation", "test")
    return (usual.index(split) if split in usual else len(usual), split)


def _archive_sha256(history: History, version: DataVersion) -> str | None:
    content = history.objects.read(version.source) if version.source else None
    found = json.loads(content).get("sha256") if content else None
    return str(found) if found else None


def _validation(history: History, version: DataVersion) -> Document | None:
    """The newest result for this version that git or the working tree still has."""
    path = history.layout.validation
    recorded = {}
    for revision in version.revisions:
        stage = revision.lock.maker(path)
        # A new split that was not validated yet leaves the old result.
        if stage and stage.deps.get(version.manifest.path) == version.manifest:
            recorded[revision.name] = stage.outs[path].md5
    files = history.read((r.name, path) for r in version.revisions if r.name in recorded)
    for (name, _), content in files.items():
        if hashlib.md5(content, usedforsecurity=False).hexdigest() == recorded[name]:
            result = json.loads(content)
            return {key: result.get(key) for key in ("success", "failed")}
    return None
