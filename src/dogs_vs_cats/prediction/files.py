"""Which files a user means, which are left out, and why some of them are no pictures."""

import glob
import os
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from dogs_vs_cats.data.reading.decoding import FORMATS, UnreadableError, upright
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.text import printable

SUFFIXES = frozenset(
    suffix
    for suffix, name in Image.registered_extensions().items()
    if name in (*FORMATS, "MPO")  # a JPEG of several pictures
)
"""Of what :func:`dogs_vs_cats.data.reading.decoding.upright` reads here; in lower case."""
_UNREAD = "picture format not read"
_UNREAD_SUFFIXES = {
    **dict.fromkeys((".heic", ".heif", ".hif"), f"{_UNREAD} without the extra heic"),
    **dict.fromkeys(
        (
            *(".ai", ".arw", ".cr2", ".cr3", ".dng", ".eps", ".ico", ".j2k", ".jp2", ".jxl"),
            *(".nef", ".orf", ".pcx", ".psd", ".raf", ".raw", ".rw2", ".svg", ".svgz", ".tga"),
            ".xcf",
        ),
        _UNREAD,
    ),
}
"""Of pictures that are not read, where they are not among :data:`SUFFIXES`; why not."""
_SHOWN_REASONS = 8


@dataclass(frozen=True)
class Found:
    """What names stand for."""

    paths: tuple[Path, ...]
    """To be predicted, each once."""
    left_out: dict[Path, str]
    """What else lies in the folders, with the reason; of a hidden or linked folder, the folder."""

    def __str__(self) -> str:
        """What was left out, in one line, pictures first; empty if nothing was."""
        counts = Counter(self.left_out.values()).most_common()
        counts.sort(key=lambda each: _UNREAD not in each[0])
        told = [f"{count} × {printable(why)}" for why, count in counts[:_SHOWN_REASONS]]
        if others := sum(count for _, count in counts[_SHOWN_REASONS:]):
            told.append(f"{others} × others")
        return f"{len(self.left_out)} left out in folders: {', '.join(told)}." if told else ""


def find_pictures(names: Sequence[str]) -> Found:
    """The files that names stand for, in the order of the names.

    Args:
        names: files; folders, which stand for all pictures in them and in their folders, sorted
            (known by :data:`SUFFIXES`; hidden ones are left out); or patterns that no shell has
            expanded, such as ``cats/*.jpg`` or ``**/*.png``.

    Returns:
        Files. What stands for nothing, as a folder without pictures or one that cannot be listed,
        is among them: it cannot be read either.
    """
    paths: dict[Path, None] = {}
    left_out: dict[Path, str] = {}
    for name in names:
        # os.path and glob: pathlib's raise where a folder is closed, and take no absolute pattern.
        there = os.path.lexists(name)
        matches = [] if there else sorted(glob.glob(name, recursive=True))  # noqa: PTH207
        for path in map(Path, matches or [name]):
            inside: list[Path] = []
            if os.path.isdir(path):  # noqa: PTH112
                inside, others = _look_into(path)
                left_out |= others
            paths |= dict.fromkeys(inside or [path])
    return Found(tuple(paths), {p: why for p, why in sorted(left_out.items()) if p not in paths})


def _look_into(folder: Path) -> tuple[list[Path], dict[Path, str]]:
    """Pictures, and what is none, in a folder and its folders."""
    found: list[Path] = []
    left_out: dict[Path, str] = {}

    def unlisted(error: OSError) -> None:
        found.append(Path(error.filename))

    for place, folders, files in os.walk(folder, onerror=unlisted):
        for path in (Path(place, name) for name in folders):
            if path.name.startswith("."):
                left_out[path] = "hidden"
            elif path.is_symlink():
                left_out[path] = "linked folder"
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(place, name) for name in files):
            if why := _why_left_out(path):
                left_out[path] = why
            else:
                found.append(path)
    return sorted(found), left_out


def _why_left_out(path: Path) -> str | None:
    suffix = path.suffix.lower()
    if path.name.startswith("."):
        return "hidden"
    if suffix in SUFFIXES:
        return None
    if suffix in _UNREAD_SUFFIXES:
        return f"{suffix} ({_UNREAD_SUFFIXES[suffix]})"
    return suffix or "without suffix"


def why_unreadable(path: Path) -> str:
    """What is wrong with a path that :func:`dogs_vs_cats.prediction.predict.predict_files` left
    out."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "no such file"
    except OSError as error:
        return error.strerror or str(error)
    if not os.access(path, os.R_OK):
        return "this user may not read it"
    if stat.S_ISDIR(mode):
        return "a folder without pictures in a format that is read"
    if not stat.S_ISREG(mode):
        return "no regular file"
    try:
        upright(path.read_bytes())
    except (UnreadableError, OSError) as error:
        return printable(str(error))
    return "could not be read just now"


def unreadable(path: Path) -> PipelineError:
    """The error that names a path and :func:`why_unreadable`."""
    return PipelineError(f"{printable(str(path))} cannot be read: {why_unreadable(path)}.")
