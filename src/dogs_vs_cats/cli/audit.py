"""``dogs-vs-cats audit``: which data made this model, and can anyone get it back?"""

import json
from pathlib import Path
from typing import Any

import click

from dogs_vs_cats.audit.history import History
from dogs_vs_cats.project.errors import PipelineError

as_json = click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")


@click.group()
def command() -> None:
    """Which data made a model, who used them, and is all still as it was recorded?

    Run it from the root of the project, of which nothing is changed.
    """


@command.command()
@as_json
def versions(as_json: bool) -> None:
    """List each data version in git's history: what it is, who used it, where its bytes are."""
    from dogs_vs_cats.audit.versions import render, versions

    document = versions(_history())
    _write(document, None if as_json else render(document))


@command.command()
@click.argument("run")
@click.option("--checkout", metavar="DIR", help="Bring that state back, in a new folder.")
@as_json
def run(run: str, checkout: str | None, as_json: bool) -> None:
    """Tell what made a model. RUN is a run's id, the beginning of one, or a model file."""
    from dogs_vs_cats.audit.clones import restore
    from dogs_vs_cats.audit.provenance import find_subject, provenance, render

    history = _history()
    subject = find_subject(history, run)
    document = provenance(history, subject, checkout or "DIR")
    _write(document, None if as_json else render(document))
    if checkout is not None:
        if subject.restorable is None:
            raise PipelineError("No commit is known that has this state, so it cannot be restored.")
        click.echo(restore(history, subject.restorable, Path(checkout)), err=True)


@command.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@as_json
def diff(before: str, after: str, as_json: bool) -> None:
    """Tell what changed from A to B: pictures, parameters, code, accuracy.

    Each is a git revision, `workspace` for the working tree, or a run's id or the beginning of one.
    """
    from dogs_vs_cats.audit.difference import difference, find_side, render

    history = _history()
    document = difference(history, find_side(history, before), find_side(history, after))
    _write(document, None if as_json else render(document))


@command.command()
@click.argument("picture", metavar="FILE|SHA256")
@click.option(
    "--predict",
    is_flag=True,
    help="Also ask the newest model of each method now, which takes some seconds.",
)
@as_json
def picture(picture: str, predict: bool, as_json: bool) -> None:
    """Tell which data versions and models have seen a picture, and what they say about it.

    What they say is recorded of test pictures. With --predict, any picture can be asked about.
    """
    from dogs_vs_cats.audit.sightings import render, sightings

    document = sightings(_history(), picture, predict=predict)
    _write(document, None if as_json else render(document))


@command.command()
@as_json
def check(as_json: bool) -> None:
    """Hold the working tree against dvc.lock and the manifest. Exit code 1 on any finding."""
    from dogs_vs_cats.audit.check import check, render

    document = check(_history())
    _write(document, None if as_json else render(document))
    if not document["ok"]:
        click.get_current_context().exit(1)


def _history() -> History:
    return History(Path.cwd())


def _write(document: dict[str, Any], text: str | None) -> None:
    click.echo(json.dumps(document, indent=2) if text is None else text)
