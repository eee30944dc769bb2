"""``dogs-vs-cats lesson``: the pages that explain convnets."""

from pathlib import Path

import click

from dogs_vs_cats.language.catalogue import LANGUAGES, use
from dogs_vs_cats.settings import read_params
from dogs_vs_cats.tracking.store import project_root


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the pages; by default reports/lesson of the project.",
)
@click.option(
    "--lang",
    type=click.Choice([*LANGUAGES]),
    help="Language of the pages; by default report.language of params.yaml.",
)
def command(out: Path | None, lang: str | None) -> None:
    """Write pages that explain convnets: convolution, seeing, layers, five architectures.

    Every number in them is computed, which takes about a minute.

    They need no picture and no trained model. Run it from the root of the project, whose
    augmentation one of them shows.
    """
    root = project_root()
    params = read_params(root / "params.yaml")
    # Not before: TensorFlow takes seconds, and a mistake in params.yaml is told at once.
    from dogs_vs_cats.lesson.chapters import chapters
    from dogs_vs_cats.lesson.page import write_lesson

    folder = out.absolute() if out else root / "reports" / "lesson"
    with use(lang or params.report.language):
        click.echo(f"Lesson: {write_lesson(chapters(params.augmentation), folder)}")
