"""``audit check``: the working tree against ``dvc.lock``, the manifest and the runs."""

import hashlib
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dogs_vs_cats.audit import tables
from dogs_vs_cats.audit.history import History
from dogs_vs_cats.audit.pictures import manifest_rows
from dogs_vs_cats.tracking.lineage import Recorded, Stage, file_md5, stage_names

Document = dict[str, Any]

KINDS = {
    "leak": "a picture of one split stands in another",
    "swapped": "other bytes under a picture's name",
    "manifest": "the manifest was edited by hand",
    "unknown model": "a model file that no run made",
    "modified": "not what dvc.lock records",
    "missing": "in dvc.lock, not here",
    "extra": "here, not in dvc.lock",
}
"""What can be found, the gravest first."""

_BLOCK = 1 << 20
_SHOWN = 20
# What a killed stage left, which the next run takes away, and what DVC itself may write.
_NO_OUTPUTS = (".partial-", ".gitignore")


@dataclass(frozen=True)
class Digests:
    """Of a file's content, in hexadecimal."""

    md5: str
    sha256: str
    """Empty where nobody asked for it."""


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was recorded."""

    kind: str
    """One of :data:`KINDS`."""
    path: str
    """Relative to the project root."""
    detail: str


def check(history: History) -> Document:
    """Hash the working tree and hold it against what is recorded. Changes nothing.

    Looked at are all outputs in ``dvc.lock``, and whatever else lies in the folders of the splits
    and of the models. A picture that was encoded anew has other bytes: it counts as extra or
    swapped, not as a leak; the pipeline's validation looks for likeness.

    Returns:
        Ready for JSON: ``ok``, ``files`` and ``bytes`` (hashed), ``findings`` (a list of ``kind``,
        ``path`` and ``detail``, the gravest kind first, each kind by path) and ``notes``.

    Raises:
        PipelineError: there is no usable ``dvc.lock``.
    """
    tree = _Tree(history)
    checks = _pictures(tree), _manifest(tree), _models(tree), _others(tree)
    findings: list[Finding] = []
    for group in checks:
        # One check a file: those that tell most come first.
        named = {finding.path for finding in findings}
        findings += [finding for finding in group if finding.path not in named]
    order = list(KINDS)
    ordered = sorted(findings, key=lambda f: (order.index(f.kind), f.path, f.detail))
    return {
        "ok": not ordered,
        "files": len(tree.digests),
        "bytes": sum(tree.sizes.values()),
        "findings": [vars(finding) for finding in ordered],
        "notes": history.notes,
    }


def render(document: Document) -> str:
    """The findings as a table, at most twenty of a kind."""
    looked_at = f"{document['files']} files, {document['bytes'] / 1e6:.1f} MB"
    if document["ok"]:
        text = f"{looked_at}: as dvc.lock and the manifest record them."
        return "\n".join([text, *tables.notes(document["notes"])])
    rows: list[tuple[str, str, str]] = []
    counts = Counter(finding["kind"] for finding in document["findings"])
    for kind, number in counts.items():
        found = [finding for finding in document["findings"] if finding["kind"] == kind]
        rows += [(kind, finding["path"], finding["detail"]) for finding in found[:_SHOWN]]
        if number > _SHOWN:
            rows.append((kind, f"and {number - _SHOWN} more", "--json lists all"))
    total = len(document["findings"])
    return "\n".join(
        [
            tables.table(("finding", "path", "detail"), rows),
            f"\n{total} finding{'' if total == 1 else 's'} in {looked_at}.",
            *(f"{kind}: {KINDS[kind]}" for kind in counts),
            *tables.notes(document["notes"]),
        ]
    )


def hash_files(files: Iterable[tuple[Path, bool]]) -> dict[Path, Digests]:
    """Hash files with as many threads as this process has cores.

    Args:
        files: paths, and whether SHA-256 is wanted beside MD5.
    """
    # The largest first: begun last, it would keep one thread busy alone.
    jobs = sorted(files, key=lambda job: job[0].stat().st_size, reverse=True)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        hashed = pool.map(lambda job: _hash(*job), jobs)
        # Without a terminal there is no one to show progress to.
        shown = tqdm(hashed, "hashing", len(jobs), unit="file", leave=False, disable=None)
        return {path: digests for (path, _), digests in zip(jobs, shown, strict=True)}


def _hash(path: Path, with_sha256: bool) -> Digests:
    if not with_sha256:
        return Digests(file_md5(path), "")
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            md5.update(block)
            sha256.update(block)
    return Digests(md5.hexdigest(), sha256.hexdigest())


def _current_stages(history: History) -> list[Stage]:
    """Those of ``dvc.lock`` that ``dvc.yaml`` still has: DVC keeps the entries of others."""
    stages = history.workspace.lock.stages
    path = history.root / history.layout.pipeline
    if not path.exists():
        return list(stages.values())
    names = stage_names(path.read_bytes(), history.layout.pipeline)
    # The members of a foreach or matrix stage have its name, @ and their own.
    return [stage for name, stage in stages.items() if name.partition("@")[0] in names]


class _Tree:
    """What lies in the working tree, and what should."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.layout = history.layout
        self.root = history.root
        outs = [out for stage in _current_stages(history) for out in stage.outs.values()]
        self.outs: dict[str, Recorded] = {out.path: out for out in outs}
        self.expected: dict[str, str] = {}
        """MD5 of each recorded file by path; of a folder's files only if the listing is known."""
        self.unlisted: list[Recorded] = []
        """Folders whose listing nobody has."""
        for out in outs:
            if not out.md5.endswith(".dir"):
                self.expected[out.path] = out.md5
            elif (listing := history.objects.listing(out)) is None:
                self.unlisted.append(out)
            else:
                self.expected |= {f"{out.path}/{path}": md5 for path, md5 in listing.items()}
        folders = [out.path for out in outs if out.md5.endswith(".dir")]
        watched = (*folders, self.layout.splits, self.layout.models)
        found = {path for folder in watched for path in self._walk(folder)}
        # A link into a cache that has lost the file is no file.
        present = {path for path in found | set(self.expected) if (self.root / path).is_file()}
        self.sizes = {path: (self.root / path).stat().st_size for path in sorted(present)}
        hashed = hash_files((self.root / path, self.is_picture(path)) for path in self.sizes)
        self.digests = {path: hashed[self.root / path] for path in self.sizes}

    def is_picture(self, path: str) -> bool:
        return path.startswith(f"{self.layout.splits}/")

    def is_right(self, path: str) -> bool:
        """Whether a file that is here is the one that is recorded."""
        return self.digests[path].md5 == self.expected.get(path)

    def split_of_file(self, path: str) -> str:
        """Of a picture: the folder under that of all splits."""
        return path.removeprefix(f"{self.layout.splits}/").partition("/")[0]

    @cached_property
    def recorded_manifest(self) -> dict[str, dict[str, str]] | None:
        """Rows of the manifest as ``dvc.lock`` records it; None if it is lost."""
        recorded = self.outs.get(self.layout.manifest)
        content = self.history.objects.read(recorded) if recorded else None
        return None if content is None else _rows(content)

    @cached_property
    def manifest(self) -> dict[str, dict[str, str]]:
        """Rows of the manifest that lies here; nothing if there is none that can be read."""
        if self.layout.manifest in self.digests:
            if self.is_right(self.layout.manifest) and self.recorded_manifest is not None:
                return self.recorded_manifest
            return _rows((self.root / self.layout.manifest).read_bytes()) or {}
        return {}

    def _walk(self, folder: str) -> Iterator[str]:
        for where, _, names in os.walk(self.root / folder):
            relative = Path(where).relative_to(self.root).as_posix()
            yield from (f"{relative}/{n}" for n in names if not n.startswith(_NO_OUTPUTS))


