"""Where the pipeline keeps what the audit looks at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Paths relative to the project root, with ``/``, as they stand in ``dvc.lock``."""

    lock: str
    """``dvc.lock``"""
    pipeline: str
    """``dvc.yaml``"""
    archive: str
    """The archive of pictures."""
    source: str
    """JSON with the archive's ``sha256``."""
    manifest: str
    """CSV with the columns of :data:`dogs_vs_cats.data.splitting.split.MANIFEST_COLUMNS`."""
    splits: str
    """Folder that holds a folder a split, and in it one a class."""
    validation: str
    """JSON with ``success`` and ``failed``."""
    models: str
    """Folder of ``METHOD.keras``."""
    weights: str
    """Folder of the weights that a training starts from."""
    evaluation: str
    """JSON with the test scores of each method."""
    training: str
    """Folder of ``METHOD.json`` with what each training reached."""
    predictions: str
    """Folder of ``METHOD.csv`` with what each method says about each test picture."""
    requirements: str
    """The locked versions of all packages."""

    def split_of(self, path: str) -> str | None:
        """Name of the split whose folder this is, or None."""
        folder, _, name = path.rpartition("/")
        return name if folder == self.splits else None

    def method_of(self, path: str) -> str | None:
        """Name of the method whose model file this is, or None."""
        folder, _, name = path.rpartition("/")
        return name.removesuffix(".keras") if folder == self.models else None
