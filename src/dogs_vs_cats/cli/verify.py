"""``dogs-vs-cats verify``: run a committed revision again and compare the results."""

import json
from functools import partial
from pathlib import Path

import click

from dogs_vs_cats.audit import git
from dogs_vs_cats.audit.history import History
from dogs_vs_cats.cli.audit import agree, as_json, yes
from dogs_vs_cats.verification.verify import TOLERANCE, render, verify


@click.command()
@click.argument("stages", metavar="[STAGE]...", nargs=-1)
@click.option(
    "--revision", metavar="REV", default="HEAD", show_default=True, help="Commit, branch or tag."
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=TOLERANCE,
    show_default=True,
    help="Largest difference of two numbers that counts as equal.",
)
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Leave the clone in a new folder, to look at what was made.",
)
@yes
@as_json
def command(
    stages: tuple[str, ...],
    revision: str,
    tolerance: float,
    keep: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Run the pipeline again in a clean clone, and compare each output with dvc.lock.

    With STAGE only those stages, on the inputs that DVC has kept. Nothing here changes. Exit code 0
    if all outputs are identical or equal within the tolerance, else 1.
    """
    history, announce = History(Path.cwd()), partial(click.echo, err=True)
    if git.head(history.root):
        agree(history, git.resolve(history.root, revision), "here and now", yes=yes)
    document = verify(history, stages, revision, tolerance, keep, announce)
    click.echo(json.dumps(document, indent=2) if as_json else render(document))
    if not document["ok"]:
        click.get_current_context().exit(1)
