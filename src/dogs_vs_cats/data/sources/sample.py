"""Pictures that the project draws itself (:mod:`dogs_vs_cats.data.sample`)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dogs_vs_cats.settings import SourceName


@dataclass(frozen=True)
class Sample:
    """Source ``sample``."""

    draw: Callable[[Path], None]
    """Writes the archive of drawn pictures."""
    name: SourceName = "sample"
    licence: str = "MIT, as the project that drew these pictures"
    mend: str = "Look at section `sample` of params.yaml."

    def bring(self, target: Path) -> str:
        self.draw(target)
        return "sample.zip"
