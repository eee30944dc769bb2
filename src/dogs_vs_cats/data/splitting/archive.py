"""Pictures inside an archive, read one at a time and never unpacked as a whole.

Understood, whatever folders stand in front of them:

- one folder a class, as in Microsoft's ``PetImages/Cat/N.jpg``, with whatever folders in it;
- Kaggle's ``train/cat.N.jpg``, also when ``train.zip`` lies inside the archive.

The topmost folder that is a class counts; the file's name only where there is none. Where a folder
named ``test`` or ``validation`` stands in front of a class, its pictures belong to that split.

Nothing outside this module opens an archive of pictures to read it.
"""

import errno
import os
import re
import shutil
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TypeVar

from PIL import Image
from tqdm import tqdm

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.files import naming, require_space, scratch_directory
from dogs_vs_cats.settings.sections import folded

INNER_ARCHIVE = "train.zip"
_OF_SYSTEMS = {"thumbs.db", "desktop.ini", ".ds_store", "__macosx", "@eadir"}
"""Names, in lower case, of what Windows, macOS and Synology's servers put beside pictures."""
_OWN_SPLITS = {"train": "train", "test": "test"} | dict.fromkeys(
    ("validation", "valid", "val"), "validation"
)
LEFT_OUT = "left out: "
"""The comment of an empty member that stands for a file that was not packed begins so."""
# What Kaggle serves beside ``train.zip``
TEST_PICTURES = "test1.zip"
SAMPLE_SUBMISSION = "sampleSubmission.csv"
_PIECE = 4096
"""Bytes read at a time: zipfile makes all that a piece of LZMA or bzip2 unpacks to at once."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class ArchivedPicture:
    """A file of the archive that stands for a picture of a known class."""

    entry: str
    """Full name inside the zip, as listed there."""
    label: str
    """One of the classes asked for."""
    below: str
    """Its path below the folder of its class, with forward slashes."""
    number: int | None
    """The last number in the file's name (Kaggle's ``cat.12.jpg`` is 12), if it has one."""
    size: int
    """Declared bytes after decompression."""
    index: int = 0
    """Its place in the zip's directory, which may list a name twice."""
    split: str | None = None
    """The split that the archive's folders give it, if they give any."""

    @property
    def path(self) -> PurePosixPath:
        """Where the archive holds it."""
        return _path(self.entry)

    @property
    def name(self) -> str:
        """File name without folders."""
        return self.path.name

    @property
    def is_safe(self) -> bool:
        """Whether the entry's name stays inside the folder that it would be unpacked to."""
        drive = re.fullmatch("[A-Za-z]:", self.path.parts[0])
        return not drive and not self.path.is_absolute() and ".." not in self.path.parts

    @property
    def order(self) -> tuple[bool, int, str, str, int]:
        """Sort key: by number, then by name; files without a number come last."""
        return (self.number is None, self.number or 0, self.name, self.entry, self.index)


class DamagedError(ValueError):
    """Bytes of an archive that cannot be read back whole."""


class PictureArchive:
    """The pictures of an open archive, in :attr:`ArchivedPicture.order` within each class.

    Args:
        archive: holds the pictures.
        classes: class names; folder and file names match them in any case.
        others: entries around ``archive`` that are not read, with the reason.
    """

    def __init__(
        self, archive: zipfile.ZipFile, classes: Sequence[str], others: Mapping[str, str]
    ) -> None:
        self._archive = archive
        self.others = dict(others)
        """Why each of the files that stand for no picture of a class is passed over."""
        pictures: list[ArchivedPicture] = []
        named = {folded(name): name for name in classes}
        for index, info in enumerate(archive.infolist()):
            if info.filename.endswith(("/", "\\")) or is_of_system(info.filename):
                continue
            found = _picture(info, index, named)
            if isinstance(found, str):
                self.others[info.filename] = found
            else:
                pictures.append(found)
        places = {name: place for place, name in enumerate(classes)}
        self.pictures = sorted(_in_splits(pictures), key=lambda p: (places[p.label], p.order))

    def read(self, picture: ArchivedPicture) -> bytes:
        """The picture's original bytes, :attr:`ArchivedPicture.size` of them.

        Safe to call from several threads.

        Raises:
            DamagedError: the bytes cannot be read back whole (damaged, encrypted, or compressed in
                a way that Python does not know).
        """
        info = self._archive.infolist()[picture.index]
        with _reading("damaged in the archive: "), self._archive.open(info) as member:
            return b"".join(iter(lambda: member.read(_PIECE), b""))


