"""The user's own pictures: a folder that holds one folder a class."""

import shutil
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from PIL import Image
from tqdm import tqdm

from dogs_vs_cats.data.sources.source import UnavailableError
from dogs_vs_cats.data.splitting.archive import LEFT_OUT, is_of_system, own_split
from dogs_vs_cats.data.splitting.left_out import told
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.places import of_user
from dogs_vs_cats.project.text import first_of, printable
from dogs_vs_cats.settings import SourceName
from dogs_vs_cats.settings.sections import MOST_CLASSES, fault_of_class_name, folded

_MEND = (
    "data.folder should hold one folder for each class, with its pictures in it; or a folder train"
    " and a folder test or validation that do."
)
_TOLD = 20
_AGAIN = "`dvc repro --force download`, then `dvc repro`"


@dataclass(frozen=True)
class Folder:
    """Source ``folder``: packs the pictures in the folders of the classes into a zip.

    Their paths are those below ``folder``. Folder names match in any case. What else lies in
    ``folder``, and what links out of it, is not packed: an empty member with the reason as its
    comment stands for it, so that ``split`` lists it. The pictures are stored as they are; equal
    names and contents give an equal zip.
    """

    folder: str
    """As :func:`~dogs_vs_cats.project.places.of_user` takes it."""
    classes: Sequence[str]
    name: SourceName = "folder"
    licence: str = "Unknown to this project: the pictures come from a folder of yours"
    mend: str = _MEND

    def bring(self, target: Path) -> str:
        files, left_out = listing(self.folder, self.classes)
        with ZipFile(target, "w", ZIP_STORED) as archive:
            for name in tqdm(sorted(files), "Packing", unit=" pictures", disable=None):
                _store(archive, name, files[name])
            for name, reason in sorted(left_out.items()):
                note = ZipInfo(name)
                note.create_system = 3
                note.comment = (LEFT_OUT + reason).encode()
                archive.writestr(note, b"")
        place = printable(self.folder)
        print(f"{len(self.classes):,} classes: {printable(first_of(self.classes, _TOLD))}")
        if left_out:
            print(
                f"note: left out of {place}, as data/excluded.csv will list:",
                *told(sorted(left_out.items())),
                sep="\n",
            )
        print(f"note: `dvc repro` tells when {place} has changed; then run {_AGAIN}.")
        return "archive.zip"


def class_names(folder: str) -> tuple[str, ...]:
    """The names of the folders of pictures that lie in a folder, or in its folder ``train``.

    Raises:
        PipelineError: there are fewer than two, or too many; or a name cannot be a class's.
    """
    root = _root(folder)
    splits = _split_folders(root, None)
    place = splits.get("train", root)
    found = {
        unicodedata.normalize("NFC", path.name): path
        for path in _folders(place)
        if _holds_picture(path)
    }
    if not 2 <= len(found) <= MOST_CLASSES:
        only = f" ({', '.join(found)})" if 0 < len(found) < 2 else ""
        raise UnavailableError(
            f"{place} holds {len(found):,} folders with pictures{only}; 2 to {MOST_CLASSES:,} are"
            f" needed, one for each class. {_MEND}"
        )
    for name, path in found.items():
        if fault := fault_of_class_name(name):
            raise PipelineError(
                f"The folder {str(path)!r} cannot be a class: its name {fault}. Rename it, or name"
                " the classes in params.yaml."
            )
    names = sorted(found, key=lambda name: (folded(name), name))
    _one_each(place, names)
    return tuple(names)


def listing(folder: str, classes: Sequence[str]) -> tuple[dict[str, Path], dict[str, str]]:
    """All that lies in a folder of pictures.

    Returns:
        By path below the folder: the files to pack, and why the others are left out, whose names
        are shown with escapes where they are no text.

    Raises:
        PipelineError: the folder is missing, or has no or several folders, or no pictures, for a
            class.
    """
    root = _root(folder)
    places = [*_split_folders(root, classes).values()] or [root]
    files: dict[str, Path] = {}
    left_out: dict[str, str] = {}
    taken = {*places}
    for place in places:
        for own in _one_each(place, classes):
            taken.add(own)
            before = len(files)
            for path in _walk(own):
                name = path.relative_to(root).as_posix()
                if is_of_system(name):
                    continue
                if reason := _left_out_because(path, root):
                    left_out[printable(name)] = reason
                else:
                    files[name] = path
            if len(files) == before:
                raise UnavailableError(f"{own} holds no pictures. {_MEND}")
    for path in {path for place in (root, *places) for path in place.iterdir()} - taken:
        if not is_of_system(path.name):
            left_out[printable(path.relative_to(root).as_posix())] = _why_no_class(path, root)
    return files, left_out


def stale(folder: str, classes: Sequence[str], archive: Path) -> str | None:
    """What to tell of an archive that was packed of a folder which looks otherwise today.

    Names and sizes are compared, so that nothing is read. A folder that is gone is no matter: the
    archive holds all that is needed.
    """
    try:
        files, left_out = listing(folder, classes)
        with ZipFile(archive) as packed:
            before = {info.filename: info.file_size for info in packed.infolist()}
    except (PipelineError, OSError, BadZipFile):
        return None
    now = {name: path.stat().st_size for name, path in files.items()} | dict.fromkeys(left_out, 0)
    if now == before:
        return None
    new, gone = len(now.keys() - before), len(before.keys() - now)
    return (
        f"note: {printable(folder)} has changed since stage download read it (new files: {new:,},"
        f" gone: {gone:,}); the pictures of then are used. To read it again, run {_AGAIN}."
    )


