"""Choose the pictures of the three splits from the archive and write the manifest."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from dogs_vs_cats.data.splitting.archive import open_archive
from dogs_vs_cats.data.splitting.split import choose, write_splits
from dogs_vs_cats.data.splitting.usable import exclusion_table, usable_pictures
from dogs_vs_cats.project.files import whole_directory, write_csv
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import read_params


def main() -> None:
    layout, params = Layout(), read_params()
    classes = params.classes.names
    with open_archive(layout.archive, classes) as archive:
        usable, reasons = usable_pictures(archive, params.split)
        write_csv(layout.excluded, exclusion_table(reasons, archive.others))
        chosen = choose(usable, classes, params.split)
        with whole_directory(layout.splits) as folder:
            manifest = write_splits(archive, chosen, folder)
    write_csv(layout.manifest, manifest)
    print(
        f"{len(manifest)} pictures chosen; {len(reasons)} pictures and {len(archive.others)} other"
        f" files left out, listed in {layout.excluded}"
    )


if __name__ == "__main__":
    stage.run(main)
