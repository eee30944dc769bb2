"""A copy of Kaggle's archive on this machine, in place of the download."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from dogs_vs_cats.data.sources.common import ARCHIVE_VARIABLE, other_sources
from dogs_vs_cats.data.sources.kaggle import FILE, LICENCE
from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SourceName


@dataclass(frozen=True)
class LocalCopy:
    """The archive that ``DOGS_VS_CATS_ARCHIVE`` names. It is copied and stays where it is."""

    path: Path
    name: SourceName = "kaggle"
    licence: str = LICENCE

    @property
    def mend(self) -> str:
        return (
            f"{ARCHIVE_VARIABLE} names {self.path}; it should name {FILE} as Kaggle serves it, with"
            f" train.zip inside, or that train.zip. Correct it, or unset it to download the archive"
            f" from Kaggle. {other_sources('kaggle')}"
        )

    def bring(self, target: Path) -> str:
        try:
            if not self.path.is_file():
                what = "a folder" if self.path.is_dir() else "missing"
                raise PipelineError(f"The copy of Kaggle's archive is {what}. {self.mend}")
            shutil.copyfile(self.path, target)
        except PermissionError as error:
            raise PipelineError(
                f"The copy of Kaggle's archive cannot be read ({error.strerror}). {self.mend}"
            ) from None
        return self.path.name