def _root(folder: str) -> Path:
    """The folder with its links followed."""
    if not folder:
        raise UnavailableError(f"data.source is folder, but data.folder is empty. {_MEND}")
    root = of_user(folder).resolve()
    if not root.is_dir():
        raise UnavailableError(f"data.folder: there is no folder {root}. {_MEND}")
    return root


def _folders(place: Path) -> list[Path]:
    """The folders in a folder, sorted, without hidden ones and links."""
    return sorted(
        path
        for path in place.iterdir()
        if path.is_dir() and not path.name.startswith(".") and not is_of_system(path.name)
    )


def _split_folders(root: Path, classes: Sequence[str] | None) -> dict[str, Path]:
    """By split, the folder that the user keeps for it; empty where classes lie in ``root`` itself.

    Args:
        root: the user's folder.
        classes: their names; None where the folders' own are to be found.
    """
    found: dict[str, list[Path]] = defaultdict(list)
    for path in _folders(root):
        if split := own_split(path.name):
            found[split].append(path)
    if "train" not in found or len(found) < 2:
        return {}
    if classes is None:
        if not any(_holds_picture(path) for path in _folders(found["train"][0])):
            return {}
    elif {folded(name) for name in classes} <= {folded(path.name) for path in _folders(root)}:
        return {}
    for paths in found.values():
        if len(paths) > 1:
            raise UnavailableError(f"{paths[0]} and {paths[1]} hold one split. Leave one. {_MEND}")
    return {split: paths[0] for split, paths in found.items()}


def _one_each(place: Path, classes: Sequence[str]) -> list[Path]:
    """The folder of each class, in their order.

    Raises:
        UnavailableError: a class has none or several, or one that is a link to elsewhere.
    """
    found: dict[str, list[Path]] = defaultdict(list)
    for path in _folders(place):
        found[folded(path.name)].append(path)
    for label in classes:
        paths = found[folded(label)]
        if len(paths) > 1:
            raise UnavailableError(
                f"{paths[0]} and {paths[1]} are both of class {label}. Make them one. {_MEND}"
            )
        if not paths:
            raise UnavailableError(f"{place} has no folder for class {label}. {_MEND}")
        if not paths[0].resolve().is_relative_to(place):
            raise UnavailableError(
                f"{paths[0]} is a link out of data.folder, to {paths[0].resolve()}. Put the"
                f" folder itself there. {_MEND}"
            )
    return [found[folded(label)][0] for label in classes]


def _walk(folder: Path) -> Iterator[Path]:
    """All that lies in a folder and in its folders, but for the folders that are gone through:
    neither links nor hidden ones are."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield from _walk(path)
        else:
            yield path


def _left_out_because(path: Path, root: Path) -> str | None:
    """Why something in the folder of a class is not packed; None if it is."""
    try:
        path.relative_to(root).as_posix().encode()
    except UnicodeEncodeError:
        return "its name is not valid Unicode"
    if path.name.startswith("."):
        return "a hidden folder" if path.is_dir() else "a hidden file"
    if not path.resolve().is_relative_to(root):
        return "a link out of data.folder"
    if path.is_dir():
        return "a link to a folder"
    if not path.is_file():
        return "neither a file nor a folder"
    return None if _is_picture(path) else "not a picture"


def _why_no_class(path: Path, root: Path) -> str:
    """Why something beside the folders of the classes is left out."""
    if path.name.startswith("."):
        return "a hidden folder" if path.is_dir() else "a hidden file"
    if not path.resolve().is_relative_to(root):
        return "a link out of data.folder"
    if not path.is_dir():
        return "in no folder of a class"
    return "a folder of no class" if _holds_picture(path) else "a folder without pictures"


def _holds_picture(folder: Path) -> bool:
    return any(
        path.is_file() and not path.name.startswith(".") and _is_picture(path)
        for path in _walk(folder)
    )


def _is_picture(path: Path) -> bool:
    """Whether a file calls itself a picture, or is one by its first bytes.

    One that does so falsely, or is damaged, is for ``split`` to find.
    """
    if path.suffix.lower() in _suffixes():
        return True
    try:
        with Image.open(path):
            return True
    except Exception:  # Pillow's readers raise nearly everything
        return False


@cache
def _suffixes() -> frozenset[str]:
    """Of pictures, in lower case; those of HEIC also where nothing here reads it."""
    known = {
        suffix
        for suffix, kind in Image.registered_extensions().items()
        if kind in Image.OPEN and Image.MIME.get(kind, "").startswith("image/")
    }
    return frozenset(known | {".heic", ".heif", ".hif", ".mpo"})


def _store(archive: ZipFile, name: str, path: Path) -> None:
    # ZipInfo's own date is 1980-01-01; what else would tell machines apart is set here.
    info = ZipInfo(name)
    info.create_system = 3
    info.external_attr = 0o644 << 16
    info.file_size = path.stat().st_size
    with path.open("rb") as source, archive.open(info, "w") as target:
        shutil.copyfileobj(source, target, 1 << 20)