def _rows(manifest: bytes) -> dict[str, dict[str, str]] | None:
    try:
        return manifest_rows(manifest)
    except ValueError:
        return None


def _pictures(tree: _Tree) -> Iterator[Finding]:
    """Leaks, and other bytes under a picture's name."""
    pictures = {path: d for path, d in tree.digests.items() if tree.is_picture(path)}
    homes: dict[str, str] = {md5: p for p, md5 in tree.expected.items() if tree.is_picture(p)}
    listed = {
        row["sha256"]: f"{tree.layout.splits}/{file}"
        for rows in (tree.manifest, tree.recorded_manifest or {})
        for file, row in rows.items()
    }
    copies: dict[str, list[str]] = defaultdict(list)
    for path, digests in pictures.items():
        copies[digests.md5].append(path)
    for path, digests in pictures.items():
        split = tree.split_of_file(path)
        home = homes.get(digests.md5) or listed.get(digests.sha256)
        right = tree.is_right(path)
        other = next((p for p in copies[digests.md5] if tree.split_of_file(p) != split), None)
        if not right and home and tree.split_of_file(home) != split:
            yield Finding("leak", path, f"has the bytes of {home}")
        elif other and (not right or tree.is_right(other)):
            # Of both, the one that stands where it was recorded is not to blame.
            yield Finding("leak", path, f"has the bytes of {other}")
        elif path in tree.expected and not right:
            whose = f"the bytes of {home}" if home else "bytes that dvc.lock does not know"
            yield Finding("swapped", path, f"has {whose}")


