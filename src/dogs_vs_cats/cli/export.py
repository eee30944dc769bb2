"""``dogs-vs-cats export``: a model for another runtime."""

from pathlib import Path

import click

from dogs_vs_cats.cli import model as models
from dogs_vs_cats.methods import METHODS
from dogs_vs_cats.project.layout import Layout


@click.command()
@click.argument("method", required=False, type=click.Choice(METHODS))
@click.option("--model", type=click.Path(path_type=Path), metavar="FILE", help="A .keras file.")
@click.option(
    "--format",
    "name",
    type=click.Choice(("onnx", "openvino", "litert", "tf_saved_model")),
    required=True,
    help="What to write.",
)
@click.option(
    "--int8", is_flag=True, help="Convolutions in INT8 (onnx, openvino), or weights alone (litert)."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder.  [default: exports/METHOD-FORMAT]",
)
def command(
    method: str | None, model: Path | None, name: str, int8: bool, out: Path | None
) -> None:
    """Write a method's model, or the champion, for another runtime, its preprocessing inside.

    The export is held against the model on the project's test pictures, and refused if it says
    something else. The folder gets the model, a README with a client of ten lines, and parity.json.
    Run it from the root of the project. onnx and openvino need the extra `export`.
    """
    loaded = models.load(model, method)

    from dogs_vs_cats.export.export import export
    from dogs_vs_cats.export.formats import FORMATS

    kind = f"{name}-int8" if int8 else name
    folder = out or Path("exports") / f"{loaded.about.method}-{kind}"
    found = export(loaded, FORMATS[name], int8, Layout(), folder)
    click.echo(
        f"{folder}: {found.pictures} test pictures, probabilities differ by"
        f" {found.largest_difference:.2g} at most, {found.decisions_differ} decisions differ,"
        f" accuracy {found.accuracy:.1%} ({found.accuracy_low:.1%} to {found.accuracy_high:.1%};"
        f" the model's {found.model_accuracy:.1%}), {found.milliseconds:.0f} ms a picture,"
        f" {found.bytes / 1e6:.1f} MB"
    )