@contextmanager
def open_archive(path: Path, classes: Sequence[str]) -> Iterator[PictureArchive]:
    """Open the archive at ``path``, or the ``train.zip`` inside it if it has one.

    A ``train.zip`` is copied beside ``path`` for as long as it is open.

    Args:
        path: a zip file in one of the layouts above.
        classes: class names; folder and file names match them in any case.

    Raises:
        PipelineError: the file is missing or is not a readable zip.
    """
    with ExitStack() as stack:
        others: dict[str, str] = {}
        with _explained(path):
            with _reading():
                archive = stack.enter_context(zipfile.ZipFile(path))
            files = [info for info in archive.infolist() if not info.filename.endswith("/")]
            inner = [i for i in files if PurePosixPath(i.filename).name == INNER_ARCHIVE]
            if inner:
                beside = (i for i in files if i is not inner[0])
                others = {
                    info.filename: f"beside {INNER_ARCHIVE}, which alone is read"
                    for info in beside
                    if info.filename not in (TEST_PICTURES, SAMPLE_SUBMISSION)
                }
                archive = stack.enter_context(_unpacked(archive, inner[0], path))
        yield PictureArchive(archive, classes, others)


def unpack_test_pictures(path: Path, folder: Path) -> bytes:
    """Unpack the pictures that Kaggle wants answers to: ``ID.jpg``, from ``test1.zip`` inside.

    Args:
        path: the archive. The zip inside is copied beside it meanwhile.
        folder: where to; it exists.

    Returns:
        Kaggle's sample file, a table of the ids.

    Raises:
        PipelineError: the archive is missing, damaged, or has neither of the two in it.
    """
    with ExitStack() as stack, _explained(path):
        with _reading():
            archive = stack.enter_context(zipfile.ZipFile(path))
        named = {PurePosixPath(name).name: name for name in archive.namelist()}
        if not named.keys() >= {TEST_PICTURES, SAMPLE_SUBMISSION}:
            raise PipelineError(
                f"{path} does not hold {TEST_PICTURES} and {SAMPLE_SUBMISSION}, as the archive of"
                " Kaggle's competition does. Name that one with --archive."
            )
        with _reading():
            sample = archive.read(named[SAMPLE_SUBMISSION])
        inner = archive.getinfo(named[TEST_PICTURES])
        pictures = stack.enter_context(_unpacked(archive, inner, path))
        for info in pictures.infolist():
            name = _path(info.filename)
            if name.stem.isdecimal() and not info.is_dir() and not is_of_system(info.filename):
                require_space(folder / name.name, info.file_size)
                with _reading(f"{info.filename}: "), pictures.open(info) as packed:
                    (folder / name.name).write_bytes(packed.read())
        return sample


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What to do where the archive at ``path`` is not there, or is damaged."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError) as error:
        what = "is a folder" if path.is_dir() else "not found"
        raise PipelineError(f"{path} {what}. `dvc repro download` makes it.") from error
    except DamagedError as error:
        raise PipelineError(
            f"{path} is not a whole zip archive ({error}). Remove it and download it again."
        ) from error


