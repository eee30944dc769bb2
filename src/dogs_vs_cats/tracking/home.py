"""Where a local store lies, and where it says that its files are.

MLflow writes the places of artifacts down in full, so a copied project would share them with its
original, and a moved one lose them. Relative places are no way out (tried with MLflow 3.17):
``models:/`` addresses cannot be loaded, and a process in another folder writes into that one.
So they are held against the database's own folder whenever it is opened.
"""

import contextlib
import sqlite3
import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from dogs_vs_cats.project.errors import PipelineError

ARTIFACTS = "mlartifacts"
"""The folder of all artifacts, beside the database."""

_LOCATIONS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
_WAIT = 30
"""Seconds that another process may keep the database to itself."""


def bring_home(database: Path, experiment: str) -> None:
    """Let a store that was moved or copied as a whole mean the files that lie beside it.

    All places in the folder that it was made in, or last brought home to, are rewritten in one
    transaction, and a line on standard error says so. A store whose artifacts were put elsewhere
    on purpose, on another service for instance, is left as it is.

    Args:
        database: a file with MLflow's tables, in an absolute folder.
        experiment: name of the experiment whose place tells where the store was made.

    Raises:
        PipelineError: the database has come without the folder of its artifacts.
    """
    home = database.parent
    with contextlib.closing(sqlite3.connect(database, timeout=_WAIT)) as connection, connection:
        found = connection.execute(
            "SELECT artifact_location FROM experiments WHERE name = ?", (experiment,)
        ).fetchone()
        written = found[0] if found else ""
        old = local_path(written)
        if old is None or old.name != ARTIFACTS or _same(old.parent, home):
            return
        if old.exists() and not (home / ARTIFACTS).exists():
            raise PipelineError(
                f"MLflow's store {database} keeps its files in {old}, and not beside it. Copy that"
                f" folder to {home / ARTIFACTS} too; or, to begin a new store, remove {database}."
            )
        # As addresses, and as MLflow's own experiment has it, as a path.
        addresses = written.removesuffix("/").removesuffix(ARTIFACTS), f"{home.as_uri()}/"
        for before, after in (addresses, (f"{old.parent}/", f"{home}/")):
            for table, column in _LOCATIONS:
                connection.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?)"
                    f" WHERE substr({column}, 1, ?) = ?",
                    (after, len(before) + 1, len(before), before),
                )
    print(
        f"MLflow's store was made in {old.parent} and lies in {home} now: the places of its files"
        " were rewritten.",
        file=sys.stderr,
    )


def is_lost(location: str, name: str) -> bool:
    """Whether a file or folder should be on this machine and is not.

    Args:
        location: an artifact location; of what is kept elsewhere, nothing is said to be lost.
        name: of the file or folder in it, with ``/``.
    """
    folder = local_path(location)
    return folder is not None and not (folder / name).exists()


def local_path(location: str) -> Path | None:
    """The absolute path that an artifact location means; None if it is not on this machine."""
    address = urlsplit(location)
    if address.scheme == "file" and address.netloc in ("", "localhost"):
        return Path(url2pathname(address.path))
    return Path(location) if location.startswith("/") else None


def _same(one: Path, other: Path) -> bool:
    return one == other or (one.exists() and one.samefile(other))
