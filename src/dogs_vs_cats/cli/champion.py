"""``dogs-vs-cats champion``: which registered model answers, and why."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from dogs_vs_cats.audit import tables
from dogs_vs_cats.cli.audit import as_json
from dogs_vs_cats.tracking.champion import no_champion
from dogs_vs_cats.tracking.messages import store_name
from dogs_vs_cats.tracking.office import choose, in_office, restore, term_of
from dogs_vs_cats.tracking.store import Store, existing_store, project_root


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Tell which version of the model is in office, since when, why, and what it followed.

    Run it from the root of the project. `set` and `restore` decide by hand; then only versions that
    come later compete for the office.
    """
    if ctx.invoked_subcommand is None:
        _tell(in_office, as_json)


@command.command("set")
@click.argument("version", type=click.IntRange(1))
def set_version(version: int) -> None:
    """Put VERSION in office, as the registry numbers it."""
    _tell(lambda store: choose(store, str(version)))


@command.command("restore")
def restore_version() -> None:
    """Put the one before back. Again, this is undone."""
    _tell(restore)


def _tell(ask: Callable[[Store], Any], as_json: bool = False) -> None:
    """Do something with the store that ends in a version in office, and describe it."""
    store = existing_store(project_root())
    if store is None:
        raise no_champion(store_name())
    with store.errors_explained():
        version = ask(store)
    if version is None:
        raise no_champion(store.name)
    about = {"version": str(version.version), "method": version.tags.get("method")}
    about |= asdict(term_of(version))
    if as_json:
        click.echo(json.dumps(about, indent=2))
        return
    shown = ("version", "method", "since", "why", "before")
    click.echo(tables.pairs((name, about[name]) for name in shown))
