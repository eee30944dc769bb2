"""``audit versions``: each data version, who used it, and whether anyone can still get it."""

import json
from typing import Any

from dogs_vs_cats.audit import tables
from dogs_vs_cats.audit.history import DataVersion, History
from dogs_vs_cats.audit.pictures import count, from_listings, from_manifest
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.comparison import RUN_NAME
from dogs_vs_cats.tracking.lineage import content_md5

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
        "pictures": {
            split: counted.get(split, {})
            for split in tables.in_order(totals, ("train", "validation", "test"))
        },
        "validation": _validation(history, version),
    }


def stored(history: History, versions: list[DataVersion]) -> dict[str, Document]:
    """Where the bytes of data versions are: archive, its description, manifest, names of the
    classes, splits and all their pictures.

    Returns:
        By version: ``state``, which is ``here`` (all in this machine's cache), ``remote`` (what is
        not here is in DVC's default remote), ``lost`` (some are in neither) or ``unknown`` (not all
        are here and the remote cannot be asked); ``missing``: contents that are not here.
    """
    objects = history.objects
    absent: dict[str, set[str]] = {}
    for version in versions:
        folders = version.splits.values()
        described = (version.manifest, version.classes, version.source)
        recorded = (version.archive, *described, *folders)
        needed = {each.md5 for each in recorded if each}
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
    if not document["versions"]:
        text = "No revision records a data version yet. Run `dvc repro` and commit dvc.lock."
        return tables.text([text], document["notes"])
    rows = []
    for version in document["versions"]:
        told = told_of(version)
        where = told.pop("bytes")
        rows.append(
            {
                **told,
                "archive": tables.short(told["archive"]),
                "revisions": tables.some_ids([r["revision"] for r in version["revisions"]], 2),
                "runs": _count_runs(version["runs"]),
                "bytes": where,
            }
        )
    return tables.text([tables.table(rows[0], [row.values() for row in rows])], document["notes"])


def told_of(version: Document) -> dict[str, str | None]:
    """What people are told of a data version, by title; see :func:`describe` and :func:`stored`."""
    settings, validation, stored = version["settings"], version["validation"], version["bytes"]
    strategy, missing = str(settings.get("split.strategy")), stored["missing"]
    # "auto" may be random too.
    seed = "" if strategy == "first" else f" {settings.get('split.seed')}"
    by_group = " by group" if settings.get("split.by") == "group" else ""
    totals = (
        sum(found.values()) if isinstance(found, dict) else found
        for found in version["pictures"].values()
    )
    result = validation and (
        "passed" if validation["success"] else f"{validation['failed']} failed"
    )
    return {
        "version": version["version"],
        "archive": version["archive"]["sha256"] or version["archive"]["md5"],
        "source": version["source"],
        "split": f"{strategy}{seed}{by_group}",
        "train/validation/test": "/".join(map(str, totals)),
        "validation": result,
        "bytes": f"{stored['state']} ({missing} not here)" if missing else stored["state"],
    }


def _count_runs(runs: list[dict[str, str]]) -> str | None:
    methods = [run["method"] for run in runs if run["method"] != RUN_NAME]
    comparisons, kinds = len(runs) - len(methods), len(set(methods))
    counted = [
        f"{len(methods)} of {kinds} method{'s' if kinds > 1 else ''}" if methods else "",
        f"{comparisons} comparison{'s' if comparisons > 1 else ''}" if comparisons else "",
    ]
    return ", ".join(filter(None, counted)) or None


def _archive_sha256(history: History, version: DataVersion) -> str | None:
    content = history.objects.read(version.source) if version.source else None
    found = json.loads(content).get("sha256") if content else None
    return str(found) if found else None


def _validation(history: History, version: DataVersion) -> Document | None:
    """The newest result for this version that git or the working tree still has."""
    path = (Layout().reports / "validation.json").as_posix()
    recorded = {}
    for revision in version.revisions:
        stage = revision.lock.maker(path)
        # A new split that was not validated yet leaves the old result.
        if stage and revision.lock.ran_with(stage, version.manifest):
            recorded[revision.name, path] = stage.outs[path].md5
    for at, content in history.read_all(recorded).items():
        if content_md5(content) == recorded[at]:
            result = json.loads(content)
            return {key: result.get(key) for key in ("success", "failed")}
    return None
