"""The user's own pictures: a folder that holds one folder a class."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from tqdm import tqdm

from dogs_vs_cats.data.sources.source import UnavailableError
from dogs_vs_cats.data.splitting.archive import open_archive
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SourceName

_NOT_PICTURES = {"thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Folder:
    """Source ``folder``: packs ``folder``/CLASS/FILE into a zip as CLASS/FILE.

    Folder names match in any case. Hidden files and folders inside a class's folder are left out.
    The pictures are stored as they are; equal names and contents give an equal zip.
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
        try:
            files = {f"{label}/{f.name}": f for label in self.classes for f in self._files(label)}
            with ZipFile(target, "w", ZIP_STORED) as archive:
                for name in tqdm(sorted(files), "Packing", unit=" pictures", disable=None):
                    _store(archive, name, files[name])
        except PermissionError as error:
            raise PipelineError(f"{error.filename}: {error.strerror}.") from None
        except UnicodeEncodeError as error:
            raise PipelineError(
                f"The file name {error.object!r} in data.folder is not valid Unicode. Rename it."
            ) from None
        self._check_labels(target, sorted(files))
        return "archive.zip"

    def _files(self, label: str) -> Iterator[Path]:
        if not self.folder:
            raise UnavailableError(f"data.source is folder, but data.folder is empty. {self.mend}")
        root = Path(self.folder).expanduser().absolute()
        if not root.is_dir():
            raise UnavailableError(f"data.folder: there is no folder {root}. {self.mend}")
        found = sorted(p for p in root.iterdir() if p.is_dir() and p.name.lower() == label)
        if len(found) != 1:
            what = f"{len(found)} folders" if found else "no folder"
            raise UnavailableError(f"{root} has {what} for class {label}. {self.mend}")
        files = [
            path
            for path in found[0].iterdir()
            if path.is_file() and path.name[0] != "." and path.name.lower() not in _NOT_PICTURES
        ]
        if not files:
            raise UnavailableError(f"{found[0]} holds no pictures. {self.mend}")
        yield from files

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


def _store(archive: ZipFile, name: str, path: Path) -> None:
    # ZipInfo's own date is 1980-01-01; what else would tell machines apart is set here.
    info = ZipInfo(name)
    info.create_system = 3
    info.external_attr = 0o644 << 16
    info.file_size = path.stat().st_size
    with path.open("rb") as source, archive.open(info, "w") as target:
        shutil.copyfileobj(source, target, 1 << 20)
