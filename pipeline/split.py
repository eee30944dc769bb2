"""Choose the pictures of the three splits from the archive and write the manifest."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from collections import Counter
from pathlib import Path

from dogs_vs_cats.data.reading.classes import write_classes
from dogs_vs_cats.data.sources.folder import stale
from dogs_vs_cats.data.splitting.archive import open_archive
from dogs_vs_cats.data.splitting.described import read_source
from dogs_vs_cats.data.splitting.groups import groups_of, read_groups
from dogs_vs_cats.data.splitting.left_out import told
from dogs_vs_cats.data.splitting.split import choose, write_splits
from dogs_vs_cats.data.splitting.usable import exclusion_table, usable_pictures
from dogs_vs_cats.project.files import whole_directory, write_csv
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import read_params


def main() -> None:
    layout, params = Layout(), read_params()
    source, classes = read_source(layout.source)
    settings = params.split.resolved(source)
    if source == "folder":
        if note := stale(params.data.folder, classes, layout.archive):
            print(note)
        if settings.strategy == "first" and settings.by == "file":
            print(
                "note: split.strategy first puts pictures that were taken one after the other into"
                " one split, so train and test may differ in light and place, and shots of one"
                " series may stand in both. split.strategy: random mixes them; split.by: group"
                " keeps a series in one split."
            )
    groups_file = Path(settings.groups)
    named = read_groups(groups_file) if settings.by == "group" else {}
    with open_archive(layout.archive, classes) as archive:
        usable, reasons = usable_pictures(archive, settings)
        # Before the choice, which may fail for what stands in it.
        write_csv(layout.excluded, exclusion_table(reasons, archive.others))
        groups = groups_of(usable, named, groups_file) if settings.by == "group" else None
        chosen, left_over = choose(usable, classes, settings, groups)
        excluded = exclusion_table(reasons | left_over, archive.others)
        write_csv(layout.excluded, excluded)
        with whole_directory(layout.splits) as folder:
            manifest = write_splits(archive, chosen, folder)
    write_csv(layout.manifest, manifest)
    write_classes(layout.classes, classes)
    counts = Counter(each.split for each in chosen)
    print(
        f"{len(chosen):,} pictures of {len(classes):,} classes chosen:"
        f" {', '.join(f'{split} {count:,}' for split, count in counts.items())};"
        f" {len(excluded):,} left out, listed in {layout.excluded}",
        *told([*zip(excluded["file"], excluded["reason"], strict=True)]),
        sep="\n",
    )


if __name__ == "__main__":
    stage.run(main)
