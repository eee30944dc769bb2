"""``audit check``: the working tree against ``dvc.lock``, the manifest and the runs."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import Any

from tqdm import tqdm

from dogs_vs_cats.audit import git, tables
from dogs_vs_cats.audit.history import History, current_stages
from dogs_vs_cats.audit.pictures import manifest_rows
from dogs_vs_cats.project.files import sha256
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.tracking.lineage import (
    Recorded,
    content_md5,
    file_md5,
    folder_md5,
    results_digest,
)

Document = dict[str, Any]

KINDS = {
    "leak": "a picture of one split stands in another",
    "swapped": "other bytes under a picture's name",
    "manifest": "the manifest was edited by hand",
    "unknown model": "a model file that no run made",
    "stale": "made of other results than those in dvc.lock",
    "modified": "not what dvc.lock records",
    "missing": "in dvc.lock, not here",
    "extra": "here, not in dvc.lock",
}
"""What can be found, the gravest first."""

_SHOWN = 20
# What a killed stage left, which the next run takes away, and what DVC itself may write.
_NO_OUTPUTS = (".partial-", ".gitignore")

_MANIFEST = Layout().manifest.as_posix()
_SPLITS = Layout().splits.as_posix()
_MODELS = Layout().models.as_posix()
_PAGE = (Layout().reports / "index.html").as_posix()


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
    findings: list[Finding] = []
    for group in (_pictures(tree), _manifest(tree), _models(tree), _report(tree), _others(tree)):
        # One check a file: those that tell most come first.
        named = {finding.path for finding in findings}
        findings += [finding for finding in group if finding.path not in named]
    order = list(KINDS)
    ordered = sorted(findings, key=lambda f: (order.index(f.kind), f.path, f.detail))
    return {
        "ok": not ordered,
        "files": len(tree.md5),
        "bytes": tree.bytes,
        "findings": [vars(finding) for finding in ordered],
        "notes": [*history.notes, *tree.advice],
    }


def render(document: Document) -> str:
    """The findings as a table, at most twenty of a kind."""
    looked_at = f"{document['files']} files, {document['bytes'] / 1e6:.1f} MB"
    if document["ok"]:
        text = f"{looked_at}: as dvc.lock and the manifest record them."
        return tables.text([text], document["notes"])
    rows: list[tuple[str, str, str]] = []
    counts = Counter(finding["kind"] for finding in document["findings"])
    for kind, number in counts.items():
        found = [finding for finding in document["findings"] if finding["kind"] == kind]
        rows += [(kind, finding["path"], finding["detail"]) for finding in found[:_SHOWN]]
        if number > _SHOWN:
            rows.append((kind, f"and {number - _SHOWN} more", "--json lists all"))
    total = counts.total()
    parts = [
        tables.table(("finding", "path", "detail"), rows),
        f"\n{total} finding{'' if total == 1 else 's'} in {looked_at}.",
        *(f"{kind}: {KINDS[kind]}" for kind in counts),
    ]
    return tables.text(parts, document["notes"])


class _Tree:
    """What lies in the working tree, and what should."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.root = history.root
        stages = current_stages(history.workspace.lock, Layout(self.root).pipeline)
        outs = [out for stage in stages for out in stage.outs.values()]
        self.outs = {out.path: out for out in outs}
        self.expected: dict[str, str] = {}
        """MD5 of each recorded file by path; of a folder's files only if the listing is known."""
        self.unlisted: list[Recorded] = []
        """Folders whose listing nobody has."""
        watched = {_SPLITS, _MODELS}
        for out in outs:
            if not out.is_folder:
                self.expected[out.path] = out.md5
                continue
            watched.add(out.path)
            if (listing := history.objects.listing(out)) is None:
                self.unlisted.append(out)
            else:
                self.expected |= {f"{out.path}/{path}": md5 for path, md5 in listing.items()}
        paths = {path for folder in watched for path in self._walk(folder)} | set(self.expected)
        # A link into a cache that has lost the file is no file.
        paths = {path for path in paths if (self.root / path).is_file()}
        sizes = {path: (self.root / path).stat().st_size for path in sorted(paths)}
        self.bytes = sum(sizes.values())
        self.md5 = dict.fromkeys(sizes, "")
        self.sha256: dict[str, str] = {}
        """Of pictures alone."""
        # The largest first: begun last, it would keep one thread busy alone.
        jobs = sorted(sizes, key=lambda path: sizes[path], reverse=True)
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            hashed = pool.map(self._hash, jobs)
            # Without a terminal there is no one to show progress to.
            list(tqdm(hashed, "hashing", len(jobs), unit="file", leave=False, disable=None))

    def is_right(self, path: str) -> bool:
        """Whether a file that is here is the one that is recorded."""
        return self.md5[path] == self.expected.get(path)

    def remedy(self, path: str, md5: str) -> str:
        """What brings back something that is missing."""
        if path in self._in_git:
            return f"`git restore {quote(path)}` brings it back"
        if md5 in self.history.objects.here:
            return "`dvc checkout` brings it back"
        if self._in_remote is None and self.history.objects.remote:
            return "`dvc pull` brings it back, if the remote has it"
        if md5 in (self._in_remote or ()):
            return "`dvc pull` brings it back"
        return "`dvc repro` makes it again"

    @property
    def advice(self) -> list[str]:
        """What can be done about all that is missing and cannot be had here."""
        objects = self.history.objects
        if objects.remote or not any(
            path not in self._in_git and md5 not in objects.here
            for path, md5 in self._missing.items()
        ):
            return []
        return [
            "Some of what is missing is neither in git nor in this machine's cache, and DVC has no"
            " default remote. `dvc repro` makes it again. Or, if a remote has it, name that with"
            " `dvc remote add --default NAME URL`, and `dvc pull` brings it."
        ]

    @cached_property
    def _missing(self) -> dict[str, str]:
        """MD5 of each file that is not here, and of each folder of which nothing is."""
        lost = {out.path: out.md5 for out in self.unlisted if not self.inside(out)}
        return {p: md5 for p, md5 in self.expected.items() if p not in self.md5} | lost

    @cached_property
    def _in_git(self) -> set[str]:
        """Those of the missing whose recorded content is that of the commit."""
        head = git.head(self.root)
        found = self.history.read_all((head, path) for path in self._missing) if head else {}
        return {path for (_, path), c in found.items() if content_md5(c) == self._missing[path]}

    @cached_property
    def _in_remote(self) -> frozenset[str] | None:
        """Those of the missing that the remote has; None if it cannot be asked."""
        return self.history.objects.in_remote(set(self._missing.values()))

    def inside(self, folder: Recorded) -> dict[str, str]:
        """MD5 of each file in a folder that is here, by its path in it."""
        start = f"{folder.path}/"
        return {p.removeprefix(start): m for p, m in self.md5.items() if p.startswith(start)}

    @cached_property
    def recorded_manifest(self) -> dict[str, dict[str, str]] | None:
        """Rows of the manifest as ``dvc.lock`` records it; None if it is lost."""
        recorded = self.outs.get(_MANIFEST)
        content = self.history.objects.read(recorded) if recorded else None
        return None if content is None else manifest_rows(content)

    @cached_property
    def manifest(self) -> dict[str, dict[str, str]]:
        """Rows of the manifest that lies here; nothing if there is none that can be read."""
        if _MANIFEST not in self.md5:
            return {}
        return manifest_rows((self.root / _MANIFEST).read_bytes()) or {}

    def _walk(self, folder: str) -> Iterator[str]:
        for where, _, names in os.walk(self.root / folder):
            relative = Path(where).relative_to(self.root).as_posix()
            yield from (f"{relative}/{n}" for n in names if not n.startswith(_NO_OUTPUTS))

    def _hash(self, path: str) -> None:
        self.md5[path] = file_md5(self.root / path)
        if _is_picture(path):
            self.sha256[path] = sha256(self.root / path)


