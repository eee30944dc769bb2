"""What DVC keeps, by MD5: in the cache of this machine and in the default remote.

Relied on is what DVC documents: its commands, that cache and remotes keep a content of MD5
``aabb…`` as ``files/md5/aa/bb…``, and that a folder's is a ``.dir`` with the JSON list of its
files, each with ``md5`` and ``relpath``. :attr:`Objects._remote_database` alone goes beyond it.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from glob import iglob
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.lineage import Recorded, content_md5, file_md5

REMOTE_PATIENCE = 10.0
"""Seconds after which a remote that does not answer is given up."""

_CONTENTS = "files/md5"

T = TypeVar("T")


def dvc(folder: Path, *arguments: str) -> str:
    """Run DVC in a folder.

    Returns:
        What it wrote on standard output.

    Raises:
        PipelineError: with what DVC says.
    """
    command = (sys.executable, "-m", "dvc", "--cd", str(folder), *arguments)
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise PipelineError(ended.stderr.strip() or "DVC failed")
    return ended.stdout


def configuration(folder: Path) -> dict[str, str]:
    """DVC's options in a project by full name, such as ``cache.dir``; all paths are absolute.

    Raises:
        PipelineError: the configuration is damaged.
    """
    try:
        listed = dvc(folder, "config", "--list")
    except PipelineError as error:
        reason = str(error).splitlines()[0].removeprefix("ERROR: ")
        raise PipelineError(f"DVC's configuration cannot be used: {reason}") from None
    # Level by level: of an option that is given twice, the later wins.
    return {name: value for name, _, value in (line.partition("=") for line in listed.splitlines())}


def is_inside(path: str) -> bool:
    """Whether a relative path, with ``/``, names something below the folder that it starts from."""
    parts = PurePosixPath(path).parts
    return bool(parts) and parts[0] != "/" and ".." not in parts


class Objects:
    """Contents by MD5. Of a folder, the MD5 is that of its listing, and ``.dir``."""

    def __init__(self, root: Path) -> None:
        """Open the cache that DVC's configuration names.

        Raises:
            PipelineError: there is no DVC project at ``root``, or its configuration is damaged.
        """
        if not (root / ".dvc").is_dir():
            raise PipelineError(f"{root} is no DVC project. Run from the root of the project.")
        config = configuration(root)
        self.options = config
        """All of DVC's options by full name; paths are absolute."""
        self.cache = Path(config.get("cache.dir", root / ".dvc/cache"))
        """Folder of the cache, as DVC's option ``cache.dir`` names it."""
        self.remote = config.get("core.remote")
        """Name of the default remote, if there is one."""
        self.remotes: dict[str, dict[str, str]] = {}
        """Options of each remote, by its name."""
        for name, value in config.items():
            if name.startswith("remote."):
                remote, _, option = name.removeprefix("remote.").rpartition(".")
                self.remotes.setdefault(remote, {})[option] = value
        self.remote_failure: str | None = None
        """Why the remote could not be asked, once that has happened."""
        self._root = root
        self._read: dict[str, bytes | None] = {}

    @cached_property
    def here(self) -> frozenset[str]:
        """The MD5 of every content in the cache. That they are whole is not checked."""
        names = iglob("??/*", root_dir=self.cache / _CONTENTS)  # noqa: PTH207 (they are many)
        return frozenset(name.replace("/", "") for name in names)

    def cached_file(self, md5: str) -> Path | None:
        """A file in the cache, if it is there and whole."""
        path = self._place(md5)
        return path if path.is_file() and file_md5(path) == md5 else None

    def file(self, recorded: Recorded) -> Path | None:
        """A recorded file that lies whole in the cache or the working tree; it may have any name.

        Unlike :meth:`read`, for files of any size.
        """
        path = self._root / recorded.path
        if path.is_file() and file_md5(path) == recorded.md5:
            return path
        return self.cached_file(recorded.md5)

    def read(self, recorded: Recorded) -> bytes | None:
        """A recorded file's content, or a folder's listing; None if it is nowhere.

        Looks into the cache, the working tree and the remote, in this order. What is not what its
        MD5 says counts as not there.
        """
        if recorded.md5 not in self._read:
            wanted = recorded.md5.removesuffix(".dir")
            found = (c for c in self._contents(recorded) if c is not None)
            self._read[recorded.md5] = next((c for c in found if content_md5(c) == wanted), None)
        return self._read[recorded.md5]

    def listing(self, folder: Recorded) -> dict[str, str] | None:
        """MD5 of each file of a recorded folder by its path in it; None if nobody knows it.

        Raises:
            PipelineError: a path leads out of the folder. DVC would follow it.
        """
        content = self.read(folder)
        if content is None:
            return None
        found = {entry["relpath"]: entry["md5"] for entry in json.loads(content)}
        for name in found:
            if not is_inside(name):
                raise PipelineError(
                    f"The listing of {folder.path} (MD5 {folder.md5}) has {name!r}, which is out of"
                    " that folder. DVC did not make it: use no revision that records it."
                )
        return found

    def file_in(self, folder: Recorded, name: str) -> Recorded | None:
        """A file of a recorded folder by its path in it; None if nobody knows that it is there."""
        md5 = (self.listing(folder) or {}).get(name)
        return Recorded(f"{folder.path}/{name}", md5, 0, 1) if md5 else None

    def in_remote(self, md5s: Iterable[str]) -> frozenset[str] | None:
        """Which of these the remote holds; None if it cannot be asked or there is none.

        Of a folder only the listing is looked for: DVC pushes it after all of the folder's files.
        """
        wanted = list(md5s)
        if self.remote is None or not wanted:
            return None if self.remote is None else frozenset()
        # Of several names DVC finds out itself which way to ask costs least.
        return self._ask(lambda: frozenset(self._remote_database.oids_exist(wanted)))

    def _contents(self, recorded: Recorded) -> Iterator[bytes | None]:
        yield _content(self._place(recorded.md5))
        yield _content(self._root / recorded.path)
        yield self._from_remote(recorded.md5)

    def _place(self, md5: str) -> Path:
        return self.cache / _CONTENTS / md5[:2] / md5[2:]

    def _from_remote(self, md5: str) -> bytes | None:
        if self.remote is None:
            return None

        def fetch() -> bytes | None:
            database = self._remote_database
            try:
                return bytes(database.fs.cat_file(database.oid_to_path(md5)))
            except FileNotFoundError:
                return None

        return self._ask(fetch)

    @cached_property
    def _remote_database(self) -> Any:
        # Internal to DVC: its commands and dvc.api bring what they read into the cache, and ask for
        # the outputs of one revision a process.
        from dvc.fs import get_cloud_fs
        from dvc_data.hashfile.db import get_odb

        filesystem, settings, path = get_cloud_fs({"remote": self.remotes}, name=self.remote)
        if settings.pop("worktree", False) or settings.get("version_aware"):
            raise PipelineError("remotes with cloud versioning keep no content by MD5")
        opened = filesystem(**settings)
        path = opened.join(path, *_CONTENTS.split("/"))
        return get_odb(opened, path, hash_name="md5", **settings)  # type: ignore[no-untyped-call]

    def _ask(self, question: Callable[[], T]) -> T | None:
        """The remote's answer. Once it has failed, it is left alone."""
        if self.remote_failure is not None:
            return None
        outcome: list[tuple[T | None, str | None]] = [(None, "no answer")]

        def run() -> None:
            try:
                outcome.append((question(), None))
            except Exception as error:  # of any of DVC's many kinds of remote
                outcome.append((None, str(error) or type(error).__name__))

        # A daemon: a connection that hangs must not keep the process from ending.
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(REMOTE_PATIENCE)
        answer, failure = outcome[-1]
        if failure:
            self.remote_failure = f"The DVC remote {self.remote} cannot be asked: {failure}"
        return answer


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
