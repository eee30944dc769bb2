"""``dogs-vs-cats audit``: which data made this model, and can anyone get it back?"""

import json
import sys
from pathlib import Path
from typing import Any

import click

from dogs_vs_cats.audit import git
from dogs_vs_cats.audit.history import History
from dogs_vs_cats.project.errors import PipelineError

yes = click.option("--yes", is_flag=True, help="Trust the code of any revision, unasked.")
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
@yes
@as_json
def run(run: str, checkout: str | None, yes: bool, as_json: bool) -> None:
    """Tell what made a model. RUN is a run's id, the beginning of one, or a model file."""
    from dogs_vs_cats.audit.clones import restore
    from dogs_vs_cats.audit.provenance import find_subject, provenance, render

    history = _history()
    subject = find_subject(history, run)
    document = provenance(history, subject, checkout or "DIR")
    _write(document, None if as_json else render(document))
    if checkout is not None:
        if subject.restorable is None:
            raise PipelineError(f"It cannot be brought back: {subject.why_not_restorable}")
        agree(history, subject.restorable, f"when anything is run in {checkout}", yes=yes)
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


def agree(history: History, revision: str, when: str, *, yes: bool) -> None:
    """Warn of the code of a revision that the current one does not follow from, and ask.

    Args:
        history: of the project.
        revision: a commit.
        when: its code runs, as the end of a sentence.
        yes: do not ask.

    Raises:
        PipelineError: there is nobody to ask, or the answer is no.
    """
    if git.is_ancestor(history.root, revision):
        return
    name = revision[:8]
    click.echo(
        f"warning: revision {name} is no ancestor of the current one. Its code will run with all"
        f" your rights {when}. `git log -p HEAD..{name}` shows what it has that is not here.",
        err=True,
    )
    if yes:
        return
    if not sys.stdin.isatty():
        raise PipelineError(f"Nothing was run or written: give --yes if you trust revision {name}.")
    if not click.confirm("Do you trust it?", err=True):
        raise PipelineError("Nothing was run or written.")


def _history() -> History:
    return History(Path.cwd())


def _write(document: dict[str, Any], text: str | None) -> None:
    click.echo(json.dumps(document, indent=2) if text is None else text)
