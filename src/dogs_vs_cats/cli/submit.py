"""``dogs-vs-cats submit``: answers for Kaggle's unlabelled pictures."""

from pathlib import Path

import click

from dogs_vs_cats.cli import model as models
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.text import printable


@click.command()
@models.options
@click.option(
    "--archive",
    type=click.Path(path_type=Path),
    default=Layout().archive,
    show_default=True,
    help="Kaggle's archive, with test1.zip in it.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("submission.csv"),
    show_default=True,
)
@click.option(
    "--clip",
    type=click.FloatRange(0, 0.5, max_open=True),
    default=0.005,
    show_default=True,
    help="Probabilities lie between this and 1 less this.",
)
@click.option("--labels", is_flag=True, help="1 for a dog, 0 for a cat, instead of probabilities.")
def command(
    model: Path | None,
    method: str | None,
    archive: Path,
    out: Path,
    clip: float,
    labels: bool,
) -> None:
    """Write submission.csv: the id of each unlabelled picture, and how probably it is a dog.

    The competition of 2013 scored the share of right labels (--labels), its second edition
    (Redux, 2016) the log loss of probabilities, by which one wrong answer of 0 or 1 costs more
    than a thousand good ones gain: hence --clip.
    """
    loaded = models.load(model, method)

    from dogs_vs_cats.prediction.submission import UNKNOWN, submission
    from dogs_vs_cats.project.files import write_csv

    made = submission(loaded, archive, clip)
    table = made.table
    if labels:
        table = table.assign(label=(table["label"] > UNKNOWN).astype(int))
    write_csv(out, table)
    for number, why in made.unreadable.items():
        click.echo(f"note: picture {number} gets {UNKNOWN}: {printable(why)}", err=True)
    dogs = int((table["label"] > UNKNOWN).sum())
    click.echo(f"{out}: {len(table)} pictures, {dogs} of them more likely dogs than cats")
