"""Where everything of a project lies."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The files and folders of a project, under its root.

    With the default root, the working directory, they are written as ``dvc.lock`` writes them.
    """

    root: Path = Path()

    @property
    def archive(self) -> Path:
        """The zip of all pictures that ``download`` brought."""
        return self.root / "data/raw/archive.zip"

    @property
    def source(self) -> Path:
        """JSON with the archive's source, licence and ``sha256``."""
        return self.root / "data/raw/source.json"

    @property
    def splits(self) -> Path:
        """Folder that holds a folder a split, and in it one a class."""
        return self.root / "data/splits"

    @property
    def manifest(self) -> Path:
        """CSV of the chosen pictures (``data.splitting.split.MANIFEST_COLUMNS``)."""
        return self.root / "data/manifest.csv"

    @property
    def classes(self) -> Path:
        """JSON list of the classes' names (``data.reading.classes``)."""
        return self.root / "data/classes.json"

    @property
    def excluded(self) -> Path:
        """CSV of the pictures and other files that were left out, with the reason."""
        return self.root / "data/excluded.csv"

    @property
    def weights(self) -> Path:
        """The base's weights, as Keras' ``load_weights`` takes them."""
        return self.root / "data/weights/conv_base.weights.h5"

    @property
    def weights_origin(self) -> Path:
        """JSON: which network's they are, where they came from, and their ``digest``."""
        return self.root / "data/weights/origin.json"

    @property
    def features(self) -> Path:
        """Folder of ``SPLIT.npy``: ``conv_base`` features of the pictures as they are."""
        return self.root / "data/features"

    @property
    def bases(self) -> Path:
        """Folder that holds a folder a base of ``compare.backbones``: its averaged features."""
        return self.root / "data/bases"

    @property
    def views(self) -> Path:
        """Folder of ``SPLIT.npy``: maps at the base's cut, of augmented views for training."""
        return self.root / "data/views"

    @property
    def models(self) -> Path:
        """Folder of ``METHOD.keras``."""
        return self.root / "data/models"

    def model(self, method: str) -> Path:
        """The saved model of a method."""
        return self.models / f"{method}.keras"

    @property
    def reports(self) -> Path:
        """Folder of all results: numbers, tables, figures, the report."""
        return self.root / "reports"

    @property
    def lock(self) -> Path:
        """``dvc.lock``: what each stage last ran with, and what came out."""
        return self.root / "dvc.lock"

    @property
    def pipeline(self) -> Path:
        """``dvc.yaml``: the stages."""
        return self.root / "dvc.yaml"

    @property
    def requirements(self) -> Path:
        """The locked versions of all packages."""
        return self.root / "requirements.lock"
