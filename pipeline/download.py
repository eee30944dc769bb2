"""Bring the archive of pictures from the source that ``params.yaml`` names, and describe it."""

from dogs_vs_cats.project import stage  # first: what follows takes seconds

# isort: split
from pathlib import Path

from dogs_vs_cats.data.sources import choose, obtain, resolve_classes
from dogs_vs_cats.project.files import write_json
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.settings import read_params


def main() -> None:
    layout, params = Layout(), read_params()
    classes = resolve_classes(params.data, params.classes)

    def draw(archive: Path) -> None:
        from dogs_vs_cats.data.sample import draw_archive

        draw_archive(archive, params.sample, classes)

    source = choose(params.data, classes, cache=Path("data/.download"), draw=draw)
    write_json(layout.source, obtain(source, classes, layout.archive))


if __name__ == "__main__":
    stage.run(main)
