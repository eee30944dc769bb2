"""What DVC keeps, by MD5: in the cache of this machine and in the default remote."""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.tracking.lineage import Recorded, file_md5

REMOTE_PATIENCE = 10.0
"""Seconds after which a remote that does not answer is given up."""

T = TypeVar("T")


class Objects:
    """Contents by MD5. Of a folder, the MD5 is that of its listing, and ``.dir``."""

    def __init__(self, root: Path) -> None:
        """Open the cache that DVC's configuration names.

        Raises:
            PipelineError: there is no DVC project at ``root``, or its configuration is damaged.
        """
        from dvc.config import Config, ConfigError

        folder = root / ".dvc"
        if not folder.is_dir():
            raise PipelineError(f"{root} is no DVC project. Run from the root of the project.")
        try:
            self.config: dict[str, Any] = Config(str(folder))
        except ConfigError as error:
            raise PipelineError(f"DVC's configuration cannot be used: {error}") from None
        self.cache = Path(self.config["cache"].get("dir") or folder / "cache")
        """Folder of the cache, as DVC's option ``cache.dir`` names it."""
        self.remote: str | None = self.config["core"].get("remote")
        """Name of the default remote, if there is one."""
        self.remote_failure: str | None = None
        """Why the remote could not be asked, once that has happened."""
        self._root = root
        self._folder = self.cache / "files" / "md5"
        self._read: dict[str, bytes | None] = {}

    @cached_property
    def here(self) -> frozenset[str]:
        """The MD5 of every content in the cache. That they are whole is not checked."""
        if not self._folder.is_dir():
            return frozenset()
        return frozenset(
            prefix.name + name
            for prefix in os.scandir(self._folder)
            if len(prefix.name) == 2 and prefix.is_dir()
            for name in os.listdir(prefix)  # noqa: PTH208 (names are enough, and many)
        )

    def cached_file(self, md5: str) -> Path | None:
        """A file in the cache, if it is there and whole."""
        path = self._folder / md5[:2] / md5[2:]
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
            self._read[recorded.md5] = next(
                (
                    content
                    for find in (self._from_cache, self._from_tree, self._from_remote)
                    if (content := find(recorded)) is not None
                    and _md5(content) == recorded.md5.removesuffix(".dir")
                ),
                None,
            )
        return self._read[recorded.md5]

    def listing(self, folder: Recorded) -> dict[str, str] | None:
        """MD5 of each file of a recorded folder by its path in it; None if nobody knows it."""
        content = self.read(folder)
        if content is None:
            return None
        return {entry["relpath"]: entry["md5"] for entry in json.loads(content)}

    def in_remote(self, md5s: Iterable[str]) -> frozenset[str] | None:
        """Which of these the remote holds; None if it cannot be asked or there is none.

        Of a folder only the listing is looked for: DVC pushes it after all of the folder's files.
        """
        wanted = list(md5s)
        if self.remote is None or not wanted:
            return None if self.remote is None else frozenset()
        # Of several names DVC finds out itself which way to ask costs least.
        return self._ask(lambda: frozenset(self._remote_database.oids_exist(wanted)))

    def _from_cache(self, recorded: Recorded) -> bytes | None:
        return _content(self._folder / recorded.md5[:2] / recorded.md5[2:])

    def _from_tree(self, recorded: Recorded) -> bytes | None:
        return _content(self._root / recorded.path)

    def _from_remote(self, recorded: Recorded) -> bytes | None:
        if self.remote is None:
            return None

        def fetch() -> bytes | None:
            database = self._remote_database
            try:
                return bytes(database.fs.cat_file(database.oid_to_path(recorded.md5)))
            except FileNotFoundError:
                return None

        return self._ask(fetch)

    @cached_property
    def _remote_database(self) -> Any:
        from dvc.fs import get_cloud_fs
        from dvc_data.hashfile.db import get_odb

        filesystem, settings, path = get_cloud_fs(self.config, name=self.remote)
        if settings.pop("worktree", False) or settings.get("version_aware"):
            raise PipelineError("remotes with cloud versioning keep no content by MD5")
        opened = filesystem(**settings)
        path = opened.join(path, "files", "md5")
        return get_odb(opened, path, hash_name="md5", **settings)  # type: ignore[no-untyped-call]

    def _ask(self, question: Callable[[], T]) -> T | None:
        """The remote's answer. Once it has failed, it is left alone."""
        if self.remote_failure is not None:
            return None
        answers: list[T] = []
        failures: list[BaseException] = []

        def run() -> None:
            try:
                answers.append(question())
            except Exception as error:  # of any of DVC's many kinds of remote
                failures.append(error)

        # A daemon: a connection that hangs must not keep the process from ending.
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(REMOTE_PATIENCE)
        if answers:
            return answers[0]
        reason = (str(failures[0]) or type(failures[0]).__name__) if failures else "no answer"
        self.remote_failure = f"The DVC remote {self.remote} cannot be asked: {reason}"
        return None


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