def _manifest(tree: _Tree) -> Iterator[Finding]:
    """A manifest that is not the recorded one, and its rows that are wrong."""
    path = tree.layout.manifest
    if path not in tree.digests or path not in tree.outs:
        return
    edited = not tree.is_right(path)
    if edited:
        yield Finding("manifest", path, _edited(tree))
    original = tree.recorded_manifest
    for file, row in tree.manifest.items():
        picture = f"{tree.layout.splits}/{file}"
        before = original.get(file) if original is not None else row
        if before is None:
            yield Finding("manifest", path, f"{file}: the row was added")
        elif row != before:
            changes = (f"{k}: {v} -> {row.get(k)}" for k, v in before.items() if v != row.get(k))
            yield Finding("manifest", path, f"{file}: {', '.join(changes)}")
        elif (
            # A picture that is not the recorded one is a finding of its own.
            picture in tree.digests
            and tree.is_right(picture)
            and tree.digests[picture].sha256 != row["sha256"]
        ):
            yield Finding("manifest", path, f"{file}: its sha256 is not the file's")
    if tree.manifest and original:
        for file in original.keys() - tree.manifest.keys():
            yield Finding("manifest", path, f"{file}: the row was removed")


def _edited(tree: _Tree) -> str:
    recorded = tree.outs[tree.layout.manifest].md5
    detail = f"md5 {tree.digests[tree.layout.manifest].md5}, dvc.lock has {recorded}"
    if not tree.manifest:
        return f"{detail}; it cannot be read as a manifest"
    if tree.recorded_manifest is None:
        return f"{detail}; which rows changed cannot be told, as the recorded one is lost"
    if tree.manifest == tree.recorded_manifest:
        return f"{detail}; the rows are the same, in other order or form"
    return detail


def _models(tree: _Tree) -> Iterator[Finding]:
    """Files in the folder of models that are not the recorded ones, by who made them."""
    history = tree.history
    for path, digests in tree.digests.items():
        if not path.startswith(f"{tree.layout.models}/") or tree.is_right(path):
            continue
        kind = "modified" if path in tree.expected else "extra"
        runs = history.runs_of_model(digests.md5)
        model = history.models.get(digests.md5)
        if runs:
            run = runs[0]
            yield Finding(kind, path, f"the {run.method} of run {tables.short(run.id)}")
        elif model:
            revision = tables.short(model.revisions[-1].name)
            yield Finding(kind, path, f"the {model.method} of revision {revision}")
        elif path.endswith(".keras"):
            yield Finding("unknown model", path, f"md5 {digests.md5} is in no run and no dvc.lock")


def _others(tree: _Tree) -> Iterator[Finding]:
    """Modified, missing and extra files."""
    unlisted = tuple(f"{out.path}/" for out in tree.unlisted)
    for path, md5 in tree.expected.items():
        if path not in tree.digests:
            yield Finding("missing", path, "`dvc checkout` or git restores it")
        elif tree.digests[path].md5 != md5:
            yield Finding("modified", path, f"md5 {tree.digests[path].md5}, dvc.lock has {md5}")
    for path in tree.digests:
        if path not in tree.expected and not path.startswith(unlisted):
            yield Finding("extra", path, "nothing in dvc.lock made it")
    for out in tree.unlisted:
        yield from _unlisted(tree, out)


def _unlisted(tree: _Tree, out: Recorded) -> Iterator[Finding]:
    """A folder whose listing is lost: the digest of the listing still tells right from wrong."""
    files = {
        path.removeprefix(f"{out.path}/"): digests.md5
        for path, digests in tree.digests.items()
        if path.startswith(f"{out.path}/")
    }
    if not files:
        yield Finding("missing", out.path, "`dvc pull` or `dvc repro` restores it")
    elif listing_md5(files) != out.md5:
        yield Finding(
            "modified", out.path, "which files differ cannot be told, as DVC's listing is lost"
        )


def listing_md5(files: dict[str, str]) -> str:
    """MD5 of a folder as DVC counts it: that of the JSON of its files, sorted, and ``.dir``.

    Args:
        files: MD5 by path in the folder.
    """
    listing = [{"md5": files[path], "relpath": path} for path in sorted(files)]
    return hashlib.md5(json.dumps(listing).encode(), usedforsecurity=False).hexdigest() + ".dir"
