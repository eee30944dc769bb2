"""The user's own pictures: a folder that holds one folder a class."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from tqdm import tqdm

from dogs_vs_cats.data.sources.source import UnavailableError
from dogs_vs_cats.data.splitting.archive import LEFT_OUT, is_of_system, open_archive
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.project.text import printable
from dogs_vs_cats.settings import SourceName


@dataclass(frozen=True)
class Folder:
    """Source ``folder``: packs ``folder``/CLASS/FILE into a zip as CLASS/FILE.

    Folder names match in any case. What else lies in ``folder``, and what links out of it, is not
    packed: an empty member with the reason as its comment stands for it, so that ``split`` lists
    it. The pictures are stored as they are; equal names and contents give an equal zip.
    """

    folder: str
    """A path, relative to the current folder or absolute."""
    classes: tuple[str, str]
    name: SourceName = "folder"
    licence: str = "Unknown to this project: the pictures come from a folder of yours"

    @property
    def mend(self) -> str:
        first, second = self.classes
        return (
            f"data.folder should hold a folder {first} and a folder {second}, with the pictures"
            " of each class in it."
        )

    def bring(self, target: Path) -> str:
        root, folders = self._folders()
        left_out: dict[str, str] = {}
        files: dict[str, Path] = {}
        for path in root.iterdir():
            if path not in folders and not is_of_system(path.name):
                inside = "a folder of no class" if path.is_dir() else "in no folder of a class"
                left_out[path.name] = inside
        for folder, label in folders.items():
            for path in _walk(folder):
                name = f"{label}/{path.relative_to(folder).as_posix()}"
                if is_of_system(name):
                    continue
                if reason := _left_out_because(path, root, name):
                    left_out[name] = reason
                else:
                    files[name] = path
            if not any(name.startswith(f"{label}/") for name in files):
                raise UnavailableError(f"{folder} holds no pictures. {self.mend}")
        try:
            with ZipFile(target, "w", ZIP_STORED) as archive:
                for name in tqdm(sorted(files), "Packing", unit=" pictures", disable=None):
                    _store(archive, name, files[name])
                for name, reason in sorted(left_out.items()):
                    note = ZipInfo(printable(name))
                    note.create_system = 3
                    note.comment = (LEFT_OUT + reason).encode()
                    archive.writestr(note, b"")
        except UnicodeEncodeError as error:
            raise PipelineError(
                f"The file name {error.object!r} in data.folder is not valid Unicode. Rename it."
            ) from None
        self._check_labels(target, sorted(files))
        if left_out:
            print(
                f"note: {len(left_out)} files or folders in {printable(str(root))} are left out;"
                " data/excluded.csv will list them."
            )
        return "archive.zip"

    def _folders(self) -> tuple[Path, dict[Path, str]]:
        """The folder with its links followed, and in it the folder of each class."""
        if not self.folder:
            raise UnavailableError(f"data.source is folder, but data.folder is empty. {self.mend}")
        root = Path(self.folder).expanduser().resolve()
        if not root.is_dir():
            raise UnavailableError(f"data.folder: there is no folder {root}. {self.mend}")
        folders: dict[Path, str] = {}
        for label in self.classes:
            found = sorted(p for p in root.iterdir() if p.is_dir() and p.name.lower() == label)
            if len(found) != 1:
                what = f"{len(found)} folders" if found else "no folder"
                raise UnavailableError(f"{root} has {what} for class {label}. {self.mend}")
            if not found[0].resolve().is_relative_to(root):
                raise UnavailableError(
                    f"{found[0]} is a link out of data.folder, to {found[0].resolve()}. Put the"
                    f" folder itself there. {self.mend}"
                )
            folders[found[0]] = label
        return root, folders

    def _check_labels(self, archive: Path, names: list[str]) -> None:
        """Refuse names that the later stages would take for another class, or for no picture."""
        with open_archive(archive, self.classes) as opened:
            labels = {picture.entry: picture.label for picture in opened.pictures}
        wrong = [name for name in names if labels.get(name) != name.split("/")[0]]
        if wrong:
            more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
            raise PipelineError(
                f"In data.folder, the names of {', '.join(wrong[:5])}{more} do not fit the class"
                " of their folder. Move or rename them."
            )


def _walk(folder: Path) -> Iterator[Path]:
    """All that lies in a folder and in its folders, but for folders: links are not followed."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        else:
            yield path


def _left_out_because(path: Path, root: Path, name: str) -> str | None:
    if path.name.startswith("."):
        return "a hidden file"
    if not path.resolve().is_relative_to(root):
        return "a link out of data.folder"
    if name.count("/") > 1:
        return "in a folder within the folder of its class"
    return None if path.is_file() else "neither a file nor a folder"


def _store(archive: ZipFile, name: str, path: Path) -> None:
    # ZipInfo's own date is 1980-01-01; what else would tell machines apart is set here.
    info = ZipInfo(name)
    info.create_system = 3
    info.external_attr = 0o644 << 16
    info.file_size = path.stat().st_size
    with path.open("rb") as source, archive.open(info, "w") as target:
        shutil.copyfileobj(source, target, 1 << 20)
