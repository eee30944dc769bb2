"""``dogs-vs-cats backbones``: which networks can serve as a base?"""

import json
from typing import Any

import click

from dogs_vs_cats.audit import tables
from dogs_vs_cats.backbones.table import BACKBONES, Backbone
from dogs_vs_cats.cli.audit import as_json


@click.command()
@as_json
def command(as_json: bool) -> None:
    """List the networks for backbone.name and compare.backbones in params.yaml.

    Smallest is the side of the smallest pictures that a network takes, in pixels; cut is where
    fine-tuning starts. Weights come with the set-up, or Keras downloads them; backbone.weights can
    name a file instead.
    """
    rows = [_row(backbone) for backbone in BACKBONES.values()]
    if as_json:
        click.echo(json.dumps({"backbones": rows}, indent=2))
        return
    cells = [[*row.values()] for row in rows]
    for cell in cells:
        cell[2] = " + ".join(cell[2])
    click.echo(tables.table(rows[0], cells))


def _row(backbone: Backbone) -> dict[str, Any]:
    return {
        "name": backbone.name,
        "smallest": backbone.smallest,
        "cut": list(backbone.cut),
        "weights": "set-up" if backbone.carried else "download",
        "reference": backbone.reference,
    }
