"""``dogs-vs-cats drift``: are these pictures still of the kind that the model was tested on?"""

import json
import sys
from pathlib import Path

import click

from dogs_vs_cats.cli.audit import as_json
from dogs_vs_cats.project.layout import Layout
from dogs_vs_cats.project.text import printable
from dogs_vs_cats.settings import SPLITS, read_params

SHOWN = 24


@click.command()
@click.argument("pictures", metavar="PICTURE...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--split", type=click.Choice(SPLITS), default="test", show_default=True, help="Compare with it."
)
@click.option(
    "--sheet",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=f"Write the {SHOWN} most foreign pictures there, as one JPEG.",
)
@as_json
def command(pictures: tuple[str, ...], split: str, sheet: Path | None, as_json: bool) -> None:
    """Tell whether new pictures differ from the test pictures, as the base sees them.

    PICTURE is a file, a folder or a pattern; 20 pictures at least. A classifier tries to tell new
    from known ones; the p-value says how often it would do so well by chance. Exit code 1 if they
    differ (p < 0.05). Run it from the root of a project whose features were computed.
    """
    params = read_params()
    from dogs_vs_cats.monitoring.drift import drawn, drift, write_sheet
    from dogs_vs_cats.prediction.files import find_pictures

    found = find_pictures(pictures)
    readable = [path for path in drawn(found.paths) if _is_readable(path)]
    if found.left_out:
        click.echo(str(found), err=True)
    result = drift(Layout(), params, readable, split)
    if sheet:
        write_sheet(result.foreign[:SHOWN], sheet)
    if as_json:
        document = {
            "pictures": result.pictures,
            "split": split,
            "p_value": result.p_value,
            "classifier_accuracy": result.accuracy,
            "differs": result.differs,
            "most_foreign": [str(path) for path in result.foreign[:SHOWN]],
        }
        click.echo(json.dumps(document, indent=2))
    else:
        told = f"{result.accuracy:.0%} of the pictures are put where they belong (chance: 50%)"
        click.echo(
            f"{result.pictures} pictures against as many of split {split}: {told}, p ="
            f" {result.p_value:.3f}."
        )
        if result.differs:
            click.echo(
                "They differ: what the models reach on the test pictures is no evidence for these."
                " Label some of them and test on those. The most foreign:"
            )
            for path in result.foreign[:5]:
                click.echo(f"  {printable(str(path))}")
        else:
            click.echo(
                "No difference is seen: what the models reach on the test pictures can be expected"
                " here, as far as so many pictures can tell."
            )
    if result.differs:
        sys.exit(1)


def _is_readable(path: Path) -> bool:
    """Whether a picture can be read; if not, says why."""
    from dogs_vs_cats.data.reading.decoding import UnreadableError, upright
    from dogs_vs_cats.prediction.files import why_unreadable

    try:
        upright(path.read_bytes())
    except (UnreadableError, OSError):
        why = why_unreadable(path)
        click.echo(f"note: {printable(str(path))} is left out: {printable(why)}", err=True)
        return False
    return True
