"""What every source is, and how it says that it has nothing."""

from pathlib import Path
from typing import Protocol

from dogs_vs_cats.project.errors import PipelineError
from dogs_vs_cats.settings import SourceName


class Source(Protocol):
    """One way to an archive."""

    @property
    def name(self) -> SourceName: ...

    @property
    def licence(self) -> str:
        """A note on what the pictures may be used for."""

    @property
    def mend(self) -> str:
        """What to do when the archive that it brought is no good: whole sentences."""

    def bring(self, target: Path) -> str:
        """Write the archive to ``target`` and give the name of the original file.

        Raises:
            PipelineError: the archive cannot be had. ``target`` may then hold anything.
        """


class UnavailableError(PipelineError):
    """A source has no archive, but another may: whoever shows this names the others."""
