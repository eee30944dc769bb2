"""Choose the pictures of the three splits from the archive and write the manifest."""

from pathlib import Path

from dogs_vs_cats import stage
from dogs_vs_cats.data.archive import open_archive
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.data.split import (
    SplitSettings,
    choose,
    exclusion_table,
    usable_pictures,
    write_splits,
)
from dogs_vs_cats.files import whole_directory, whole_file
from dogs_vs_cats.params import read_settings

ARCHIVE = Path("data/raw/archive.zip")
SPLITS = Path("data/splits")
MANIFEST = Path("data/manifest.csv")
EXCLUDED = Path("data/excluded.csv")


def main() -> None:
    settings = read_settings("split", SplitSettings)
    classes = read_settings("classes", ClassSettings).names
    with open_archive(ARCHIVE, classes) as archive:
        usable, reasons = usable_pictures(archive, settings)
        with whole_file(EXCLUDED) as path:
            exclusion_table(reasons).to_csv(path, index=False, lineterminator="\n")
        chosen = choose(usable, classes, settings)
        with whole_directory(SPLITS) as folder:
            manifest = write_splits(archive, chosen, folder)
    with whole_file(MANIFEST) as path:
        manifest.to_csv(path, index=False, lineterminator="\n")
    print(f"{len(manifest)} pictures chosen; {len(reasons)} left out, listed in {EXCLUDED}")


if __name__ == "__main__":
    stage.run(main)
