"""Bring the archive of pictures from the source that ``params.yaml`` names, and describe it."""

from pathlib import Path

from dogs_vs_cats import stage
from dogs_vs_cats.data.classes import ClassSettings
from dogs_vs_cats.data.sources import DataSettings, choose, obtain
from dogs_vs_cats.files import write_json
from dogs_vs_cats.params import read_settings


def draw(archive: Path) -> None:
    from dogs_vs_cats.data.sample import SampleSettings, draw_archive

    draw_archive(archive, read_settings("sample", SampleSettings))


def main() -> None:
    settings = read_settings("data", DataSettings)
    classes = read_settings("classes", ClassSettings).names
    source = choose(settings, classes, cache=Path("data/.download"), draw=draw)
    description = obtain(source, classes, Path("data/raw/archive.zip"))
    write_json(Path("data/raw/source.json"), description)


if __name__ == "__main__":
    stage.run(main)