@contextmanager
def _unpacked(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path
) -> Iterator[zipfile.ZipFile]:
    """A zip within the zip at ``path``, opened as a plain file, in which zipfile seeks freely."""
    place = path.with_name(PurePosixPath(info.filename).name)
    # The file writes its last bytes when it closes.
    with naming(place), ExitStack() as stack:
        with scratch_directory(place) as folder:
            require_space(place, info.file_size)
            # Open, the file outlives its name, and no kill leaves it behind.
            plain = stack.enter_context((folder / INNER_ARCHIVE).open("w+b"))
            with _reading(), archive.open(info) as packed:
                shutil.copyfileobj(packed, plain, _PIECE)
            plain.flush()
        with _reading():
            opened = stack.enter_context(zipfile.ZipFile(plain))
        yield opened


@contextmanager
def _reading(what: str = "") -> Iterator[None]:
    """Whatever goes wrong with the bytes of an archive is their damage.

    zipfile, zlib, bz2 and lzma raise a dozen kinds of errors, so there is no list of them here.
    What the machine refuses, as on a full disk, has a number and is raised as it is.
    """
    try:
        yield
    except Exception as error:
        # zipfile seeks where a wrong directory sends it, and bz2's errors have no number.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise DamagedError(what + (str(error) or type(error).__name__)) from None


def _picture(
    info: zipfile.ZipInfo, index: int, classes: Mapping[str, str]
) -> ArchivedPicture | str:
    """The picture that a member stands for, or why it stands for none.

    Args:
        info: the member.
        index: its place in the zip's directory.
        classes: class names by their folded names.
    """
    comment = info.comment.decode(errors="replace")
    if comment.startswith(LEFT_OUT):
        return comment.removeprefix(LEFT_OUT)
    path = _path(info.filename)
    folders = path.parts[:-1]
    if path.name.startswith("."):
        return "a hidden file"
    if any(folder.startswith(".") and folder != ".." for folder in folders):
        return "in a hidden folder"
    labels = [classes.get(folded(folder)) for folder in folders]
    place, label = next(((i, found) for i, found in enumerate(labels) if found), (len(folders), ""))
    if not label and (named := re.match(r"(.+?)\.\d+\.", path.name)):
        label = classes.get(folded(named[1]), "")
    if not label:
        return "neither in a folder of a class nor named like one, as cat.1.jpg"
    digits = re.findall(r"\d+", path.stem)
    return ArchivedPicture(
        entry=info.filename,
        label=label,
        below="/".join(path.parts[place + 1 :]) or path.name,
        # Python makes no number of more than 4,300 digits.
        number=int(digits[-1][:255]) if digits else None,
        size=info.file_size,
        index=index,
        split=next(filter(None, map(own_split, reversed(folders[:place]))), None),
    )


def _path(entry: str) -> PurePosixPath:
    """The path that an entry's name stands for, also where Windows wrote it."""
    return PurePosixPath(entry.replace("\\", "/"))


def own_split(folder: str) -> str | None:
    """The split that a folder of this name holds, if it is one that data sets come with."""
    return _OWN_SPLITS.get(folded(folder))


def _in_splits(pictures: Iterable[ArchivedPicture]) -> list[ArchivedPicture]:
    """Pictures with the splits that their folders mean: ``train`` alone, as Kaggle's, means none.

    Beside a folder ``test`` or ``validation``, what lies elsewhere is for training.
    """
    pictures = list(pictures)
    if {picture.split for picture in pictures} <= {None, "train"}:
        return [replace(picture, split=None) for picture in pictures]
    return [replace(picture, split=picture.split or "train") for picture in pictures]


def is_of_system(name: str) -> bool:
    """Whether a path is of a file that a system made for itself: nobody misses it."""
    parts = name.replace("\\", "/").lower().split("/")
    return parts[-1].startswith("._") or not _OF_SYSTEMS.isdisjoint(parts)


def on_all_cores(work: Callable[[T], R], items: Sequence[T], what: str) -> list[R]:
    """Do the same with each picture, in their order, under a progress bar that says ``what``."""
    # Threads suffice: Pillow and hashlib release the interpreter lock while they work.
    with warnings.catch_warnings(), ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return list(tqdm(pool.map(work, items), what, total=len(items), unit="picture"))
