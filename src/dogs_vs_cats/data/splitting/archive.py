"""Pictures inside an archive, read one at a time and never unpacked as a whole.

Understood, whatever folders stand in front of them:

- Kaggle's ``train/cat.N.jpg``, also when ``train.zip`` lies inside the archive;
- one folder a class, as in Microsoft's ``PetImages/Cat/N.jpg``.
"""

import os
import re
import shutil
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from PIL import Image
from tqdm import tqdm

from dogs_vs_cats.project.errors import PipelineError

INNER_ARCHIVE = "train.zip"

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class ArchivedPicture:
    """A file of the archive that stands for a picture of a known class."""

    entry: str
    """Full name inside the zip, as listed there."""
    label: str
    """One of the classes asked for."""
    number: int | None
    """The last number in the file's name (Kaggle's ``cat.12.jpg`` is 12), if it has one."""
    size: int
    """Declared bytes after decompression."""

    @property
    def name(self) -> str:
        """File name without folders."""
        return PurePosixPath(self.entry.replace("\\", "/")).name

    @property
    def is_safe(self) -> bool:
        """Whether the entry's name stays inside the folder that it would be unpacked to."""
        path = PurePosixPath(self.entry.replace("\\", "/"))
        return not path.is_absolute() and ".." not in path.parts and ":" not in path.parts[0]

    @property
    def order(self) -> tuple[bool, int, str, str]:
        """Sort key: by number, then by name; files without a number come last."""
        return (self.number is None, self.number or 0, self.name, self.entry)


class PictureArchive:
    """The pictures of an open archive, in :attr:`ArchivedPicture.order` within each class."""

    def __init__(self, archive: zipfile.ZipFile, classes: Sequence[str]) -> None:
        self._archive = archive
        self.pictures = sorted(
            _pictures(archive, classes), key=lambda p: (classes.index(p.label), p.order)
        )

    def read(self, picture: ArchivedPicture) -> bytes:
        """The picture's original bytes. Safe to call from several threads.

        Raises:
            ValueError: the bytes cannot be read back whole (damaged, encrypted, or compressed in
                a way that Python does not know).
        """
        try:
            return self._archive.read(picture.entry)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as e:
            raise ValueError(f"damaged in the archive: {e}") from None


@contextmanager
def open_archive(path: Path, classes: Sequence[str]) -> Iterator[PictureArchive]:
    """Open the archive at ``path``, or the ``train.zip`` inside it if it has one.

    Args:
        path: a zip file in one of the layouts above.
        classes: class names in lower case; folder and file names match them in any case.

    Raises:
        PipelineError: the file is missing or is not a readable zip.
    """
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
            inner = [n for n in archive.namelist() if PurePosixPath(n).name == INNER_ARCHIVE]
            if inner:
                # A plain file lets zipfile seek freely; the copy costs a second for 540 MB.
                plain = stack.enter_context(tempfile.TemporaryFile())
                shutil.copyfileobj(stack.enter_context(archive.open(inner[0])), plain, 1 << 20)
                archive = stack.enter_context(zipfile.ZipFile(plain))
        except FileNotFoundError:
            raise PipelineError(f"{path} not found. `dvc repro download` makes it.") from None
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise PipelineError(
                f"{path} is not a whole zip archive ({error}). Remove it and download it again."
            ) from None
        yield PictureArchive(archive, classes)


def _pictures(archive: zipfile.ZipFile, classes: Sequence[str]) -> Iterator[ArchivedPicture]:
    prefix = re.compile(rf"({'|'.join(map(re.escape, classes))})\.\d+\.", re.IGNORECASE)
    for info in archive.infolist():
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if info.is_dir() or path.name.startswith(".") or "__MACOSX" in path.parts:
            continue
        named = prefix.match(path.name)
        label = named[1].lower() if named else path.parent.name.lower()
        if label not in classes or path.name.lower() == "thumbs.db":
            continue
        digits = re.findall(r"\d+", path.stem)
        yield ArchivedPicture(
            entry=info.filename,
            label=label,
            number=int(digits[-1]) if digits else None,
            size=info.file_size,
        )


def on_all_cores(work: Callable[[T], R], items: Sequence[T], what: str) -> list[R]:
    """Do the same with each picture, in their order, under a progress bar that says ``what``."""
    # Threads suffice: Pillow and hashlib release the interpreter lock while they work.
    with warnings.catch_warnings(), ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return list(tqdm(pool.map(work, items), what, total=len(items), unit="picture"))