def _is_picture(path: str) -> bool:
    return path.startswith(f"{_SPLITS}/")


def _split(picture: str) -> str:
    """The folder under that of all splits."""
    return picture.removeprefix(f"{_SPLITS}/").partition("/")[0]


def _pictures(tree: _Tree) -> Iterator[Finding]:
    """Leaks, and other bytes under a picture's name."""
    homes = {md5: path for path, md5 in tree.expected.items() if _is_picture(path)}
    listed = {
        row["sha256"]: f"{_SPLITS}/{file}"
        for rows in (tree.manifest, tree.recorded_manifest or {})
        for file, row in rows.items()
    }
    copies: dict[str, list[str]] = defaultdict(list)
    for path in filter(_is_picture, tree.md5):
        copies[tree.md5[path]].append(path)
    for path in filter(_is_picture, tree.md5):
        md5, split, right = tree.md5[path], _split(path), tree.is_right(path)
        home = homes.get(md5) or listed.get(tree.sha256[path])
        other = next((copy for copy in copies[md5] if _split(copy) != split), None)
        if not right and home and _split(home) != split:
            yield Finding("leak", path, f"has the bytes of {home}")
        elif other and (not right or tree.is_right(other)):
            # Of both, the one that stands where it was recorded is not to blame.
            yield Finding("leak", path, f"has the bytes of {other}")
        elif path in tree.expected and not right:
            whose = f"the bytes of {home}" if home else "bytes that dvc.lock does not know"
            yield Finding("swapped", path, f"has {whose}")


