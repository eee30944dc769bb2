"""``dogs-vs-cats preset``: settings that go together, by one word."""

import click

from dogs_vs_cats.settings.presets import NAMES, read_preset, settings_of


@click.command()
@click.argument("name", type=click.Choice(NAMES))
def command(name: str) -> None:
    """Write out what a preset sets, as options for DVC.

    `dvc exp run --temp $(dogs-vs-cats preset lecture)` runs all with it beside your workspace;
    further -S options after it come on top.
    """
    click.echo(" ".join(f"-S {setting}" for setting in settings_of(read_preset(name))))
