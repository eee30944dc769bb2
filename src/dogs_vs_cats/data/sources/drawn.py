"""Pictures that the project draws itself."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dogs_vs_cats.data.sources.common import other_sources
from dogs_vs_cats.settings import SourceName


@dataclass(frozen=True)
class Drawn:
    """Source ``sample``."""

    draw: Callable[[Path], None]
    """Writes the archive of drawn pictures."""
    name: SourceName = "sample"
    licence: str = "MIT, as the project that drew these pictures"

    @property
    def mend(self) -> str:
        return f"Look at section `sample` of params.yaml. {other_sources('sample')}"

    def bring(self, target: Path) -> str:
        self.draw(target)
        return "sample.zip"
