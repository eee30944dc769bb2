"""Microsoft's public "Kaggle Cats and Dogs" archive, which needs no account."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import requests

from dogs_vs_cats.data.sources.download import ANEW, explained, fetch
from dogs_vs_cats.settings import SourceName

# Linked from https://www.microsoft.com/download/details.aspx?id=54765
URL = (
    "https://download.microsoft.com/download/3/E/1/3E1C3F21-ECDB-4869-8368-6DEBA77B919F/"
    "kagglecatsanddogs_5340.zip"
)


@dataclass(frozen=True)
class Microsoft:
    """Source ``microsoft``: the archive at ``url``, downloaded in as many runs as it takes."""

    cache: Path
    """Folder for the unfinished download."""
    url: str = URL
    backoff: float = 1.0
    """Seconds before the first retry."""
    name: SourceName = "microsoft"
    licence: str = (
        "Microsoft's terms for the Kaggle Cats and Dogs Dataset:"
        " https://www.microsoft.com/download/details.aspx?id=54765"
    )
    mend: str = ANEW

    @explained()
    def bring(self, target: Path) -> str:
        file = PurePosixPath(urlsplit(self.url).path).name
        request = requests.Request("GET", self.url).prepare()
        fetch(request, target, self.cache, file, self.backoff)
        return file