def _manifest(tree: _Tree) -> Iterator[Finding]:
    """A manifest that is not the recorded one, and its rows that are wrong."""
    if _MANIFEST not in tree.md5 or _MANIFEST not in tree.outs:
        return
    details = [] if tree.is_right(_MANIFEST) else [_edited(tree)]
    original = tree.recorded_manifest
    for file, row in tree.manifest.items():
        picture = f"{_SPLITS}/{file}"
        before = original.get(file) if original is not None else row
        if before is None:
            details.append(f"{file}: the row was added")
        elif row != before:
            changes = (f"{k}: {v} -> {row.get(k)}" for k, v in before.items() if v != row.get(k))
            details.append(f"{file}: {', '.join(changes)}")
        elif (
            # A picture that is not the recorded one is a finding of its own.
            picture in tree.sha256
            and tree.is_right(picture)
            and tree.sha256[picture] != row["sha256"]
        ):
            details.append(f"{file}: its sha256 is not the file's")
    if tree.manifest and original:
        removed = original.keys() - tree.manifest.keys()
        details += [f"{file}: the row was removed" for file in removed]
    yield from (Finding("manifest", _MANIFEST, detail) for detail in details)


def _edited(tree: _Tree) -> str:
    detail = f"md5 {tree.md5[_MANIFEST]}, dvc.lock has {tree.outs[_MANIFEST].md5}"
    if not tree.manifest:
        return f"{detail}; it cannot be read as a manifest"
    if tree.recorded_manifest is None:
        return f"{detail}; which rows changed cannot be told, as the recorded one is lost"
    if tree.manifest == tree.recorded_manifest:
        return f"{detail}; the rows are the same, in other order or form"
    return detail


def _models(tree: _Tree) -> Iterator[Finding]:
    """Files in the folder of models that are not the recorded ones, by who made them."""
    for path, md5 in tree.md5.items():
        if not path.startswith(f"{_MODELS}/") or tree.is_right(path):
            continue
        kind = "modified" if path in tree.expected else "extra"
        model = tree.history.models.get(md5)
        if runs := tree.history.runs_of_model(md5):
            yield Finding(kind, path, f"the {runs[0].method} of run {tables.short(runs[0].id)}")
        elif model:
            revision = tables.short(model.revisions[-1].name)
            yield Finding(kind, path, f"the {model.method} of revision {revision}")
        elif path.endswith(".keras"):
            yield Finding("unknown model", path, f"md5 {md5} is in no run and no dvc.lock")


def _report(tree: _Tree) -> Iterator[Finding]:
    """A report of other results: git and DVC keep none of its pages, so they restore none."""
    page = tree.root / _PAGE
    digest = results_digest(tree.history.workspace.lock)
    if page.is_file() and digest not in page.read_text(encoding="utf-8", errors="replace"):
        yield Finding("stale", _PAGE, "the whole report is: `dvc repro` draws it again")


def _others(tree: _Tree) -> Iterator[Finding]:
    """Modified, missing and extra files."""
    unlisted = tuple(f"{out.path}/" for out in tree.unlisted)
    for path, md5 in tree.expected.items():
        if path not in tree.md5:
            yield Finding("missing", path, tree.remedy(path, md5))
        elif tree.md5[path] != md5:
            yield Finding("modified", path, f"md5 {tree.md5[path]}, dvc.lock has {md5}")
    for path in tree.md5:
        if path not in tree.expected and not path.startswith(unlisted):
            yield Finding("extra", path, "nothing in dvc.lock made it")
    for out in tree.unlisted:
        # The MD5 of the listing that is lost still tells right from wrong.
        inside = tree.inside(out)
        if not inside:
            yield Finding("missing", out.path, tree.remedy(out.path, out.md5))
        elif folder_md5(inside) != out.md5:
            detail = "which files differ cannot be told, as DVC's listing is lost"
            yield Finding("modified", out.path, detail)
