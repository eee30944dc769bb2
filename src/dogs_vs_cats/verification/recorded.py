"""The contents that ``dvc.lock`` records, wherever they still are."""

from dataclasses import dataclass, replace
from pathlib import Path

from dogs_vs_cats.audit.history import History
from dogs_vs_cats.tracking.lineage import Recorded, content_md5, file_md5
from dogs_vs_cats.verification.comparison import (
    IDENTICAL,
    Comparison,
    compare_files,
    compare_folders,
)

_LOST = Comparison(
    "different", detail="how far cannot be told: the recorded bytes are nowhere any more"
)


@dataclass(frozen=True)
class RecordedContents:
    """Finds what was recorded, and holds what was made now against it."""

    history: History
    revision: str
    """Whose git tree has the outputs that DVC does not keep."""
    clone: Path
    """Where that which was made now lies."""
    scratch: Path
    """A folder for what is no file of its own yet."""
    tolerance: float
    """See :func:`compare_files`."""

    def compare(self, out: Recorded, made: Recorded | None) -> Comparison:
        """What became of an output.

        Args:
            out: as it was recorded.
            made: as DVC recorded it now; None if it did not.
        """
        path = self.clone / out.path
        if made is None or not path.exists():
            return Comparison("missing")
        if made.md5 == out.md5:
            return IDENTICAL
        if path.is_dir() != out.md5.endswith(".dir"):
            return Comparison("different", detail="a file became a folder or a folder a file")
        if not path.is_dir():
            return self._compare_file(out)
        before = self.history.objects.listing(out)
        if before is None:
            return _LOST
        after = {
            file.relative_to(path).as_posix(): file_md5(file)
            for file in path.rglob("*")
            if file.is_file()
        }

        def compare(name: str) -> Comparison:
            inner = replace(out, path=f"{out.path}/{name}", md5=before[name], files=1)
            return self._compare_file(inner)

        return compare_folders(before, after, compare)

    def _compare_file(self, recorded: Recorded) -> Comparison:
        old, new = self._find(recorded), self.clone / recorded.path
        return compare_files(old, new, recorded.path, self.tolerance) if old else _LOST

    def _find(self, recorded: Recorded) -> Path | None:
        """A file with the recorded bytes: DVC's cache, else a copy from git or the remote."""
        objects = self.history.objects
        if cached := objects.cached_file(recorded.md5):
            return cached
        content = self.history.read(self.revision, recorded.path)
        if content is None or content_md5(content) != recorded.md5:
            content = objects.read(recorded)
        if content is None:
            return None
        copy = self.scratch / recorded.md5
        copy.write_bytes(content)
        return copy
