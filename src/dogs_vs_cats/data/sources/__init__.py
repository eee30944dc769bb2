"""Where the pictures come from: each source brings one archive, which is checked and described.

The archive is a zip that :func:`dogs_vs_cats.data.splitting.archive.open_archive` understands. It
appears under its final name only after its pictures have been counted.
"""

from dogs_vs_cats.data.sources.allowed import choose, resolve_classes
from dogs_vs_cats.data.sources.kaggle import ARCHIVE_VARIABLE
from dogs_vs_cats.data.sources.obtain import obtain

__all__ = ["ARCHIVE_VARIABLE", "choose", "obtain", "resolve_classes"]
